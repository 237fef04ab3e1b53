namespace MicroLink.Bytes
{
    /// <summary>
    /// Numbers in wire bytes. BE = big endian (Noise, DERP, STUN, DISCO, HTTP/2), LE = little endian (WireGuard, map frame length).
    /// The caller has checked the length once for the whole message (its wire's Check), so nothing is checked here.
    /// </summary>
    public static class ByteOrder
    {
        public static int LoadU16BE(byte[] bytes, int at)
        {
            return (bytes[at] << 8) | bytes[at + 1];
        }

        public static int LoadU24BE(byte[] bytes, int at)
        {
            return (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
        }

        public static uint LoadU32BE(byte[] bytes, int at)
        {
            return ((uint)bytes[at] << 24) | ((uint)bytes[at + 1] << 16) | ((uint)bytes[at + 2] << 8) | bytes[at + 3];
        }

        public static ulong LoadU64BE(byte[] bytes, int at)
        {
            return ((ulong)LoadU32BE(bytes, at) << 32) | LoadU32BE(bytes, at + 4);
        }

        public static int LoadU16LE(byte[] bytes, int at)
        {
            return bytes[at] | (bytes[at + 1] << 8);
        }

        /// <summary>Signed 16-bit, little endian (the slot of a native event record; -1 = none).</summary>
        public static int LoadI16LE(byte[] bytes, int at)
        {
            return (short)(bytes[at] | (bytes[at + 1] << 8));
        }

        public static uint LoadU32LE(byte[] bytes, int at)
        {
            return bytes[at] | ((uint)bytes[at + 1] << 8) | ((uint)bytes[at + 2] << 16) | ((uint)bytes[at + 3] << 24);
        }

        public static ulong LoadU64LE(byte[] bytes, int at)
        {
            return LoadU32LE(bytes, at) | ((ulong)LoadU32LE(bytes, at + 4) << 32);
        }

        public static void StoreU16BE(byte[] bytes, int at, int value)
        {
            bytes[at] = (byte)(value >> 8);
            bytes[at + 1] = (byte)value;
        }

        public static void StoreU24BE(byte[] bytes, int at, int value)
        {
            bytes[at] = (byte)(value >> 16);
            bytes[at + 1] = (byte)(value >> 8);
            bytes[at + 2] = (byte)value;
        }

        public static void StoreU32BE(byte[] bytes, int at, uint value)
        {
            bytes[at] = (byte)(value >> 24);
            bytes[at + 1] = (byte)(value >> 16);
            bytes[at + 2] = (byte)(value >> 8);
            bytes[at + 3] = (byte)value;
        }

        public static void StoreU64BE(byte[] bytes, int at, ulong value)
        {
            StoreU32BE(bytes, at, (uint)(value >> 32));
            StoreU32BE(bytes, at + 4, (uint)value);
        }

        public static void StoreU16LE(byte[] bytes, int at, int value)
        {
            bytes[at] = (byte)value;
            bytes[at + 1] = (byte)(value >> 8);
        }

        public static void StoreU32LE(byte[] bytes, int at, uint value)
        {
            bytes[at] = (byte)value;
            bytes[at + 1] = (byte)(value >> 8);
            bytes[at + 2] = (byte)(value >> 16);
            bytes[at + 3] = (byte)(value >> 24);
        }

        public static void StoreU64LE(byte[] bytes, int at, ulong value)
        {
            StoreU32LE(bytes, at, (uint)value);
            StoreU32LE(bytes, at + 4, (uint)(value >> 32));
        }
    }
}
