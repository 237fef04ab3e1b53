using System;
using System.Diagnostics;
using System.IO;
using MicroLink.Tests.Interop.Command;

namespace MicroLink.Tests.Interop.Network
{
    /// <summary>Builds delay-bridge.c, the relay of frames that holds each one back for a time of its own (this kernel has no netem).</summary>
    internal static class DelayBridge
    {
        public static string Build(string folder)
        {
            string program = Path.Combine(folder, "delay-bridge");
            string source = Path.Combine(NodeProcess.Root(), "tests", "Interop", "Network", "Lab", "delay-bridge.c");
            using Process cc = Process.Start(new ProcessStartInfo("cc", new[] { "-O2", "-Wall", "-o", program, source })
            {
                RedirectStandardError = true,
            });
            string errors = cc.StandardError.ReadToEnd();
            cc.WaitForExit();
            if (cc.ExitCode != 0) throw new InvalidOperationException("delay-bridge.c does not compile: " + errors);
            return program;
        }
    }
}
