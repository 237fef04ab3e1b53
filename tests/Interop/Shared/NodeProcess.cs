using System;
using System.Diagnostics;
using System.IO;
using System.Text;

namespace MicroLink.Tests.Interop.Command
{
    /// <summary>The `microlink` command as its users run it: the program that ./microlink builds, in a process of its own.</summary>
    internal static class NodeProcess
    {
        public const int LongestRunMs = 30000;

        public static string Program
        {
            get
            {
                string named = Environment.GetEnvironmentVariable("MICROLINK_NODE");
                return string.IsNullOrEmpty(named) ? Path.Combine(Root(), "artifacts", "node", "microlink-node") : named;
            }
        }

        public static string WhyNot => $"the node is not built at {Program}; ./test interop builds it";

        public static (int ExitCode, string Output, string Errors) Run(params string[] arguments)
        {
            return Finish(Start(arguments), arguments);
        }

        private static (int ExitCode, string Output, string Errors) Finish(Process started, string[] arguments)
        {
            using Process process = started;
            StringBuilder errors = new StringBuilder();
            process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
            process.BeginErrorReadLine();
            string output = process.StandardOutput.ReadToEnd();
            if (!process.WaitForExit(LongestRunMs))
            {
                process.Kill();
                throw new TimeoutException($"microlink {string.Join(' ', arguments)} did not end within {LongestRunMs} ms; it printed: {output}");
            }
            process.WaitForExit();
            return (process.ExitCode, output, errors.ToString());
        }

        /// <summary>As Run, but without root's rights when we have them. The program is run from a place that anybody may read.</summary>
        public static (int ExitCode, string Output, string Errors) RunUnprivileged(params string[] arguments)
        {
            if (Environment.UserName != "root") return Run(arguments);
            string folder = Path.Combine(Path.GetTempPath(), "microlink-unprivileged-" + Guid.NewGuid().ToString("N"));
            Directory.CreateDirectory(folder);
            try
            {
                foreach (string file in Directory.GetFiles(Path.GetDirectoryName(Program))) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
                ProcessStartInfo start = new ProcessStartInfo("setpriv",
                    ["--reuid", "65534", "--regid", "65534", "--clear-groups", Path.Combine(folder, Path.GetFileName(Program)), .. arguments])
                {
                    RedirectStandardOutput = true, RedirectStandardError = true,
                };
                return Finish(Process.Start(start), arguments);
            }
            finally
            {
                Directory.Delete(folder, true);
            }
        }

        public static Process Start(params string[] arguments)
        {
            ProcessStartInfo start = new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            return Process.Start(start) ?? throw new InvalidOperationException("the process did not start");
        }

        public static string Root()
        {
            string folder = AppContext.BaseDirectory;
            while (folder != null && !File.Exists(Path.Combine(folder, "MicroLink.Actors.sln"))) folder = Path.GetDirectoryName(folder);
            return folder ?? throw new InvalidOperationException("the source tree was not found above " + AppContext.BaseDirectory);
        }
    }
}
