using System;
using System.Collections.Generic;
using MicroLink.Control;
using MicroLink.Lab.Core;
using MicroLink.Node;
using MicroLink.Paths;
using MicroLink.Runtime;
using MicroLink.TestKit;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>
    /// One whole node: its host in the network, its stores (which survive reboots), and the graph of NodeGraph in an actor system of its
    /// own on the world's clock.
    /// </summary>
    public sealed class SimNode : INodeListener
    {
        private const int RebuildAfterMs = 200, FlashSectors = 128;

        private readonly SimWorld _world;
        private readonly NodeDrivers _drivers;
        private readonly Watch _watch;
        private int _boots;

        internal SimNode(SimWorld world, SimHost host, NodeOptions options)
        {
            _world = world;
            Host = host;
            Options = options;
            Wall = new SimWallClock(world.Time, world.Lab.Core.Options.UnixMsAtZero);
            Dialer = new SimStreamDialer(host, Wall);
            Settings = new SimKeyValueStore(world.Network);
            Peers = new SimFlash(world.Network, FlashSectors);
            _drivers = new NodeDrivers
            {
                Clock = world.Time, WallClock = Wall, Dialer = Dialer, Resolver = new SimResolver(host), KeyValueStore = Settings,
                    PeerFlash = Peers,
            };
            _watch = new Watch(this);
        }

        public string Name => Host.Name;
        public SimHost Host { get; }
        public NodeOptions Options { get; }
        public SimWallClock Wall { get; }
        public SimStreamDialer Dialer { get; }
        public SimKeyValueStore Settings { get; }
        public SimFlash Peers { get; }
        /// <summary>The port of the present boot that asks time servers.</summary>
        public SimDatagramPort TimePort { get; private set; }

        /// <summary>How long one Diffie-Hellman takes from the next boot on: 0 as on a desktop, 11-50 as on an ESP32.</summary>
        public int DhDelayMs { get; set; }

        /// <summary>The actor system and graph of the present boot; null while powered off.</summary>
        public TestSystem System { get; private set; }
        public NodeGraph Graph { get; private set; }
        public Probe Probe { get; private set; }

        /// <summary>NodeState and its sentence, as last told.</summary>
        public string State { get; private set; } = NodeState.Stopped;
        public string Reason { get; private set; } = "";
        /// <summary>The login page while the state is NeedsLogin.</summary>
        public string AuthUrl { get; private set; }

        /// <summary>The latest path of each peer by control's node id.</summary>
        public Dictionary<long, PathChanged> Paths { get; } = new();

        /// <summary>The id that the control server gave this node; 0 while unknown.</summary>
        public long Id => _world.Lab.Core.Control.FindByName(Name)?.Id ?? 0;

        public void Boot()
        {
            _boots++;
            _drivers.Entropy = new SeededEntropy(_world.Network.Seed * 31 + _boots + 1000 * Name.GetHashCodeStable());
            _drivers.DhWorker = new SimDhWorker(_world.Network, DhDelayMs);
            _drivers.PacketPort = new SimPacketPort(Host);
            _drivers.TimePort = TimePort = new SimDatagramPort(Host);
            _drivers.NetworkWatch = Host.Watch = new SimNetworkWatch(_world.Network);
            Settings.Open(out _);
            System = new TestSystem(_world.Time, NodeGraph.ActorCount(Options) + 8);
            System.Logs.Sink = new LogSink(this);
            Graph = new NodeGraph(System, Name + "/", Options, _drivers, this);
            Graph.Compose();
            Graph.Graph.Intercept(Name + "/node", _watch);
            Graph.Start();
            Probe = System.NewProbe(Name + "/probe");
        }

        /// <summary>The power goes: nothing is said to anybody, what was not committed is lost.</summary>
        public void PowerOff()
        {
            foreach (SimConnection connection in Host.Connections()) connection.Vanish();
            Settings.PowerLoss();
            Peers.PowerLoss();
            Graph.Close();
            System = null;
            Graph = null;
            Paths.Clear();
            State = NodeState.Stopped;
        }

        /// <summary>What `tailscale down` and `up` leave: the same keys and ports, and no session with anybody.</summary>
        public void ForgetSessions()
        {
            for (int slot = 0; slot < Graph.Plane.MaxPeers; slot++)
            {
                if (Graph.Plane.Row(slot) != null) Graph.Plane.SessionsWipe(slot);
            }
        }

        /// <summary>The stream to control falls silent and nobody is told; a new one is made when the node notices, minutes later.</summary>
        public void StallControl()
        {
            foreach (SimConnection connection in Host.Connections())
            {
                if (connection.Port == SimLab.ControlPort) connection.Strand();
            }
        }

        void INodeListener.StateChanged(string state, string reason, string authUrl)
        {
            State = state;
            Reason = reason;
            AuthUrl = authUrl;
            _world.Note(Name, state + ": " + reason);
        }

        /// <summary>As the desktop does: the graph is built anew with the key that the store holds by then.</summary>
        void INodeListener.NodeKeyChanged()
        {
            _world.Note(Name, "the node key was replaced");
            Options.NodeKeyIsNew = true;
            _world.Network.Schedule(RebuildAfterMs, () =>
            {
                PowerOff();
                Boot();
            });
        }

        internal void PathTold(PathChanged path)
        {
            Paths[path.PeerId] = path;
            _world.Note(Name, "path to " + path.PeerId + ": " + SimWorld.ModeText(path) + ", " + path.Reason);
            _world.CheckPath(this, path);
        }

        /// <summary>Sees what the node actor is told, and lets everything pass.</summary>
        private sealed class Watch : IMailboxFilter
        {
            private readonly SimNode _node;

            public Watch(SimNode node)
            {
                _node = node;
            }

            public bool Pass(ActorRef target, Message message, ActorRef sender, int ticket, bool urgent)
            {
                if (message is PathChanged path) _node.PathTold(path);
                return true;
            }
        }

        private sealed class LogSink : ILogSink
        {
            private readonly SimNode _node;

            public LogSink(SimNode node)
            {
                _node = node;
            }

            public void Write(long nowMs, int level, string source, string text)
            {
                if (level >= LogLevel.Info) _node._world.Note(source, text);
            }
        }
    }

    internal static class StableHash
    {
        /// <summary>string.GetHashCode differs from run to run; a simulation must not.</summary>
        public static int GetHashCodeStable(this string text)
        {
            int hash = 17;
            foreach (char c in text) hash = hash * 31 + c;
            return hash & 0xFFFF;
        }
    }
}
