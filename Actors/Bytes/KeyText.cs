namespace MicroLink.Bytes
{
    /// <summary>
    /// Keys as the control protocol writes them: a prefix that names the kind, then 64 hexadecimal digits, lower case when written, both
    /// cases when read, exact length, wrong prefix = error (protocol.md section 1). 32 zero bytes mean "unset".
    /// </summary>
    public static class KeyText
    {
        public const int Length = 32;

        public const string NodePublic = "nodekey:";
        public const string MachinePublic = "mkey:";
        public const string DiscoPublic = "discokey:";
        public const string ChallengePublic = "chalpub:";
        public const string Private = "privkey:";

        public static string Format(string prefix, byte[] key, int offset)
        {
            return prefix + Hex.ToText(key, offset, Length);
        }

        public static string Format(string prefix, byte[] key)
        {
            return Format(prefix, key, 0);
        }

        /// <summary>Appends prefix and digits; AsciiText's convention for the position.</summary>
        public static int Append(byte[] into, int at, string prefix, byte[] key, int offset)
        {
            return AsciiText.AppendHex(into, AsciiText.Append(into, at, prefix), key, offset, Length);
        }

        /// <summary>Reads "prefix + 64 digits" into 32 bytes; false when it is anything else.</summary>
        public static bool Parse(string prefix, string text, byte[] into, int offset)
        {
            if (text == null || text.Length != prefix.Length + 2 * Length) return false;
            for (int i = 0; i < prefix.Length; i++)
            {
                if (text[i] != prefix[i]) return false;
            }
            return Hex.Parse(text, prefix.Length, into, offset, Length);
        }

        /// <summary>The same from ASCII bytes, which needs no string.</summary>
        public static bool Parse(string prefix, byte[] text, int textOffset, int count, byte[] into, int offset)
        {
            if (count != prefix.Length + 2 * Length || !AsciiText.StartsWith(text, textOffset, count, prefix)) return false;
            return Hex.Decode(text, textOffset + prefix.Length, 2 * Length, into, offset);
        }

        /// <summary>The key, or null when the text is malformed.</summary>
        public static byte[] Parse(string prefix, string text)
        {
            byte[] key = new byte[Length];
            return Parse(prefix, text, key, 0) ? key : null;
        }

        public static bool IsZero(byte[] key, int offset)
        {
            int any = 0;
            for (int i = 0; i < Length; i++) any |= key[offset + i];
            return any == 0;
        }

        /// <summary>Comparison of public keys, for "is it the same public key" and tie breaks; not for secrets (use Cipher.Equal).</summary>
        public static bool Equal(byte[] a, int aOffset, byte[] b, int bOffset)
        {
            for (int i = 0; i < Length; i++)
            {
                if (a[aOffset + i] != b[bOffset + i]) return false;
            }
            return true;
        }

        /// <summary>Clamping at creation (protocol.md section 1): b[0] &amp;= 0xF8; b[31] = (b[31] &amp; 0x7F) | 0x40.</summary>
        public static void Clamp(byte[] key, int offset)
        {
            key[offset] &= 0xF8;
            key[offset + 31] = (byte)((key[offset + 31] & 0x7F) | 0x40);
        }

        /// <summary>For people: "[" + first 5 base64 characters + "]", as tailscale prints node and machine keys.</summary>
        public static string Short(byte[] key, int offset)
        {
            return "[" + Base64.ToText(key, offset, 6).Substring(0, 5) + "]";
        }

        /// <summary>For people: "d:" + first 8 bytes in hexadecimal, as tailscale prints disco keys.</summary>
        public static string ShortDisco(byte[] key, int offset)
        {
            return "d:" + Hex.ToText(key, offset, 8);
        }
    }
}
