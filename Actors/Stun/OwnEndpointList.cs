using System;
using MicroLink.Bytes;

namespace MicroLink.Stun
{
    /// <summary>
    /// Our own endpoints in the order in which peers should try them, with their types (protocol.md 6.8): what STUN servers saw, the guess
    /// for a NAT that maps by destination, what was seen in the last 5 minutes, local addresses with the socket's port. No duplicates.
    /// </summary>
    public sealed class OwnEndpointList
    {
        public const int Local = 1, Stun = 2, PortMapped = 3, Stun4LocalPort = 4, Explicit = 5;

        /// <summary>Our limit; further ones are left out, the least useful first because of the order.</summary>
        public const int MaxCount = 24;
        /// <summary>"endpointTrackerLifetime 5 m 10 s, max 6" (6.5).</summary>
        private const int SeenMs = 310000, MaxSeen = 6;

        private readonly byte[] _endpoints = new byte[MaxCount * NetEndpoint.Length];
        private readonly byte[] _types = new byte[MaxCount];
        private readonly byte[] _seen = new byte[MaxSeen * NetEndpoint.Length];
        private readonly long[] _seenMs = new long[MaxSeen];
        private int _seenCount;
        private readonly byte[] _one = new byte[NetEndpoint.Length];

        public int Count { get; private set; }

        /// <summary>A copy for a message, 18 bytes each.</summary>
        public byte[] CopyEndpoints()
        {
            byte[] copy = new byte[Count * NetEndpoint.Length];
            Array.Copy(_endpoints, 0, copy, 0, copy.Length);
            return copy;
        }

        public byte[] CopyTypes()
        {
            byte[] copy = new byte[Count];
            Array.Copy(_types, 0, copy, 0, Count);
            return copy;
        }

        public void Clear() { Count = 0; }

        /// <summary>The port that the gateway maps to ours comes first (6.8); null = none.</summary>
        public byte[] Mapped;

        /// <summary>Another network: what was seen there is worth nothing here.</summary>
        public void ForgetSeen() { _seenCount = 0; }

        public void Add(byte[] endpoint, int at, int type)
        {
            if (Count == MaxCount || !IsSensible(endpoint, at)) return;
            for (int i = 0; i < Count; i++)
            {
                if (NetEndpoint.Equal(_endpoints, i * NetEndpoint.Length, endpoint, at)) return;
            }
            Array.Copy(endpoint, at, _endpoints, Count * NetEndpoint.Length, NetEndpoint.Length);
            _types[Count++] = (byte)type;
        }

        /// <summary>Adds "the address of this endpoint, but our own port".</summary>
        public void AddWithPort(byte[] address, int at, int port, int type)
        {
            NetEndpoint.Write(_one, 0, address, at, port);
            Add(_one, 0, type);
        }

        /// <summary>Notes an address that a STUN server saw now.</summary>
        public void Remember(byte[] endpoint, int at, long nowMs)
        {
            int row = 0;
            for (int i = 0; i < _seenCount; i++)
            {
                if (NetEndpoint.Equal(_seen, i * NetEndpoint.Length, endpoint, at))
                {
                    _seenMs[i] = nowMs;
                    return;
                }
                if (_seenMs[i] < _seenMs[row]) row = i;
            }
            if (_seenCount < MaxSeen) row = _seenCount++;
            Array.Copy(endpoint, at, _seen, row * NetEndpoint.Length, NetEndpoint.Length);
            _seenMs[row] = nowMs;
        }

        /// <summary>"Cached ones from the last 5 m 10 s" (6.8): a NAT keeps a mapping alive as long as it is used.</summary>
        public void AddSeen(long nowMs)
        {
            for (int i = 0; i < _seenCount; i++)
            {
                if (nowMs - _seenMs[i] <= SeenMs) Add(_seen, i * NetEndpoint.Length, Stun);
            }
        }

        /// <summary>A server can claim anything about us; what no peer could use is left out. Tunnel addresses would loop.</summary>
        private static bool IsSensible(byte[] endpoint, int at)
        {
            if (NetEndpoint.Port(endpoint, at) == 0 || NetEndpoint.IsUnspecified(endpoint, at)) return false;
            if (NetEndpoint.IsMulticast(endpoint, at) || NetEndpoint.IsTailnet(endpoint, at)) return false;
            return NetEndpoint.IsV4(endpoint, at) || !NetEndpoint.IsLinkLocal(endpoint, at);
        }
    }
}
