using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace MicroLink.Lab
{
    /// <summary>One `microlink-node up` process with a state directory of its own, and the questions the demo asks it.</summary>
    internal sealed class NodeProcess : IAsyncDisposable
    {
        private const int KeptLines = 200, StopMs = 3000;

        private readonly string _program;
        private readonly Queue<string> _log = new Queue<string>();
        private Process _process;

        public NodeProcess(string program, string name, string stateDir)
        {
            _program = program;
            Name = name;
            StateDir = stateDir;
        }

        public string Name { get; }
        public string StateDir { get; }
        public bool HasExited => _process != null && _process.HasExited;
        public int ExitCode => _process.ExitCode;

        /// <summary>The node program: $MICROLINK_NODE, or microlink-node next to this one or in ../node. Null when there is none.</summary>
        public static string FindProgram()
        {
            string fromEnvironment = Environment.GetEnvironmentVariable("MICROLINK_NODE");
            if (!string.IsNullOrEmpty(fromEnvironment)) return File.Exists(fromEnvironment) ? fromEnvironment : null;
            foreach (string place in new[] { "microlink-node", Path.Combine("..", "node", "microlink-node") })
            {
                string path = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, place));
                if (File.Exists(path)) return path;
            }
            return null;
        }

        public void Start(LabServer lab)
        {
            Directory.CreateDirectory(StateDir);
            _process = Process.Start(Prepare("up", "--control-url", lab.ControlUrl, "--auth-key", lab.AuthKey, "--hostname", Name,
                "--udp-port", "0", "--ca-file", lab.CaFile));
            _process.OutputDataReceived += (_, line) => Keep(line.Data);
            _process.ErrorDataReceived += (_, line) => Keep(line.Data);
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        /// <summary>Runs one command against the node; gives its exit code and what it printed.</summary>
        public async Task<(int Exit, string Output, string Error)> AskAsync(CancellationToken stop, params string[] arguments)
        {
            using Process process = Process.Start(Prepare(arguments));
            try
            {
                Task<string> output = process.StandardOutput.ReadToEndAsync(stop), error = process.StandardError.ReadToEndAsync(stop);
                await process.WaitForExitAsync(stop);
                return (process.ExitCode, await output, await error);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                throw;
            }
        }

        /// <summary>The node's status; its state is "stopped" while nobody answers.</summary>
        public async Task<JsonElement> StatusAsync(CancellationToken stop)
        {
            (int exit, string output, string error) = await AskAsync(stop, "status", "--json");
            if (HasExited) throw new DemoFailure(Name + " has ended with exit code " + ExitCode + ".", this);
            try
            {
                using JsonDocument document = JsonDocument.Parse(output);
                return document.RootElement.Clone();
            }
            catch (JsonException)
            {
                throw new DemoFailure(Name + " gave no JSON for status (exit code " + exit + "): " + (output + " " + error).Trim(), this);
            }
        }

        /// <summary>The last lines the node printed.</summary>
        public string[] Tail(int lines)
        {
            lock (_log)
            {
                string[] all = _log.ToArray();
                return all[Math.Max(0, all.Length - lines)..];
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_process == null) return;
            if (!_process.HasExited) kill(_process.Id, 15);
            using var limit = new CancellationTokenSource(StopMs);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
            _process.Dispose();
        }

        private ProcessStartInfo Prepare(params string[] arguments)
        {
            var start = new ProcessStartInfo(_program) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (string argument in arguments) start.ArgumentList.Add(argument);
            start.ArgumentList.Add("--state-dir");
            start.ArgumentList.Add(StateDir);
            return start;
        }

        private void Keep(string line)
        {
            if (line == null) return;
            lock (_log)
            {
                if (_log.Count == KeptLines) _log.Dequeue();
                _log.Enqueue(line);
            }
        }

        [DllImport("libc")]
        private static extern int kill(int pid, int signal);
    }

    /// <summary>Why the demo ends, as one sentence, and the node whose log tells more (null = none).</summary>
    internal sealed class DemoFailure : Exception
    {
        public DemoFailure(string reason, NodeProcess node = null) : base(reason)
        {
            Node = node;
        }

        public NodeProcess Node { get; }
    }
}
