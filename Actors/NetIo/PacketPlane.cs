// Hot: every managed packet passes here; bytes are moved whole.
using MicroLink.Derp;
using MicroLink.Drivers;
using MicroLink.NetMap;
using MicroLink.Native;

namespace MicroLink.NetIo
{
    /// <summary>
    /// The data plane as the actors use it: one native instance and the UDP port that is joined to it. Every call that may have produced
    /// datagrams ends with a flush of the port. All actors of a node run on one thread, so the object is shared without a lock; the
    /// native side has its own.
    /// </summary>
    public sealed class PacketPlane
    {
        private readonly int _handle;
        private readonly int _maxPeers;
        private readonly IPacketPort _port;
        private readonly byte[] _stamps;
        private readonly byte[] _selfAddresses = new byte[8 * DataPlane.AddressLength];
        private int _selfCount;
        // The device pays 12 bytes an element: one reference a slot of an active peer, never one a peer of the tailnet.
        private readonly PeerRow[] _rows;
        private int _localPort;
        private string[] _filterCapabilities = new string[0];

        /// <summary>What went through each relay region, for status.</summary>
        public readonly RelayTally Tally = new RelayTally();

        /// <param name="handle">An instance from DataPlane.Create, already seeded.</param>
        public PacketPlane(int handle, int maxPeers, IPacketPort port)
        {
            _handle = handle;
            _maxPeers = maxPeers;
            _port = port;
            _stamps = new byte[maxPeers * DataPlane.StampLength];
            _rows = new PeerRow[maxPeers];
        }

        public int Handle { get { return _handle; } }
        public int MaxPeers { get { return _maxPeers; } }
        public IPacketPort Port { get { return _port; } }

        /// <summary>Our UDP port, 0 while it is not open.</summary>
        public int LocalPort { get { return _localPort; } }

        /// <summary>One 64-byte record a slot, as of the last <see cref="ReadStamps"/>; accessors in <see cref="PeerStamps"/>.</summary>
        public byte[] Stamps { get { return _stamps; } }

        /// <summary>Reads the activity stamps of all slots. NetIoActor does it once a second before ActivityTick.</summary>
        public void ReadStamps() { DataPlane.Stamps(_handle, _stamps, 0); }

        public int SetIdentity(byte[] nodePublic) { return DataPlane.SetIdentity(_handle, nodePublic, 0); }

        /// <summary>Our own tunnel addresses as prefixes of 17 bytes (PeerRow.Addresses of the self node).</summary>
        public int SetSelf(byte[] prefixes17)
        {
            int count = prefixes17 == null ? 0 : prefixes17.Length / DataPlane.PrefixLength;
            if (count > 8) count = 8;
            for (int i = 0; i < count; i++)
                System.Array.Copy(prefixes17, i * DataPlane.PrefixLength, _selfAddresses, i * DataPlane.AddressLength,
                    DataPlane.AddressLength);
            _selfCount = count;
            return DataPlane.SetSelfAddresses(_handle, _selfAddresses, count);
        }

        /// <summary>Offset of our own address of the wanted family in <see cref="SelfAddresses"/>, or -1.</summary>
        public int SelfAddress(bool v4)
        {
            for (int i = 0; i < _selfCount; i++)
                if (InnerPing.IsV4Mapped(_selfAddresses, i * DataPlane.AddressLength) == v4) return i * DataPlane.AddressLength;
            return -1;
        }

        public byte[] SelfAddresses { get { return _selfAddresses; } }

        public int SelfCount { get { return _selfCount; } }

        // ---- the port -----------------------------------------------------------------------------------------------------------------

        /// <summary>Opens the UDP port, the last number again when there was one. Returns it, or 0 and Port.Error says why.</summary>
        public int OpenPort(int preferredPort, MicroLink.Runtime.ActorRef owner)
        {
            _localPort = _port.Open(_handle, preferredPort, owner);
            return _localPort;
        }

        /// <summary>Replaces the sockets, with this number (0 = the same) when possible. Returns the port, or 0.</summary>
        public int RebindPort(int wanted)
        {
            int port = _port.Rebind(wanted != 0 ? wanted : _localPort);
            if (port != 0) _localPort = port;                   // a failure keeps the number, for the next try
            return port;
        }

        public void ClosePort() { _port.Close(); }

        // ---- peers --------------------------------------------------------------------------------------------------------------------

        /// <summary>Puts the peer into the slot, with its key and the prefixes that are routed to it, and remembers the row for
        /// pings.</summary>
        public int Activate(int slot, PeerRow row, byte[] allowed)
        {
            int result = DataPlane.PeerSet(_handle, slot, row.Key, 0);
            if (result < 0) return result;
            Remember(slot, row);
            return allowed == null ? 0 : DataPlane.PeerAllowed(_handle, slot, allowed, allowed.Length / DataPlane.PrefixLength);
        }

        public int Release(int slot)
        {
            _rows[slot] = null;
            return DataPlane.PeerRemove(_handle, slot);
        }

        /// <summary>The slot of an active peer by its node id, or -1.</summary>
        public int SlotOf(long peerId)
        {
            for (int i = 0; i < _rows.Length; i++)
                if (_rows[i] != null && _rows[i].Id == peerId) return i;
            return -1;
        }

        /// <summary>Remembers a newer row of the slot, for pings, and gives the peer the rights and our addresses that the row
        /// says.</summary>
        public void Remember(int slot, PeerRow row)
        {
            _rows[slot] = row;
            FilterRights.Give(_handle, slot, row, _filterCapabilities);
            FilterRights.GiveMasquerade(_handle, slot, row);
        }

        /// <summary>The row that the slot was activated with, or null.</summary>
        public PeerRow Row(int slot) { return slot < 0 || slot >= _rows.Length ? null : _rows[slot]; }

