namespace MicroLink.WireGuard
{
    // Messages of protocol.md 8.2; all integers little endian, the three bytes after the type are zero.
    //
    //   1 initiation, 148 B           2 response, 92 B              3 cookie reply, 64 B          4 transport, 32 + n B
    //     0  4  type 1, 0 0 0           0  4  type 2, 0 0 0           0  4  type 3, 0 0 0           0  4  type 4, 0 0 0
    //     4  4  sender index            4  4  sender index            4  4  receiver index          4  4  receiver index
    //     8 32  ephemeral               8  4  receiver index          8 24  nonce                   8  8  counter
    //    40 48  static + tag           12 32  ephemeral              32 32  cookie + tag           16  n  ciphertext, 16 tag
    //    88 28  TAI64N + tag           44 16  tag
    //   116 16  mac1                   60 16  mac1
    //   132 16  mac2                   76 16  mac2

    /// <summary>Offsets, lengths and constants of the pictures above; transport packets are handled in native code only.</summary>
    public static class WireGuardWire
    {
        public const int Initiation = 1, Response = 2, CookieReply = 3, Transport = 4;
        public const int InitiationLength = 148, ResponseLength = 92, CookieReplyLength = 64, TransportMinLength = 32;

        public const int SenderIndex = 4;
        public const int InitiationEphemeral = 8, InitiationStatic = 40, InitiationStamp = 88, InitiationMac1 = 116;
        public const int ResponseReceiver = 8, ResponseEphemeral = 12, ResponseEmpty = 44, ResponseMac1 = 60;
        public const int CookieReceiver = 4, CookieNonce = 8, CookieBox = 32;

        public const int KeyLength = 32, HashLength = 32, TagLength = 16, MacLength = 16, StampLength = 12, CookieLength = 16;

        // From the specification (protocol.md 8.1).
        public const string Construction = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
        public const string Identifier = "WireGuard v1 zx2c4 Jason@zx2c4.com";
        public const string LabelMac1 = "mac1----";
        public const string LabelCookie = "cookie--";
        public const int RekeyAfterMs = 120000;
        public const int RejectAfterMs = 180000;
        public const int RekeyTimeoutMs = 5000;
        public const int RekeyJitterMs = 334;
        /// <summary>REKEY_ATTEMPT_TIME / REKEY_TIMEOUT: the retransmit handler gives up when its counter exceeds this; 20 initiations in all.</summary>
        public const int MaxAttempts = 18;
        public const int KeepaliveMs = 10000;
        public const int CookieLifetimeMs = 120000;
        public const int MinInitiationGapMs = 20;
        /// <summary>All keys go this long after the last session was derived.</summary>
        public const int WipeAfterMs = 3 * RejectAfterMs;

        /// <summary>The type when the length fits it exactly (at least 32 for transport), else 0. After it no read of a handshake can fail.</summary>
        public static int Check(byte[] message, int offset, int count)
        {
            if (count < TransportMinLength || offset < 0 || offset > message.Length - count) return 0;
            if ((message[offset + 1] | message[offset + 2] | message[offset + 3]) != 0) return 0;
            switch (message[offset])
            {
                case Initiation: return count == InitiationLength ? Initiation : 0;
                case Response: return count == ResponseLength ? Response : 0;
                case CookieReply: return count == CookieReplyLength ? CookieReply : 0;
                case Transport: return Transport;
                default: return 0;
            }
        }
    }
}
