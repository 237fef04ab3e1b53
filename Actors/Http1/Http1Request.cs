namespace MicroLink.Http1
{
    /// <summary>Writes the few HTTP/1.1 requests of a node. All texts are ASCII and must not come from the network unchecked.</summary>
    public static class Http1Request
    {
        /// <summary>
        /// "GET path HTTP/1.1", Host, Connection: close and the extra header lines (each ended by CR LF, or ""). Returns the length,
        /// or -1 when it does not fit. <paramref name="host"/> carries the port unless it is the scheme's own.
        /// </summary>
        public static int Write(byte[] into, int offset, string method, string path, string host, string extraLines)
        {
            string text = method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: microlink\r\nConnection: close\r\n"
                + extraLines + "\r\n";
            return Put(into, offset, text);
        }

        /// <summary>A request that asks for another protocol on the same connection (protocol.md 2.1, 5.1).</summary>
        public static int WriteUpgrade(byte[] into, int offset, string method, string path, string host, string protocol, string extraLines)
        {
            string text = method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\nUpgrade: " + protocol
                + "\r\nConnection: upgrade\r\n" + extraLines + "\r\n";
            return Put(into, offset, text);
        }

        private static int Put(byte[] into, int offset, string text)
        {
            if (text.Length > into.Length - offset) return -1;
            for (int i = 0; i < text.Length; i++) into[offset + i] = (byte)text[i];
            return text.Length;
        }
    }
}
