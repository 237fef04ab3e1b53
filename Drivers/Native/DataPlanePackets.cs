// Hot: every managed packet passes here; bytes are moved whole.
using System.Text;

namespace MicroLink.Native
{
    /// <summary>The packet side of the data plane: datagrams, relay bytes, events, stamps and counters.</summary>
    public static partial class DataPlane
    {
        /// <summary>
        /// Sends an inner IP packet to the peer that owns its destination. Returns the slot (sent, or staged with a NeedHandshake event),
        /// or NoRoute, NoPath, TooLong, Malformed.
        /// </summary>
        public static int SendIp(int handle, byte[] packet, int offset, int count, long nowMs)
        {
            Check(packet, offset, count);
            return DataPlaneNative.ml_dp_send_ip(handle, packet, offset, count, nowMs);
        }

        /// <summary>
        /// Answers a packet of this host to the tailnet's own address (NetEvent.Service): <paramref name="query"/> is that whole IP packet, the
        /// answer travels back behind swapped IP and UDP headers. Malformed, TooLong (1280 bytes with headers), NotOpen = no network interface.
        /// </summary>
        public static int ServiceAnswer(int handle, byte[] query, byte[] answer, int offset, int count, long nowMs)
        {
            Check(answer, offset, count);
            return DataPlaneNative.ml_dp_service_answer(handle, query, 0, query.Length, answer, offset, count, nowMs);
        }

        /// <summary>Sends what waits for a peer (OptionWait) and has a route now. Returns how many packets wait still.</summary>
        public static int WaitingSend(int handle, long nowMs)
        {
            return DataPlaneNative.ml_dp_waiting_send(handle, nowMs);
        }

        /// <summary>Sends a raw handshake message by the peer's current path or paths. Returns how many copies went out.</summary>
        public static int PeerSend(int handle, int slot, byte[] datagram, int offset, int count)
        {
            Check(datagram, offset, count);
            return DataPlaneNative.ml_dp_peer_send(handle, slot, datagram, offset, count);
        }

        /// <summary>Puts one datagram into the UDP ring (DISCO, STUN).</summary>
        public static int UdpOut(int handle, byte[] endpoint, int endpointOffset, byte[] datagram, int offset, int count)
        {
            Check(endpoint, endpointOffset, EndpointLength);
            Check(datagram, offset, count);
            return DataPlaneNative.ml_dp_udp_out(handle, endpoint, endpointOffset, datagram, offset, count);
        }

        /// <summary>Queues one packet for a node behind a relay region; the oldest of 32 is dropped when the ring is full.</summary>
        public static int RelayOut(int handle, int region, byte[] dstKey, int keyOffset, byte[] packet, int offset, int count, bool urgent)
        {
            Check(dstKey, keyOffset, KeyLength);
            Check(packet, offset, count);
            return DataPlaneNative.ml_dp_relay_out(handle, region, dstKey, keyOffset, packet, offset, count, urgent ? 1 : 0);
        }

        /// <summary>Hands in one received datagram. Returns 0 when it was used, Dropped when it was counted and dropped.</summary>
        public static int UdpIn(int handle, byte[] endpoint, int endpointOffset, byte[] datagram, int offset, int count, long nowMs)
        {
            Check(endpoint, endpointOffset, EndpointLength);
            Check(datagram, offset, count);
            return DataPlaneNative.ml_dp_udp_in(handle, endpoint, endpointOffset, datagram, offset, count, nowMs);
        }

        /// <summary>Takes one outgoing datagram: 18 bytes endpoint, then the datagram. Returns the total length, 0 when there is
        /// none.</summary>
        public static int PollUdp(int handle, byte[] into, int offset)
        {
            Check(into, offset, 0);
            return DataPlaneNative.ml_dp_poll_udp(handle, into, offset, into.Length - offset);
        }

        /// <summary>Takes one event record (layout: Actors/NetIo/NetEvent.cs). Returns its length, 0 when there is none, TooLong when it
        /// does not fit (it stays).</summary>
        public static int PollEvent(int handle, byte[] into, int offset)
        {
            Check(into, offset, 0);
            return DataPlaneNative.ml_dp_poll_event(handle, into, offset, into.Length - offset);
        }

