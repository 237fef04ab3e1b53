namespace MicroLink.WireGuard
{
    /// <summary>Why a handshake message or operation came to nothing. Counted by WgManager, shown as names in status.</summary>
    public static class WireGuardError
    {
        /// <summary>The machine works on another handshake; offer the message again later.</summary>
        public const int Busy = -1;
        public const int Malformed = -2;
        /// <summary>mac1 is not made for our public key.</summary>
        public const int WrongMac = -3;
        /// <summary>A Diffie-Hellman result was all zero.</summary>
        public const int LowOrder = -4;
        /// <summary>An AEAD tag does not match.</summary>
        public const int WrongTag = -5;
        /// <summary>The static key belongs to no peer that we know.</summary>
        public const int UnknownPeer = -6;
        /// <summary>TAI64N not above the greatest seen: a replay, or a peer whose clock went backwards.</summary>
        public const int OldStamp = -7;
        /// <summary>Less than 20 ms after the peer's previous initiation.</summary>
        public const int Flood = -8;
        /// <summary>No handshake of ours waits for this response (duplicates by UDP and relay are normal), or it has another index.</summary>
        public const int NotPending = -9;
        /// <summary>The queue of handshake messages was full; the oldest was dropped.</summary>
        public const int QueueFull = -10;
        /// <summary>No receiver index left in the data plane.</summary>
        public const int NoIndex = -11;
        /// <summary>No Diffie-Hellman answer in time.</summary>
        public const int JobLost = -12;

        public const int Count = 13;

        /// <summary>Name of -code for counters.</summary>
        public static string Name(int code)
        {
            switch (code)
            {
                case Busy: return "wg.busy";
                case Malformed: return "wg.malformed";
                case WrongMac: return "wg.wrong-mac";
                case LowOrder: return "wg.low-order";
                case WrongTag: return "wg.wrong-tag";
                case UnknownPeer: return "wg.unknown-peer";
                case OldStamp: return "wg.old-stamp";
                case Flood: return "wg.flood";
                case NotPending: return "wg.not-pending";
                case QueueFull: return "wg.queue-full";
                case NoIndex: return "wg.no-index";
                case JobLost: return "wg.job-lost";
                default: return "wg.other";
            }
        }
    }
}
