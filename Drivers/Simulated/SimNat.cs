using System.Collections.Generic;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>
    /// How a NAT chooses the outside port and whom it lets in (RFC 4787 sections 4 and 5).
    /// </summary>
    public enum SimNatKind
    {
        /// <summary>One outside port per inside port, the same number when it is free; lets in the address and port that was written to.
        /// Hole punching works.</summary>
        EndpointIndependent,
        /// <summary>The same, but lets in any port of an address that was written to.</summary>
        AddressRestricted,
        /// <summary>The same, but lets in everybody.</summary>
        FullCone,
        /// <summary>A new random outside port per destination ("symmetric"). The STUN answer is of no use to a peer.</summary>
        Symmetric,
    }

    /// <summary>
    /// A router: one outside address, private hosts behind it, maybe itself behind another one. A mapping that was not used for 2 min is
    /// forgotten.
    /// </summary>
    public sealed class SimNat
    {
        private const int IdleMs = 120000;

        private readonly SimRandom _random;
        private readonly Dictionary<(SimEndpoint Inside, SimEndpoint Outside), Mapping> _byInside = new();
        private readonly Dictionary<int, Mapping> _byPort = new();

        public SimNat(SimNatKind kind, uint publicAddress, SimRandom random, SimNat outer = null)
        {
            Outer = outer;
            Kind = kind;
            PublicAddress = publicAddress;
            _random = random;
        }

        public SimNatKind Kind { get; }
        /// <summary>On the internet, or on the inside of <see cref="Outer"/>.</summary>
        public uint PublicAddress { get; }
        /// <summary>The router before this one; null = the internet.</summary>
        public SimNat Outer { get; }
        public SimNat Outermost => Outer == null ? this : Outer.Outermost;
        /// <summary>Whether hosts inside reach each other by the outside address.</summary>
        public bool Hairpin { get; set; }
        /// <summary>No UDP passes, in either direction.</summary>
        public bool BlocksUdp { get; set; }

        /// <summary>Forgets all mappings, as a rebooted router does.</summary>
        public void Reboot()
        {
            _byInside.Clear();
            _byPort.Clear();
        }

        /// <summary>The source that a datagram from an inside host to that destination shows outside.</summary>
        public SimEndpoint Outbound(SimEndpoint inside, SimEndpoint destination, long nowMs)
        {
            var key = (inside, Kind == SimNatKind.Symmetric ? destination : default);
            if (!_byInside.TryGetValue(key, out Mapping mapping) || nowMs - mapping.UsedMs > IdleMs)
            {
                if (mapping != null) _byPort.Remove(mapping.Port);
                mapping = new Mapping { Inside = inside, Port = ChoosePort(inside.Port) };
                _byInside[key] = mapping;
                _byPort[mapping.Port] = mapping;
            }
            mapping.UsedMs = nowMs;
            mapping.Permitted[destination] = nowMs;
            return new SimEndpoint(PublicAddress, mapping.Port);
        }

        /// <summary>The inside host a datagram to that outside port is for; false when the NAT drops it.</summary>
        public bool Inbound(int port, SimEndpoint source, long nowMs, out SimEndpoint inside)
        {
            inside = default;
            if (!_byPort.TryGetValue(port, out Mapping mapping) || nowMs - mapping.UsedMs > IdleMs) return false;
            if (BlocksUdp || (!Hairpin && source.Address == PublicAddress) || !LetsIn(mapping, source, nowMs)) return false;
            mapping.UsedMs = nowMs;
            if (mapping.Permitted.ContainsKey(source)) mapping.Permitted[source] = nowMs;
            inside = mapping.Inside;
            return true;
        }

        private bool LetsIn(Mapping mapping, SimEndpoint source, long nowMs)
        {
            if (Kind == SimNatKind.FullCone) return true;
            foreach (KeyValuePair<SimEndpoint, long> permit in mapping.Permitted)
            {
                if (nowMs - permit.Value > IdleMs || permit.Key.Address != source.Address) continue;
                if (Kind == SimNatKind.AddressRestricted || permit.Key.Port == source.Port) return true;
            }
            return false;
        }

        private int ChoosePort(int wanted)
        {
            if (Kind != SimNatKind.Symmetric && !_byPort.ContainsKey(wanted)) return wanted;
            while (true)
            {
                int port = 1024 + _random.Below(64512);
                if (!_byPort.ContainsKey(port)) return port;
            }
        }

        private sealed class Mapping
        {
            public SimEndpoint Inside;
            public int Port;
            public long UsedMs;
            public readonly Dictionary<SimEndpoint, long> Permitted = new();
        }
    }
}
