using System;
using System.Collections.Generic;
using System.Text;
using MicroLink.Bytes;
using MicroLink.Lab.Core;
using MicroLink.Node;
using MicroLink.Paths;
using MicroLink.Runtime;
using MicroLink.TestKit;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>
    /// A tailnet in virtual time: the lab's servers and whole nodes, joined by a simulated network, from one seed. Time jumps from event to
    /// event; invariants are checked after each of them. Every exception carries the seed and what happened last.
    /// </summary>
    public sealed class SimWorld : IDisposable
    {
        private const int StepsPerInstantMax = 100000;
        private const int NotesMax = 400;
        private const int PongUnderWayMs = 1000;
        private static readonly byte[] s_discoMagic = { 0x54, 0x53, 0xF0, 0x9F, 0x92, 0xAC };

        private readonly List<SimNode> _nodes = new();
        private readonly Queue<string> _notes = new();
        private readonly Dictionary<SimHost, Queue<long>> _discoTimes = new();
        private readonly Dictionary<(string, string), Queue<long>> _calls = new();

        /// <param name="fakePeers">Nodes that control tells of and that do not exist.</param>
        /// <param name="six">Relays have IPv6 addresses, too; hosts get theirs by SimNetwork.AddSix.</param>
        public SimWorld(long seed, int regions = 1, int fakePeers = 0, bool six = false)
        {
            Seed = seed;
            Time = new VirtualClock { Ms = 1000 };
            Network = new SimNetwork(Time, seed) { Tap = OnDatagram };
            Lab = new SimLab(Network, new LabOptions { AuthKey = "tskey-auth-sim", FakePeers = fakePeers }, regions, six);
            Lab.Log = (nowMs, text) => Note("lab", text);
            foreach (LabRelay relay in Lab.Core.Relays) relay.DiscoTap = OnRelayedDisco;
        }

        public long Seed { get; }
        public VirtualClock Time { get; }
        public SimNetwork Network { get; }
        public SimLab Lab { get; }
        public IReadOnlyList<SimNode> Nodes => _nodes;

        /// <summary>
        /// Invariant: no node sends more DISCO packets than this within one second (a storm of two nodes answering each other).
        /// </summary>
        public int DiscoPerSecondMax { get; set; } = 60;

        /// <summary>
        /// Invariant: no node calls another one more often than this within ten seconds. One call in five seconds is the rule, earlier only
        /// after a change; two nodes that answered each other's calls would send one per round trip for ever.
        /// </summary>
        public int CallsPerTenSecondsMax { get; set; } = 6;

        /// <summary>A node that is not booted yet. A null <paramref name="nat"/> gives the host a public address.</summary>
        public SimNode AddNode(string name, SimNat nat)
        {
            SimHost host = nat == null ? Network.AddPublicHost(name) : Network.AddHostBehind(nat, name);
            NodeOptions options = new NodeOptions
            {
                ControlUrl = "http://" + SimLab.ControlName, AuthKey = Lab.Core.Options.AuthKey, HostName = name, UdpPort = 41641,
            };
            SimNode node = new SimNode(this, host, options);
            _nodes.Add(node);
            return node;
        }

        public void Advance(long ms)
        {
            long end = Time.Ms + ms;
            Run(end, () => false);
        }

        /// <summary>Runs until the condition holds, at most so long. Fails with the sentence otherwise.</summary>
        public void Until(Func<bool> condition, int atMostMs, string what)
        {
            if (!Run(Time.Ms + atMostMs, condition)) throw Failure("after " + atMostMs + " ms still not: " + what);
        }

        /// <summary>Asks the node's path finder or NetIo for a ping; null when nothing was answered in time.</summary>
        /// <param name="address">Of the peer, 16 bytes; null = its first.</param>
        public PingResult Ping(SimNode from, SimNode to, int kind, int timeoutMs, byte[] address = null)
        {
            ActorRef target = kind == PingPeer.Disco ? from.Graph.Paths : from.Graph.NetIo;
            from.Probe.Clear();
            from.Probe.Send(target, new PingPeer(to.Id, kind, timeoutMs) { Address = address });
            Run(Time.Ms + timeoutMs + 1000, () => from.Probe.Count > 0);
            return from.Probe.Count > 0 ? from.Probe.Next() as PingResult : null;
        }

        /// <summary>The present way from one node to another: PathChanged.None, Relay, Direct or Both.</summary>
        public static int PathOf(SimNode from, SimNode to)
        {
            return from.Paths.TryGetValue(to.Id, out PathChanged path) ? path.Mode : PathChanged.None;
        }

        public static string ModeText(PathChanged path)
        {
            switch (path.Mode)
            {
                case PathChanged.Relay: return "relay " + path.Region;
                case PathChanged.Direct: return "direct " + NetEndpoint.Format(path.Endpoint, 0);
                case PathChanged.Both: return "both " + NetEndpoint.Format(path.Endpoint, 0) + " and relay " + path.Region;
                default: return "none";
            }
        }

        /// <summary>An exception that says everything needed to see the same again.</summary>
        public Exception Failure(string what)
        {
            StringBuilder text = new StringBuilder();
            text.Append("seed ").Append(Seed).Append(" at ").Append(Time.Ms).Append(" ms: ").AppendLine(what);
            foreach (SimNode node in _nodes) text.AppendLine("  " + node.Name + ": " + node.State + " " + node.Reason);
            text.AppendLine("what happened last:");
            foreach (string note in _notes) text.Append("  ").AppendLine(note);
            return new InvalidOperationException(text.ToString());
        }

        /// <summary>Adds a line to what a failure prints.</summary>
        public void Note(string who, string what)
        {
            if (_notes.Count == NotesMax) _notes.Dequeue();
            _notes.Enqueue(Time.Ms.ToString().PadLeft(8) + " " + who + ": " + what);
        }

        /// <summary>Everything noted so far, for looking at a run that did not fail.</summary>
        public IEnumerable<string> Notes => _notes;

        /// <summary>Invariant: a node may only claim a direct path where the NATs between the two let one exist. A pong that was under way
        /// when one of them roamed tells of the network before.</summary>
        internal void CheckPath(SimNode node, PathChanged path)
        {
            if (path.Mode != PathChanged.Direct) return;
            SimNode peer = _nodes.Find(other => other.Id == path.PeerId);
            if (peer != null && Time.Ms - Math.Max(node.Host.RoamedAtMs, peer.Host.RoamedAtMs) > PongUnderWayMs && !SimNetwork.DirectPathPossible(node.Host, peer.Host))
                throw Failure(node.Name + " claims a direct path to " + peer.Name + ", which their NATs do not allow");
        }

        /// <summary>Ping and pong have 124 and 110 bytes; a call-me-maybe has 80 and 18 for each endpoint (Actors/Disco/DiscoWire.cs).</summary>
        private void OnRelayedDisco(string from, string to, int length, long nowMs)
        {
            if (length < 80 || (length - 80) % 18 != 0) return;
            if (!_calls.TryGetValue((from, to), out Queue<long> times)) _calls[(from, to)] = times = new Queue<long>();
            while (times.Count > 0 && nowMs - times.Peek() > 10000) times.Dequeue();
            times.Enqueue(nowMs);
            if (times.Count > CallsPerTenSecondsMax) throw Failure(from[..16] + " called " + to[..16] + " " + times.Count + " times within 10 s");
        }

        /// <summary>Frees the native data planes; a process has room for a limited number of them.</summary>
        public void Dispose()
        {
            foreach (SimNode node in _nodes)
            {
                if (node.Graph != null) node.Graph.Close();
            }
        }

        private bool Run(long endMs, Func<bool> condition)
        {
            while (true)
            {
                Settle();
                if (condition()) return true;
                long next = NextMs();
                if (next > endMs)
                {
                    Time.Ms = endMs;
                    return false;
                }
                if (next > Time.Ms) Time.Ms = next;
            }
        }

        /// <summary>Runs everything that is due at this instant.</summary>
        private void Settle()
        {
            int steps = 0;
            bool worked = true;
            while (worked)
            {
                worked = Network.RunDue();
                foreach (SimNode node in _nodes)
                {
                    if (node.System == null || node.System.QuietUntilMs > Time.Ms) continue;
                    node.System.RunToQuiet();
                    if (node.System.Failures == 0) continue;
                    throw Failure("an actor of " + node.Name + " has failed: " + string.Join("; ", node.System.Logs.LastLines()));
                }
                if (Lab.Core.Deadline <= Time.Ms)
                {
                    Lab.Core.HandleTimeout(Time.Ms);
                    worked = true;
                }
                worked |= Network.NextMs <= Time.Ms;
                if (++steps > StepsPerInstantMax) throw Failure("the world never went quiet at this instant");
            }
        }

        private long NextMs()
        {
            long next = Math.Min(Network.NextMs, Lab.Core.Deadline);
            foreach (SimNode node in _nodes)
            {
                if (node.System != null) next = Math.Min(next, node.System.QuietUntilMs);
            }
            return next;
        }

        private void OnDatagram(SimHost from, SimEndpoint destination, byte[] datagram)
        {
            if (datagram.Length < s_discoMagic.Length || !datagram.AsSpan(0, s_discoMagic.Length).SequenceEqual(s_discoMagic)) return;
            if (!_discoTimes.TryGetValue(from, out Queue<long> times)) _discoTimes.Add(from, times = new Queue<long>());
            times.Enqueue(Time.Ms);
            while (times.Peek() <= Time.Ms - 1000) times.Dequeue();
            if (times.Count > DiscoPerSecondMax) throw Failure(from.Name + " sent " + times.Count + " DISCO packets within one second");
        }
    }
}
