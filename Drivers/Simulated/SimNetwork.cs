using System;
using System.Collections.Generic;
using MicroLink.TestKit;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>Receives datagrams at a port of a host.</summary>
    public delegate void SimUdpHandler(SimEndpoint source, byte[] datagram);

    /// <summary>Sees every datagram when it is sent, before loss: for counters and invariants.</summary>
    public delegate void SimTap(SimHost from, SimEndpoint destination, byte[] datagram);

    /// <summary>True: this datagram is lost. For partitions that a scenario makes.</summary>
    public delegate bool SimBlock(SimHost from, SimEndpoint destination);

    /// <summary>Milliseconds between two hosts, one way, beyond what their own latencies add up to.</summary>
    public delegate int SimDistance(SimHost a, SimHost b);

    /// <summary>
    /// The internet of one simulation: hosts, NATs, latency and loss, and the queue of what happens when. Everything is decided by the seed
    /// and the virtual clock; nothing runs by itself, <see cref="RunDue"/> is called by the world.
    /// </summary>
    public sealed class SimNetwork
    {
        private readonly PriorityQueue<Action, (long AtMs, long Order)> _queue = new();
        private readonly Dictionary<uint, SimHost> _publicHosts = new();
        private readonly Dictionary<uint, SimNat> _nats = new();
        private readonly List<SimNat> _inner = new();
        private readonly Dictionary<string, uint> _names = new();
        private readonly List<SimHost> _hosts = new();
        private long _order;
        private int _nextPublic = 10;
        private int _nextPrivate = 10;
        private int _nextSix = 10;

        public SimNetwork(VirtualClock time, long seed)
        {
            Time = time;
            Seed = seed;
            Random = new SimRandom(seed);
        }

        public VirtualClock Time { get; }
        public long Seed { get; }
        public SimRandom Random { get; }

        /// <summary>Of 1000 datagrams, how many are lost on the way. Streams lose no bytes; a lost segment delays them by 200 ms.</summary>
        public int LossPermille { get; set; }

        /// <summary>Of 1000 datagrams, how many arrive twice.</summary>
        public int DuplicatePermille { get; set; }

        /// <summary>Up to this much is added to every datagram's latency, so that they overtake each other.</summary>
        public int JitterMs { get; set; }

        public SimTap Tap { get; set; }

        /// <summary>Null = everybody is equally far from everybody.</summary>
        public SimDistance Distance { get; set; }

        /// <summary>Null = nothing is blocked.</summary>
        public SimBlock Block { get; set; }

        public long Sent { get; private set; }
        public long Delivered { get; private set; }
        public long Lost { get; private set; }
        /// <summary>Dropped by a NAT, or for want of a host or of a socket.</summary>
        public long Unroutable { get; private set; }

        public IReadOnlyList<SimHost> Hosts => _hosts;

        /// <summary>A host with a public address of its own (198.51.100.x).</summary>
        public SimHost AddPublicHost(string name)
        {
            SimHost host = new SimHost(this, name, NextPublic(), null);
            _publicHosts.Add(host.Address, host);
            return Add(host);
        }

        /// <summary>A router with a public address (198.51.100.x) and a private network behind it.</summary>
        public SimNat AddNat(SimNatKind kind)
        {
            SimNat nat = new SimNat(kind, NextPublic(), Random);
            _nats.Add(nat.PublicAddress, nat);
            return nat;
        }

        /// <summary>A router behind another one (10.0.0.x on its inside).</summary>
        public SimNat AddNatBehind(SimNat outer, SimNatKind kind)
        {
            SimNat nat = new SimNat(kind, SimEndpoint.Parse("10.0.0.0") + (uint)_nextPrivate++, Random, outer);
            _inner.Add(nat);
            return nat;
        }

        /// <summary>
        /// The host is in another network now: a new address, another router or none. Its streams are dead and do not know it; the node's
        /// network watch hears of it after 20 ms.
        /// </summary>
        public void Roam(SimHost host, SimNat nat)
        {
            if (host.Nat == null) _publicHosts.Remove(host.Address);
            uint address = nat == null ? NextPublic() : NextPrivate();
            host.MoveTo(address, nat);
            if (host.Six != 0) AddSix(host, host.SixFirewall);
            if (nat == null) _publicHosts.Add(address, host);
        }

        /// <summary>A host behind the router (192.168.77.x). Hosts behind the same router reach each other directly.</summary>
        public SimHost AddHostBehind(SimNat nat, string name)
        {
            return Add(new SimHost(this, name, NextPrivate(), nat));
        }

        /// <summary>Gives the host an IPv6 address of its own, or another one. A server's ends like its IPv4 one, so that either reaches it.</summary>
        public void AddSix(SimHost host, bool firewall)
        {
            host.Six = host.Nat == null && host.HasFour ? host.Address : SimEndpoint.Parse("203.0.0.0") + (uint)_nextSix++;
            host.SixFirewall = firewall;
        }

        public void AddName(string name, uint address)
        {
            _names[name] = address;
        }

        /// <summary>False when no such name exists. Addresses in text form are names of themselves.</summary>
        public bool TryResolve(string name, out uint address)
        {
            if (_names.TryGetValue(name, out address)) return true;
            if (!System.Net.IPAddress.TryParse(name, out System.Net.IPAddress literal)) return false;
            byte[] bytes = literal.GetAddressBytes();
            if (bytes.Length == 16)
            {
                byte[] endpoint = new byte[SimEndpoint.Length];
                bytes.CopyTo(endpoint, 0);
                bool routed = SimEndpoint.TryRead(endpoint, out SimEndpoint six);
                address = six.Address;
                return routed;
            }
            if (literal.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork) return false;
            address = SimEndpoint.Parse(name);
            return true;
        }

        /// <summary>The host that a stream to this address reaches; null when there is none or it is behind a NAT.</summary>
        public SimHost FindPublic(uint address)
        {
            return _publicHosts.GetValueOrDefault(address);
        }

        /// <summary>Whether UDP between the two can work without a relay, by the kinds of their NATs (both online).</summary>
        public static bool DirectPathPossible(SimHost a, SimHost b)
        {
            bool four = a.HasFour && b.HasFour;
            if (four && a.Nat != null && a.Nat == b.Nat) return true;
            if (Blocked(a.Nat) || Blocked(b.Nat)) return false;
            // Firewalls of IPv6 open as an endpoint-independent NAT does.
            if (a.Six != 0 && b.Six != 0) return true;
            if (!four) return false;
            // Behind one router but not in one network: only by its outside address.
            if (a.Nat != null && b.Nat != null && a.Nat.Outermost == b.Nat.Outermost && !a.Nat.Outermost.Hairpin) return false;
            // A symmetric side works only with a partner that lets in any port of an address it has written to.
            bool aSymmetric = Any(a.Nat, SimNatKind.Symmetric), bSymmetric = Any(b.Nat, SimNatKind.Symmetric);
            if (aSymmetric) return !bSymmetric && !Any(b.Nat, SimNatKind.EndpointIndependent);
            if (bSymmetric) return !Any(a.Nat, SimNatKind.EndpointIndependent);
            return true;
        }

        private static bool Blocked(SimNat nat)
        {
            for (; nat != null; nat = nat.Outer)
            {
                if (nat.BlocksUdp) return true;
            }
            return false;
        }

        private static bool Any(SimNat nat, SimNatKind kind)
        {
            for (; nat != null; nat = nat.Outer)
            {
                if (nat.Kind == kind) return true;
            }
            return false;
        }

        /// <summary>From 198.51.100.10 on, and beyond for large worlds.</summary>
        private uint NextPublic() => SimEndpoint.Parse("198.51.100.0") + (uint)_nextPublic++;

        private uint NextPrivate() => SimEndpoint.Parse("192.168.77.0") + (uint)_nextPrivate++;

        /// <summary>Runs the action at now + delayMs, in the order of scheduling among equals.</summary>
        public void Schedule(long delayMs, Action action)
        {
            _queue.Enqueue(action, (Time.Ms + Math.Max(0, delayMs), _order++));
        }

        /// <summary>When the next thing happens; long.MaxValue = never.</summary>
        public long NextMs => _queue.TryPeek(out _, out (long AtMs, long Order) when) ? when.AtMs : long.MaxValue;

        /// <summary>Runs what is due at the present time. True when there was something.</summary>
        public bool RunDue()
        {
            bool worked = false;
            while (_queue.TryPeek(out Action action, out (long AtMs, long Order) when) && when.AtMs <= Time.Ms)
            {
                _queue.Dequeue();
                action();
                worked = true;
            }
            return worked;
        }

        /// <summary>Milliseconds one way between two hosts.</summary>
        public int LatencyMs(SimHost a, SimHost b)
        {
            return a.LatencyMs + b.LatencyMs + (Distance == null ? 0 : Distance(a, b));
        }

        internal void Send(SimHost from, int sourcePort, SimEndpoint destination, byte[] datagram)
        {
            Sent++;
            Tap?.Invoke(from, destination, datagram);
            if (!from.IsOnline || Blocked(from.Nat) || !(destination.IsSix ? from.Six != 0 : from.HasFour) || (Block != null && Block(from, destination)) || Random.Chance(LossPermille)
                || Random.Chance(from.LossPermille) || IsTooLong(from, datagram))
            {
                Lost++;
                return;
            }
            SimEndpoint source = new SimEndpoint(destination.IsSix ? from.Six : from.Address, sourcePort, destination.IsSix);
            if (destination.IsSix) from.WroteSix(destination);
            bool isLocal = !destination.IsSix && SimEndpoint.IsPrivate(destination.Address);
            for (SimNat nat = isLocal || destination.IsSix ? null : from.Nat; nat != null; nat = nat.Outer) source = nat.Outbound(source, destination, Time.Ms);
            for (int copies = Random.Chance(DuplicatePermille) ? 2 : 1; copies > 0; copies--)
            {
                int delayMs = from.LatencyMs + (JitterMs > 0 ? Random.Below(JitterMs + 1) : 0);
                Schedule(delayMs, () => Arrive(from, source, destination, datagram, isLocal));
            }
        }

        /// <summary>At the far end's router, half the way: the NAT decides by its mappings of this moment.</summary>
        private void Arrive(SimHost from, SimEndpoint source, SimEndpoint destination, byte[] datagram, bool isLocal)
        {
            SimHost to = null;
            if (destination.IsSix)
            {
                to = _hosts.Find(host => host.Six == destination.Address);
                if (to != null && (Blocked(to.Nat) || !to.LetsInSix(source))) to = null;
            }
            else if (isLocal) to = FindBehind(from.Nat, destination.Address);
            else if (_nats.TryGetValue(destination.Address, out SimNat nat))
            {
                while (nat != null && nat.Inbound(destination.Port, source, Time.Ms, out SimEndpoint inside))
                {
                    to = FindBehind(nat, inside.Address);
                    destination = inside;
                    nat = to == null ? _inner.Find(inner => inner.Outer == nat && inner.PublicAddress == inside.Address) : null;
                }
            }
            else to = FindPublic(destination.Address);
            if (to != null && !destination.IsSix && !to.HasFour) to = null;
            if (to == null)
            {
                Unroutable++;
                return;
            }
            Schedule(LatencyMs(from, to) - from.LatencyMs, () => Deliver(to, source, destination.Port, datagram));
        }

        private void Deliver(SimHost to, SimEndpoint source, int port, byte[] datagram)
        {
            if (!to.IsOnline || Random.Chance(to.LossPermille) || IsTooLong(to, datagram)) Lost++;
            else if (to.TryHandle(port, source, datagram)) Delivered++;
            else Unroutable++;
        }

        private static bool IsTooLong(SimHost host, byte[] datagram) => host.LargestDatagram != 0 && datagram.Length > host.LargestDatagram;

        private SimHost FindBehind(SimNat nat, uint address)
        {
            if (nat == null) return null;
            foreach (SimHost host in _hosts)
            {
                if (host.Nat == nat && host.Address == address) return host;
            }
            return null;
        }

        private SimHost Add(SimHost host)
        {
            _hosts.Add(host);
            return host;
        }
    }
}
