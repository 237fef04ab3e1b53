using System;
using System.Linq;
using Xunit;

namespace MicroLink.Tests.Device;

/// <summary>The device's suite on .NET: every test that can run there runs here too.</summary>
public sealed class DesktopTests
{
    public static readonly TheoryData<string> Names = new TheoryData<string>(SuiteTest.All.Select(test => test.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void Passes_on_NET(string name)
    {
        SuiteTest.All.Single(test => test.Name == name).Run();
    }
}
