namespace MicroLink.Http2
{
    /// <summary>
    /// Writes request fields as literals without indexing, new name, no Huffman (RFC 7541 6.2.2): 0x00, name length, name, value length,
    /// value. Every decoder takes it and it needs no state. Returns the new offset, or -1 when it does not fit (-1 in gives -1 out).
    /// </summary>
    public static class HpackEncoder
    {
        public static int Write(byte[] into, int offset, string name, string value)
        {
            if (offset < 0) return -1;
            if (offset == into.Length) return -1;
            into[offset++] = 0;
            return WriteString(into, WriteString(into, offset, name), value);
        }

        private static int WriteString(byte[] into, int offset, string text)
        {
            if (offset < 0 || into.Length - offset < text.Length + 4) return -1;
            if (text.Length < 127) into[offset++] = (byte)text.Length;
            else
            {
                into[offset++] = 127;
                int rest = text.Length - 127;
                while (rest >= 128)
                {
                    into[offset++] = (byte)(rest | 128);
                    rest >>= 7;
                }
                into[offset++] = (byte)rest;
            }
            for (int i = 0; i < text.Length; i++) into[offset + i] = (byte)text[i];
            return offset + text.Length;
        }
    }
}