        public int PeerSet(int slot, byte[] nodePublic, int offset) { return DataPlane.PeerSet(_handle, slot, nodePublic, offset); }

        public int PeerAllowed(int slot, byte[] prefixes17)
        {
            return DataPlane.PeerAllowed(_handle, slot, prefixes17, prefixes17.Length / DataPlane.PrefixLength);
        }

        public int PeerByKey(byte[] key, int offset) { return DataPlane.PeerByKey(_handle, key, offset); }

        public int PeerPath(int slot, int mode, byte[] endpoint, int offset, int region)
        {
            return DataPlane.PeerPath(_handle, slot, mode, endpoint, offset, region);
        }

        /// <summary>Puts a compiled packet filter into force (CompiledFilter). Negative: the data plane did not take it, and lets nothing
        /// in.</summary>
        public int SetFilter(byte[] table, string[] capabilities)
        {
            _filterCapabilities = capabilities;
            // Nobody has a capability by its old number while the new table is in force.
            DataPlane.FilterSet(_handle, new byte[0], 0);
            for (int slot = 0; slot < _rows.Length; slot++)
                if (_rows[slot] != null) FilterRights.Give(_handle, slot, _rows[slot], capabilities);
            return DataPlane.FilterSet(_handle, table, table.Length);
        }

        // ---- sessions -----------------------------------------------------------------------------------------------------------------

        public int IndexAllocate(int slot) { return DataPlane.IndexAllocate(_handle, slot); }

        public int IndexRelease(int index) { return DataPlane.IndexRelease(_handle, index); }

        public int SessionInstall(int slot, int localIndex, int remoteIndex, byte[] sendKey, byte[] receiveKey, bool initiator, long nowMs)
        {
            int result = DataPlane.SessionInstall(_handle, slot, localIndex, remoteIndex, sendKey, receiveKey, initiator, nowMs);
            _port.Flush();
            return result;
        }

        public int SessionsWipe(int slot) { return DataPlane.SessionsWipe(_handle, slot); }

        public int StagedDrop(int slot) { return DataPlane.StagedDrop(_handle, slot); }

        public int SendKeepalive(int slot, long nowMs)
        {
            int result = DataPlane.SendKeepalive(_handle, slot, nowMs);
            _port.Flush();
            return result;
        }

        // ---- packets ------------------------------------------------------------------------------------------------------------------

        public int SendIp(byte[] packet, int offset, int count, long nowMs)
        {
            int result = DataPlane.SendIp(_handle, packet, offset, count, nowMs);
            _port.Flush();
            return result;
        }

        public int PeerSend(int slot, byte[] datagram, int offset, int count)
        {
            int result = DataPlane.PeerSend(_handle, slot, datagram, offset, count);
            _port.Flush();
            return result;
        }

        public int UdpOut(byte[] endpoint, int endpointOffset, byte[] datagram, int offset, int count)
        {
            int result = DataPlane.UdpOut(_handle, endpoint, endpointOffset, datagram, offset, count);
            _port.Flush();
            return result;
        }

        public int RelayOut(int region, byte[] dstKey, int keyOffset, byte[] packet, int offset, int count, bool urgent)
        {
            int result = DataPlane.RelayOut(_handle, region, dstKey, keyOffset, packet, offset, count, urgent);
            _port.Flush();
            return result;
        }

        /// <summary>The answer to a NetEvent.Service: <paramref name="query"/> is its payload.</summary>
        public int ServiceAnswer(byte[] query, byte[] answer, int count, long nowMs)
        {
            return DataPlane.ServiceAnswer(_handle, query, answer, 0, count, nowMs);
        }

        /// <summary>Sends what waited for a peer without a slot and has a route now.</summary>
        public void WaitingSend(long nowMs)
        {
            DataPlane.WaitingSend(_handle, nowMs);
            _port.Flush();
        }

        public int PollEvent(byte[] into, int offset) { return DataPlane.PollEvent(_handle, into, offset); }

        public int DiscoKnown(byte[] discoPublic, bool add) { return DataPlane.DiscoKnown(_handle, discoPublic, add); }

        public int StunExpect(byte[] txId, int offset, long nowMs) { return DataPlane.StunExpect(_handle, txId, offset, nowMs); }

        // ---- relay framer -------------------------------------------------------------------------------------------------------------

        public int RelayOpen(int region) { return DataPlane.RelayOpen(_handle, region); }

        public int RelayReset(int region) { return DataPlane.RelayReset(_handle, region); }

        public int RelayClose(int region) { return DataPlane.RelayClose(_handle, region); }

        /// <summary>Hands in bytes of a relay connection; answers that go out by UDP are flushed.</summary>
        public int RelayIn(int region, byte[] block, int offset, int count, long nowMs)
        {
            Tally.Received(region, count);
            int result = DataPlane.RelayIn(_handle, region, block, offset, count, nowMs);
            Tally.ReceivedPackets(region, DataPlane.RelayTakePackets(_handle, region, DataPlane.RelayPacketsIn));
            _port.Flush();
            return result;
        }

        public int RelayDrain(int region, byte[] into, int offset, int capacity)
        {
            int count = DataPlane.RelayDrain(_handle, region, into, offset, capacity);
            if (count <= 0) return count;
            Tally.Sent(region, count);
            Tally.SentPackets(region, DataPlane.RelayTakePackets(_handle, region, DataPlane.RelayPacketsOut),
                DataPlane.RelayTakePackets(_handle, region, DataPlane.RelayPacketsDropped));
            return count;
        }

        public int RelayFrame(int region, int type, byte[] payload, int offset, int count)
        {
            int result = DataPlane.RelayFrame(_handle, region, type, payload, offset, count);
            _port.Flush();
            return result;
        }
    }
}
