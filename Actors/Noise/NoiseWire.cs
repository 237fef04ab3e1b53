namespace MicroLink.Noise
{
    /// <summary>
    /// The control protocol's Noise messages (protocol.md 2.3, 2.4). All lengths are big endian.
    /// <code>
    /// initiation, 101 bytes            response, 51 bytes            record, at most 4096 bytes
    ///   0  version u16                   0  type 0x02                  0  type 0x04
    ///   2  type 0x01                     1  length u16 = 48            1  length u16 = ciphertext + tag
    ///   3  length u16 = 96               3  ephemeral public[32]       3  ciphertext || tag[16]
    ///   5  ephemeral public[32]         35  tag[16]
    ///  37  machine public[32] || tag[16]                             error
    ///  85  tag[16]                                                     0  type 0x03, 1  length u16, 3  UTF-8 text
    /// </code>
    /// Only the initiation carries the version, so only its header has five bytes.
    /// </summary>
    public static class NoiseWire
    {
        public const int InitiationLength = 101;
        public const int InitiationHeader = 5;
        public const int ResponseLength = 51;
        public const int HeaderLength = 3;

        public const int TypeInitiation = 1, TypeResponse = 2, TypeError = 3, TypeRecord = 4;

        public const int KeyLength = 32;
        public const int TagLength = 16;

        /// <summary>A whole record with its header; a longer one is a protocol error.</summary>
        public const int MaxRecord = 4096;
        /// <summary>4096 - 3 - 16: what fits into one record. Longer writes are split.</summary>
        public const int MaxPlaintext = MaxRecord - HeaderLength - TagLength;

        public const string ProtocolName = "Noise_IK_25519_ChaChaPoly_BLAKE2s";
        /// <summary>Followed by the version in decimal ASCII, without padding.</summary>
        public const string ProloguePrefix = "Tailscale Control Protocol v";
    }

    /// <summary>Why a Noise connection ended. Every value is final for the connection.</summary>
    public static class NoiseFailure
    {
        public const int None = 0;
        /// <summary>A message type that does not belong here.</summary>
        public const int WrongType = 1;
        /// <summary>A length field that is not the one expected, or above the limit.</summary>
        public const int WrongLength = 2;
        /// <summary>A tag did not verify: wrong key, wrong version in the prologue, or altered bytes.</summary>
        public const int WrongTag = 3;
        /// <summary>A Diffie-Hellman result was all zero.</summary>
        public const int LowOrderPoint = 4;
        /// <summary>The other side sent an error message (type 3); its text is in ErrorText.</summary>
        public const int PeerError = 5;
        /// <summary>The record counter would repeat.</summary>
        public const int CounterExhausted = 6;

        /// <summary>The code as a part of a sentence.</summary>
        public static string Text(int failure)
        {
            switch (failure)
            {
                case WrongType: return "an unexpected message type";
                case WrongLength: return "a message of a wrong length";
                case WrongTag: return "a message that does not decrypt";
                case LowOrderPoint: return "an invalid public key";
                case PeerError: return "an error message";
                case CounterExhausted: return "too many records";
                default: return "no failure";
            }
        }
    }
}
