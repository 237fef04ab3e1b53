using System;
using System.IO;

namespace MicroLink.Tests.Unit.Drivers
{
    /// <summary>A directory that is gone after the test.</summary>
    internal sealed class TempDirectory : IDisposable
    {
        public readonly string Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "microlink-test-"
            + Guid.NewGuid().ToString("N"));

        public string File(string name) => System.IO.Path.Combine(Path, name);

        public void Dispose()
        {
            if (Directory.Exists(Path)) Directory.Delete(Path, true);
        }
    }
}
