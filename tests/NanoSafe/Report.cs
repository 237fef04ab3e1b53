using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace MicroLink.Tests.NanoSafe;

public static class Report
{
    /// <summary>Fails with all the findings, one a line, so that one run shows everything there is to mend.</summary>
    public static void None(IEnumerable<string> findings)
    {
        string[] all = findings.ToArray();
        Assert.True(all.Length == 0, all.Length + " findings:\n" + string.Join("\n", all.Take(100)));
    }
}
