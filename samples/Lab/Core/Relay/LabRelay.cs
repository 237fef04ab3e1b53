using System;
using System.Collections.Generic;

namespace MicroLink.Lab.Core
{
    /// <summary>
    /// One DERP region's server: who is connected, and where packets go (protocol.md 5.3, 5.4). One node key may be connected several
    /// times; the connection that most recently sent a frame receives.
    /// </summary>
    public sealed class LabRelay
    {
        private readonly Dictionary<string, List<LabRelayStream>> _clients = new Dictionary<string, List<LabRelayStream>>();

        internal LabRelay(LabCore core, LabRegion region)
        {
            Core = core;
            Region = region;
            core.Entropy.Fill(Private, 0, 32);
            Private[0] &= 0xF8;
            Private[31] = (byte)((Private[31] & 0x7F) | 0x40);
            LabNoise.PublicKey(Private, Public);
        }

        public LabRegion Region { get; }
        /// <summary>The DERP server key, 32 bytes.</summary>
        public byte[] Public { get; } = new byte[32];

        /// <summary>Node keys connected now, "nodekey:" form.</summary>
        public IEnumerable<string> Clients => _clients.Keys;
        public long Routed { get; private set; }
        /// <summary>Sees every DISCO packet that is routed: from and to ("nodekey:" form), length, time. For counters and invariants.</summary>
        public Action<string, string, int, long> DiscoTap { get; set; }
        /// <summary>Packets for node keys that are not connected.</summary>
        public long NotHere { get; private set; }
        /// <summary>Packets that a slow client's queue dropped.</summary>
        public long DroppedOldest { get; internal set; }

        internal LabCore Core { get; }
        internal byte[] Private { get; } = new byte[32];

        /// <summary>Closes the connections of one node (null = all), as a restart would. Returns how many.</summary>
        public int Disconnect(string nodeKey, long nowMs)
        {
            int closed = 0;
            foreach (KeyValuePair<string, List<LabRelayStream>> entry in new List<KeyValuePair<string, List<LabRelayStream>>>(_clients))
            {
                if (nodeKey != null && entry.Key != nodeKey) continue;
                foreach (LabRelayStream client in entry.Value.ToArray())
                {
                    client.Close("the lab disconnects it", nowMs);
                    closed++;
                }
            }
            return closed;
        }

        internal string Name => "relay " + Region.Id;

        internal void Join(LabRelayStream client)
        {
            if (!_clients.TryGetValue(client.NodeKey, out List<LabRelayStream> list))
                _clients.Add(client.NodeKey, list = new List<LabRelayStream>());
            list.Add(client);
        }

        /// <summary>The connection sent a frame: it receives from now on.</summary>
        internal void Touch(LabRelayStream client)
        {
            List<LabRelayStream> list = _clients[client.NodeKey];
            if (list.Count == 1 || list[^1] == client) return;
            list.Remove(client);
            list.Add(client);
        }

        internal void Leave(LabRelayStream client, long nowMs)
        {
            if (!_clients.TryGetValue(client.NodeKey, out List<LabRelayStream> list) || !list.Remove(client)) return;
            if (list.Count > 0) return;
            _clients.Remove(client.NodeKey);
            Core.Log(nowMs, Name + ": " + NodeName(client.NodeKey) + " has left");
            // Whoever got packets from it learns that the way back is gone.
            foreach (string peer in client.SentTo)
            {
                if (_clients.TryGetValue(peer, out List<LabRelayStream> others)) others[^1].SendPeerGone(client.Key, 0x00);
            }
        }

        /// <summary>SendPacket of one client becomes RecvPacket of another.</summary>
        internal void Route(LabRelayStream from, ReadOnlySpan<byte> destination, ReadOnlySpan<byte> packet, long nowMs)
        {
            string key = "nodekey:" + Convert.ToHexStringLower(destination);
            bool disco = IsDisco(packet);
            if (_clients.TryGetValue(key, out List<LabRelayStream> list))
            {
                Routed++;
                if (disco) DiscoTap?.Invoke(from.NodeKey, key, packet.Length, nowMs);
                from.SentTo.Add(key);
                list[^1].Enqueue(from.Key, packet, disco);
                return;
            }
            NotHere++;
            // Only disco packets are answered; WireGuard packets vanish (trap 29).
            if (disco && from.MayTellNotHere(nowMs)) from.SendPeerGone(destination, 0x01);
        }

        internal string NodeName(string nodeKey)
        {
            LabNode node = Core.Control.FindByKey(nodeKey);
            return node != null ? node.Name : nodeKey[..Math.Min(16, nodeKey.Length)];
        }

        private static bool IsDisco(ReadOnlySpan<byte> packet)
        {
            return packet.Length >= 62 && packet[..6].SequenceEqual(new byte[] { 0x54, 0x53, 0xF0, 0x9F, 0x92, 0xAC });
        }
    }
}
