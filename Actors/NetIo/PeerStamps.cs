namespace MicroLink.NetIo
{
    /// <summary>
    /// Accessors over the stamp records that the data plane keeps per slot, 64 bytes each, little endian. All times are milliseconds of the
    /// clock that was passed in; 0 = never.
    /// <code>
    ///  0 lastDataSent i64 | 8 lastDataReceived i64 | 16 lastAuthenticated i64 | 24 lastSent i64 | 32 currentKeyBorn i64
    /// 40 rxBytes u64 | 48 txBytes u64 | 56 flags u32 | 60 staged u16 | 62 0
    /// </code>
    /// </summary>
    public static class PeerStamps
    {
        public const int Length = 64;
        /// <summary>Bits of <see cref="Flags"/>. RekeyDue: the current session has sent 2^60 packets. CameByRelay: the last authenticated
        /// packet did.</summary>
        public const int WeAreInitiator = 1, HasCurrent = 2, HasNext = 4, StagedWaits = 8, RekeyDue = 16, CameByRelay = 32;

        /// <summary>A packet with content was sent.</summary>
        public static long DataSentMs(byte[] stamps, int slot) { return Load(stamps, slot * Length); }
        /// <summary>An authenticated packet with content came.</summary>
        public static long DataReceivedMs(byte[] stamps, int slot) { return Load(stamps, slot * Length + 8); }
        /// <summary>Any authenticated transport packet came.</summary>
        public static long AuthenticatedMs(byte[] stamps, int slot) { return Load(stamps, slot * Length + 16); }
        /// <summary>Any transport packet was sent.</summary>
        public static long SentMs(byte[] stamps, int slot) { return Load(stamps, slot * Length + 24); }
        /// <summary>When the current session was installed; 0 = there is none.</summary>
        public static long KeyBornMs(byte[] stamps, int slot) { return Load(stamps, slot * Length + 32); }
        public static long ReceivedBytes(byte[] stamps, int slot) { return Load(stamps, slot * Length + 40); }
        public static long SentBytes(byte[] stamps, int slot) { return Load(stamps, slot * Length + 48); }

        public static int Flags(byte[] stamps, int slot)
        {
            int o = slot * Length + 56;
            return stamps[o] | stamps[o + 1] << 8 | stamps[o + 2] << 16 | stamps[o + 3] << 24;
        }

        public static int Staged(byte[] stamps, int slot) { return stamps[slot * Length + 60] | stamps[slot * Length + 61] << 8; }

        private static long Load(byte[] b, int o)
        {
            uint low = (uint)(b[o] | b[o + 1] << 8 | b[o + 2] << 16 | b[o + 3] << 24);
            uint high = (uint)(b[o + 4] | b[o + 5] << 8 | b[o + 6] << 16 | b[o + 7] << 24);
            return (long)((ulong)high << 32 | low);
        }
    }
}