        /// <summary>Adds or removes a disco key from the set whose messages pass the gate. Counted: two peers may share a key.</summary>
        public static int DiscoKnown(int handle, byte[] discoPublic, bool add)
        {
            Check(discoPublic, 0, KeyLength);
            return DataPlaneNative.ml_dp_disco_known(handle, discoPublic, 0, add ? 1 : 0);
        }

        /// <summary>Lets the STUN answers with this transaction id pass for ten seconds; at most 64 ids, the oldest goes first.</summary>
        public static int StunExpect(int handle, byte[] txId, int offset, long nowMs)
        {
            Check(txId, offset, 12);
            return DataPlaneNative.ml_dp_stun_expect(handle, txId, offset, nowMs);
        }

        /// <summary>Writes one 64-byte stamp record a slot. Returns the number of slots, TooLong when they do not fit.</summary>
        public static int Stamps(int handle, byte[] into, int offset)
        {
            Check(into, offset, 0);
            return DataPlaneNative.ml_dp_stamps(handle, into, offset, into.Length - offset);
        }

        /// <summary>Writes all counters, u64 little endian each. Returns how many.</summary>
        public static int Counters(int handle, byte[] into, int offset)
        {
            Check(into, offset, 0);
            return DataPlaneNative.ml_dp_counters(handle, into, offset, into.Length - offset);
        }

        /// <summary>The name of a counter, "drop: replayed"; null behind the last one. Names that begin with "drop: " count lost
        /// packets.</summary>
        public static string CounterName(int counter)
        {
            byte[] text = new byte[64];
            int length = DataPlaneNative.ml_dp_counter_name(counter, text, 0, text.Length);
            return length <= 0 ? null : Encoding.UTF8.GetString(text, 0, length);
        }

        /// <summary>
        /// A connection to the region is up (HTTP upgrade done): the framer starts afresh. Packets wait in the ring until the ClientInfo
        /// frame was given to <see cref="RelayFrame"/>. Regions are 1 to 65535.
        /// </summary>
        public static int RelayOpen(int handle, int region) { return DataPlaneNative.ml_dp_relay_open(handle, region); }

        /// <summary>The connection broke: forgets half frames and control frames; queued packets wait for the next connection.</summary>
        public static int RelayReset(int handle, int region) { return DataPlaneNative.ml_dp_relay_reset(handle, region); }

        /// <summary>The region is not used any more: everything queued is dropped.</summary>
        public static int RelayClose(int handle, int region) { return DataPlaneNative.ml_dp_relay_close(handle, region); }

        /// <summary>Bytes from the relay connection, cut anywhere. 0, or Malformed: the connection must be closed.</summary>
        public static int RelayIn(int handle, int region, byte[] block, int offset, int count, long nowMs)
        {
            Check(block, offset, count);
            return DataPlaneNative.ml_dp_relay_in(handle, region, block, offset, count, nowMs);
        }

        /// <summary>Takes up to <paramref name="capacity"/> bytes for the relay connection: control frames, then urgent, then other
        /// packets. 0 = empty.</summary>
        public static int RelayDrain(int handle, int region, byte[] into, int offset, int capacity)
        {
            Check(into, offset, capacity);
            return DataPlaneNative.ml_dp_relay_drain(handle, region, into, offset, capacity);
        }

        /// <summary>Packets of the region since this was last asked: came in, went out, dropped because the queue was full.</summary>
        public const int RelayPacketsIn = 0, RelayPacketsOut = 1, RelayPacketsDropped = 2;

        /// <summary>One of the three counts, which starts anew at 0; negative for a region that the framer does not know.</summary>
        public static int RelayTakePackets(int handle, int region, int which)
        {
            return DataPlaneNative.ml_dp_relay_take_packets(handle, region, which);
        }

        /// <summary>Queues one control frame (ClientInfo, NotePreferred, Ping, Pong).</summary>
        public static int RelayFrame(int handle, int region, int type, byte[] payload, int offset, int count)
        {
            Check(payload, offset, count);
            return DataPlaneNative.ml_dp_relay_frame(handle, region, type, payload, offset, count);
        }
    }
}
