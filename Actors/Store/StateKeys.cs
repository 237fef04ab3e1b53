using MicroLink.Drivers;

namespace MicroLink.Store
{
    /// <summary>Names in the key-value store, and how a new private key is made.</summary>
    public static class StateKeys
    {
        public const string MachinePrivate = "machine.private";
        public const string NodePrivate = "node.private";
        public const string NodePrivateOld = "node.private.old";
        /// <summary>The clock floor, 16 bytes (Actors/Clock/ClockFloor.cs).</summary>
        public const string ClockFloor = "clock.floor";
        /// <summary>URL of the control server of the last run; the stored packet filter is its.</summary>
        public const string ControlUrl = "control.url";
        /// <summary>The server's Noise public key as last seen, 32 bytes.</summary>
        public const string ControlKey = "control.key";

        /// <summary>The packet filter in force, as the data plane takes it (Actors/Filter); none = nobody may connect before control answers.</summary>
        public const string PacketFilter = "packet.filter";

        public const int KeyLength = 32;

        /// <summary>A fresh X25519 private key, clamped (RFC 7748 section 5) as Go's key types store it.</summary>
        public static byte[] NewPrivate(IEntropy entropy)
        {
            byte[] key = new byte[KeyLength];
            entropy.Fill(key, 0, KeyLength);
            key[0] &= 248;
            key[31] = (byte)((key[31] & 127) | 64);
            return key;
        }
    }
}
