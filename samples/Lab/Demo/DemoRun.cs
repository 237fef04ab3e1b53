using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Spectre.Console;

namespace MicroLink.Lab
{
    /// <summary>
    /// The demo: lab, three nodes, pings by relay, then direct, a table, the actor graph, a live page. The lab holds the nodes' endpoints
    /// back at first, so that the relay is really measured; then it tells them and the paths upgrade while the nodes run.
    /// </summary>
    internal sealed class DemoRun
    {
        private const int LimitMs = 60_000, TailLines = 20;
        private static readonly string[] Names = { "alpha", "beta", "gamma" };

        private readonly bool _once;
        private readonly Queue<string> _labLog = new Queue<string>();
        private readonly List<NodeProcess> _nodes = new List<NodeProcess>();
        private readonly List<PairResult> _pairs = new List<PairResult>();
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private string _doing = "the lab to start";
        private LabServer _lab;

        public DemoRun(bool once)
        {
            _once = once;
        }

        public async Task<int> RunAsync(CancellationToken stop)
        {
            if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 120;
            string folder = Directory.CreateTempSubdirectory("microlink-demo-").FullName;
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
                limit.CancelAfter(LimitMs);
                await MeasureAsync(folder, limit.Token);
                limit.CancelAfter(Timeout.Infinite);
                if (_once) return 0;
                await ShowPageAsync(stop);
                return 0;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                Console.Error.WriteLine("The demo was stopped before it had finished.");
                return 1;
            }
            catch (OperationCanceledException)
            {
                return Fail("it did not finish within " + LimitMs / 1000 + " s; it was waiting for " + _doing + ".",
                    _nodes.Find(n => _doing.Contains(n.Name)));
            }
            catch (DemoFailure failure)
            {
                return Fail(failure.Message, failure.Node);
            }
            catch (System.Net.Sockets.SocketException e)
            {
                return Fail("the lab cannot open its sockets on loopback (" + e.Message + ").", null);
            }
            finally
            {
                await Task.WhenAll(_nodes.Select(n => n.DisposeAsync().AsTask()));
                if (_lab != null) await _lab.DisposeAsync();
                Directory.Delete(folder, true);
            }
        }

        private async Task MeasureAsync(string folder, CancellationToken stop)
        {
            string program = NodeProcess.FindProgram();
            if (program == null)
            {
                throw new DemoFailure("the node program was not found; start the demo with ./microlink demo, or set MICROLINK_NODE "
                    + "to the path of microlink-node.");
            }
            _lab = new LabServer(new LabServerOptions { Print = KeepLabLine });
            _lab.Locked(core => core.Options.HoldEndpoints = true);
            await _lab.StartAsync();
            Say("lab", "control at " + _lab.ControlUrl + ", a relay and STUN, all on loopback");
            foreach (string name in Names)
            {
                var node = new NodeProcess(program, name, Path.Combine(folder, name));
                _nodes.Add(node);
                node.Start(_lab);
            }
            await Task.WhenAll(_nodes.Select(n => WaitConnected(n, stop)));
            Say("nodes", string.Join(", ", Names) + " are connected after " + _clock.ElapsedMilliseconds + " ms");
            for (int i = 0; i < _nodes.Count; i++)
            {
                for (int j = i + 1; j < _nodes.Count; j++) _pairs.Add(new PairResult { From = _nodes[i], To = _nodes[j] });
            }
            foreach (PairResult pair in _pairs) await PingByRelay(pair, stop);
            Say("relay", "every pair has pinged by relay, DISCO and WireGuard");
            long released = _clock.ElapsedMilliseconds;
            _lab.Locked(core => core.Control.ReleaseEndpoints(_lab.NowMs));
            await Task.WhenAll(_pairs.Select(p => FindDirect(p, released, stop)));
            foreach (PairResult pair in _pairs) await PingDirect(pair, stop);
            Say("direct", "every pair has upgraded to a direct path");
            Summary();
            _doing = _nodes[0].Name + "'s actor graph";
            (int exit, string graph, string error) = await _nodes[0].AskAsync(stop, "graph");
            if (exit != 0) throw new DemoFailure(_nodes[0].Name + " does not show its actor graph: " + error.Trim(), _nodes[0]);
            Console.WriteLine("The actors of " + _nodes[0].Name + ":");
            Console.WriteLine(graph.TrimEnd());
        }

        /// <summary>Connected, at home at a relay, and aware of both peers and their relays.</summary>
        private async Task WaitConnected(NodeProcess node, CancellationToken stop)
        {
            while (true)
            {
                if (node.HasExited)
                    throw new DemoFailure(node.Name + " has ended with exit code " + node.ExitCode + " before it was connected.", node);
                JsonElement status = await node.StatusAsync(stop);
                string state = Text(status, "state"), reason = Text(status, "reason");
                _doing = node.Name + " to be connected; it is \"" + state + "\"" + (reason.Length > 0 ? " (" + reason + ")" : "");
                if (state == "error") throw new DemoFailure(node.Name + " is in error: " + reason, node);
                if (state == "connected" && HasRelay(status)) return;
                await Task.Delay(50, stop);
            }
        }

        private static bool HasRelay(JsonElement status)
        {
            if (!status.TryGetProperty("self", out JsonElement self) || self.ValueKind != JsonValueKind.Object) return false;
            if (!self.TryGetProperty("homeRelay", out JsonElement home) || home.GetInt32() == 0) return false;
            return status.TryGetProperty("peers", out JsonElement peers) && peers.GetArrayLength() == Names.Length - 1
                && peers.EnumerateArray().All(p => p.TryGetProperty("relay", out JsonElement relay) && relay.GetInt32() != 0);
        }

