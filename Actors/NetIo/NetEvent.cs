namespace MicroLink.NetIo
{
    /// <summary>
    /// One event of the native data plane: a 64-byte header, then the payload. Accessors over a record that starts at
    /// <c>offset</c> (usually PacketBuffer.Bytes and PacketBuffer.Offset).
    /// <code>
    ///  0 kind u8 | 1 flags u8 | 2 slot i16 LE | 4 region u16 LE | 6 relay frame type u8 | 7 0
    ///  8 endpoint[18]: address[16], port BE (by UDP)            26 source node key[32] (by relay, else of the slot when known)
    /// 58 reserved[4]                                            62 payload length u16 LE | 64 payload
    /// </code>
    /// </summary>
    public static class NetEvent
    {
        /// <summary>A handshake message (type 1, 2 or 3) that passed the gate. Slot is set for types 2 and 3.</summary>
        public const int Handshake = 1;
        /// <summary>A DISCO packet from a known disco key, still sealed.</summary>
        public const int Disco = 2;
        /// <summary>A STUN answer to a transaction that was announced.</summary>
        public const int Stun = 3;
        /// <summary>A relay frame other than RecvPacket; the payload is the frame's.</summary>
        public const int RelayFrame = 4;
        /// <summary>A packet waits in the slot and there is no session.</summary>
        public const int NeedHandshake = 5;
        /// <summary>The first authenticated packet came on the session that we answered as responder.</summary>
        public const int Confirmed = 6;
        /// <summary>A decrypted inner packet that nobody in native code answers (only with DataPlane.OptionInnerPackets).</summary>
        public const int InnerPacket = 7;
        /// <summary>An ICMP echo reply or TSMP pong; the payload is the inner IP packet.</summary>
        public const int InnerReply = 8;
        /// <summary>The framer of the region has bytes to send and had none before.</summary>
        public const int RelayReady = 9;
        /// <summary>The peer told its disco key (TSMP 'a'); the payload is the 32-byte key.</summary>
        public const int TsmpDiscoKey = 10;
        /// <summary>This host asks the tailnet's own address; the payload is the IP packet, a DNS query over UDP.</summary>
        public const int Service = 12;
        /// <summary>A packet waits for the peer that has the 16 bytes of payload as its address (DataPlane.OptionWait).</summary>
        public const int Wanted = 13;
        /// <summary>Sockets inside the tunnel have news, or packets wait for a peer without a tunnel.</summary>
        public const int Sockets = 20;

        public const int ByRelay = 1;
        public const int HeaderLength = 64, EndpointOffset = 8, NodeKeyOffset = 26, PayloadOffset = 64;

        public static int Kind(byte[] record, int offset) { return record[offset]; }

        public static bool CameByRelay(byte[] record, int offset) { return (record[offset + 1] & ByRelay) != 0; }

        /// <summary>The data plane's slot, or -1.</summary>
        public static int Slot(byte[] record, int offset) { return (short)(record[offset + 2] | record[offset + 3] << 8); }

        public static int Region(byte[] record, int offset) { return record[offset + 4] | record[offset + 5] << 8; }

        public static int FrameType(byte[] record, int offset) { return record[offset + 6]; }

        public static int PayloadLength(byte[] record, int offset) { return record[offset + 62] | record[offset + 63] << 8; }
    }
}
