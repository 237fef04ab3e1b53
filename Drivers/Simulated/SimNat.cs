using System.Collections.Generic;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>
    /// How a NAT chooses the outside port (RFC 4787 section 4). Both kinds let in only what an inside host has written to.
    /// </summary>
    public enum SimNatKind
    {
        /// <summary>One outside port per inside port, the same number when it is free. Hole punching works.</summary>
        EndpointIndependent,
        /// <summary>A new random outside port per destination ("symmetric"). The STUN answer is of no use to a peer.</summary>
        Symmetric,
    }

    /// <summary>
    /// A home router: one public address, private hosts behind it, no hairpin. A mapping that was not used for 2 min is forgotten.
    /// </summary>
    public sealed class SimNat
    {
        private const int IdleMs = 120000;

        private readonly SimRandom _random;
        private readonly Dictionary<(SimEndpoint Inside, SimEndpoint Outside), Mapping> _byInside = new();
        private readonly Dictionary<int, Mapping> _byPort = new();

        public SimNat(SimNatKind kind, uint publicAddress, SimRandom random)
        {
            Kind = kind;
            PublicAddress = publicAddress;
            _random = random;
        }

        public SimNatKind Kind { get; }
        public uint PublicAddress { get; }

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
            if (!mapping.Permitted.TryGetValue(source, out long permittedMs) || nowMs - permittedMs > IdleMs) return false;
            mapping.UsedMs = nowMs;
            mapping.Permitted[source] = nowMs;
            inside = mapping.Inside;
            return true;
        }

        private int ChoosePort(int wanted)
        {
            if (Kind == SimNatKind.EndpointIndependent && !_byPort.ContainsKey(wanted)) return wanted;
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