        private async Task PingByRelay(PairResult pair, CancellationToken stop)
        {
            _doing = pair.From.Name + " to ping " + pair.To.Name + " by relay";
            pair.Relay = await Ping(pair, stop, "--timeout-ms", "2000");
            if (!pair.Relay.ByRelay) throw new DemoFailure(pair.From.Name + " reached " + pair.To.Name + " via " + pair.Relay.Via
                + " where only the relay was possible.", pair.From);
            _doing = pair.From.Name + " to ping " + pair.To.Name + " through WireGuard by relay";
            // The first one carries the WireGuard handshake as well; the second shows the way itself.
            await Ping(pair, stop, "--icmp", "--timeout-ms", "3000");
            pair.RelayTunnel = await Ping(pair, stop, "--icmp", "--timeout-ms", "3000");
        }

        private async Task FindDirect(PairResult pair, long released, CancellationToken stop)
        {
            _doing = pair.From.Name + " to reach " + pair.To.Name + " directly";
            (int exit, string output, string error) = await pair.From.AskAsync(stop, "ping", pair.To.Name, "--until-direct",
                "--timeout-ms", "2000");
            pair.Direct = Pong.Last(output);
            if (exit != 0 || pair.Direct == null || pair.Direct.ByRelay)
                throw new DemoFailure(pair.From.Name + " found no direct path to " + pair.To.Name + ": " + (error + " " + output).Trim(),
                    pair.From);
            pair.UpgradeMs = _clock.ElapsedMilliseconds - released;
        }

        /// <summary>Latencies once all is quiet again.</summary>
        private async Task PingDirect(PairResult pair, CancellationToken stop)
        {
            _doing = pair.From.Name + " to ping " + pair.To.Name + " directly";
            Pong quiet = await Ping(pair, stop, "--timeout-ms", "2000");
            if (!quiet.ByRelay) pair.Direct = quiet;
            _doing = pair.From.Name + " to ping " + pair.To.Name + " through WireGuard directly";
            pair.DirectTunnel = await Ping(pair, stop, "--icmp", "--timeout-ms", "3000");
        }

        /// <summary>Up to five tries: the first packets of a fresh node may find its peer not yet at the relay.</summary>
        private async Task<Pong> Ping(PairResult pair, CancellationToken stop, params string[] options)
        {
            string said = "";
            for (int i = 0; i < 5; i++)
            {
                (int exit, string output, string error) = await pair.From.AskAsync(stop,
                    new[] { "ping", pair.To.Name }.Concat(options).ToArray());
                Pong pong = Pong.Last(output);
                if (exit == 0 && pong != null) return pong;
                said = (error + " " + output).Trim();
                if (pair.From.HasExited) break;
                await Task.Delay(100, stop);
            }
            throw new DemoFailure(pair.From.Name + " cannot ping " + pair.To.Name + " (" + string.Join(' ', options) + "): " + said,
                pair.From);
        }

        private void Summary()
        {
            var table = new Table().Border(TableBorder.Rounded);
            table.AddColumns("pair", "by relay", "WireGuard by relay", "direct", "WireGuard direct", "direct path", "found after");
            foreach (PairResult pair in _pairs)
            {
                table.AddRow(new[]
                {
                    pair.From.Name + " - " + pair.To.Name, pair.Relay.Text(true), pair.RelayTunnel.Text(true),
                    pair.Direct.Text(false), pair.DirectTunnel.Text(false), pair.Direct.Via, pair.UpgradeMs + " ms",
                }.Select(Markup.Escape).ToArray());
            }
            AnsiConsole.Write(table);
        }

        private async Task ShowPageAsync(CancellationToken stop)
        {
            await using var page = new DemoPage(_nodes, _pairs);
            string url = await page.StartAsync();
            Console.WriteLine("The graph, live: " + url + "   (Ctrl+C ends everything)");
            while (!stop.IsCancellationRequested)
            {
                NodeProcess ended = _nodes.Find(n => n.HasExited);
                // Ctrl+C reaches the nodes as well as us: give our own signal time to arrive before calling it a failure.
                if (ended != null && !await Cancelled(stop, 1000))
                    throw new DemoFailure(ended.Name + " has ended with exit code " + ended.ExitCode + ".", ended);
                await Cancelled(stop, 500);
            }
        }

        private static async Task<bool> Cancelled(CancellationToken stop, int ms)
        {
            await Task.WhenAny(Task.Delay(ms, stop));
            return stop.IsCancellationRequested;
        }

        private void Say(string what, string text)
        {
            AnsiConsole.MarkupLineInterpolated($"[green]{what,-7}[/] {text}");
        }

        private int Fail(string reason, NodeProcess node)
        {
            Console.Error.WriteLine("The demo failed: " + reason);
            if (node != null)
            {
                Console.Error.WriteLine("The end of " + node.Name + "'s log:");
                foreach (string line in node.Tail(TailLines)) Console.Error.WriteLine("  " + line);
            }
            lock (_labLog)
            {
                if (_labLog.Count > 0) Console.Error.WriteLine("The end of the lab's log:");
                foreach (string line in _labLog) Console.Error.WriteLine("  " + line);
            }
            return 1;
        }

        private void KeepLabLine(string line)
        {
            lock (_labLog)
            {
                if (_labLog.Count == TailLines) _labLog.Dequeue();
                _labLog.Enqueue(line);
            }
        }

        private static string Text(JsonElement value, string name)
        {
            return value.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.String ? member.GetString() : "";
        }
    }
}
