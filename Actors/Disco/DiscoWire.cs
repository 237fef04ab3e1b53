using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Native;

namespace MicroLink.Disco
{
    /// <summary>
    /// The envelope of every DISCO packet (protocol.md 6.1): a NaCl box between two disco keys, the same over UDP and over a relay.
    /// <code>
    ///  0        6                 38          62        78
    ///  | magic  | sender key [32] | nonce[24] | tag[16] | text ...                TextOffset = 78
    ///    "TS💬"                                          | type | version 0 | fields
    ///
    ///  Ping        01 00 | TxID[12] | NodeKey[32]                    46 bytes of text, a 124-byte packet
    ///  Pong        02 00 | TxID[12] | Src address[16] | Src port     32 bytes of text, a 110-byte packet
    ///  CallMeMaybe 03 00 | n x (address[16] | port)                  2 + 18 n bytes of text; only ever over a relay
    /// </code>
    /// A packet is made in two steps in one buffer: a Write... puts the text at TextOffset, then <see cref="Seal"/> wraps it. It is read
    /// in two steps as well: <see cref="Open"/> leaves the text at TextOffset, then <see cref="DiscoMessage.Read"/> looks at it.
    /// </summary>
    public static class DiscoWire
    {
        public const int KeyLength = 32;
        public const int TxIdLength = 12;
        public const int EndpointLength = 18;

        public const int MagicLength = 6;
        public const int SenderOffset = 6;
        public const int NonceOffset = 38;
        public const int BoxOffset = 62;
        public const int TextOffset = BoxOffset + 16;

        public const int Ping = 1, Pong = 2, CallMeMaybe = 3;
        public const int PingTextLength = 46, PongTextLength = 32;

        /// <summary>Our limit, sent and read: a node has a handful of addresses, and 24 keep the packet below 512 bytes.</summary>
        public const int MaxEndpoints = 24;
        /// <summary>Room that any packet we make fits into: 78 + 2 + 24 * 18 = 512.</summary>
        public const int MaxPacketLength = TextOffset + 2 + MaxEndpoints * EndpointLength;

        /// <summary>
        /// The largest datagram of the tunnel: 1280 bytes of its MTU and 32 of WireGuard (protocol.md 8.7). With IPv6 and UDP 1360 on the wire.
        /// </summary>
        public const int FullPacketLength = 1280 + 32;

        private const int NonceLength = 24;
        private static readonly byte[] Magic = { 0x54, 0x53, 0xF0, 0x9F, 0x92, 0xAC };

        /// <summary>Long enough for an envelope with an empty text, and the magic in place.</summary>
        public static bool IsDisco(byte[] packet, int offset, int count)
        {
            if (count < TextOffset) return false;
            for (int i = 0; i < MagicLength; i++)
            {
                if (packet[offset + i] != Magic[i]) return false;
            }
            return true;
        }

        /// <summary>Ping: "are you there, by this path?" Returns the text length.</summary>
        public static int WritePing(byte[] packet, byte[] txId, int txIdOffset, byte[] nodeKey)
        {
            int at = WriteHead(packet, Ping);
            System.Array.Copy(txId, txIdOffset, packet, at, TxIdLength);
            System.Array.Copy(nodeKey, 0, packet, at + TxIdLength, KeyLength);
            return PingTextLength;
        }

        /// <summary>
        /// Zeros after a ping, "an MTU probe" (protocol.md 6.2), so that the packet has <see cref="FullPacketLength"/>. Returns the text length.
        /// </summary>
        public static int Pad(byte[] packet, int textLength)
        {
            System.Array.Clear(packet, TextOffset + textLength, FullPacketLength - TextOffset - textLength);
            return FullPacketLength - TextOffset;
        }

        /// <summary>Pong: "yes, and I saw you at this address". <paramref name="source"/> is where the ping came from. Returns the text length.</summary>
        public static int WritePong(byte[] packet, byte[] txId, int txIdOffset, byte[] source, int sourceOffset)
        {
            int at = WriteHead(packet, Pong);
            System.Array.Copy(txId, txIdOffset, packet, at, TxIdLength);
            System.Array.Copy(source, sourceOffset, packet, at + TxIdLength, EndpointLength);
            return PongTextLength;
        }

        /// <summary>
        /// CallMeMaybe: "I have just pinged you, so my NAT is open; ping me at one of these". At most <see cref="MaxEndpoints"/> are
        /// written, the first ones, since endpoints are sorted by worth (protocol.md 6.8). Returns the text length.
        /// </summary>
        public static int WriteCallMeMaybe(byte[] packet, byte[] endpoints, int endpointCount)
        {
            if (endpointCount > MaxEndpoints) endpointCount = MaxEndpoints;
            int at = WriteHead(packet, CallMeMaybe);
            System.Array.Copy(endpoints, 0, packet, at, endpointCount * EndpointLength);
            return 2 + endpointCount * EndpointLength;
        }

        /// <summary>Wraps the text in place: envelope before it, encrypted where it stands. Returns the packet length; the packet starts at 0.</summary>
        public static int Seal(byte[] packet, int textLength, byte[] senderPublic, byte[] shared, int sharedOffset, IEntropy entropy)
        {
            System.Array.Copy(Magic, 0, packet, 0, MagicLength);
            System.Array.Copy(senderPublic, 0, packet, SenderOffset, KeyLength);
            entropy.Fill(packet, NonceOffset, NonceLength);
            Cipher.BoxSeal(shared, sharedOffset, packet, NonceOffset, packet, BoxOffset, textLength);
            return TextOffset + textLength;
        }

        /// <summary>
        /// Opens a packet in place; the caller has looked up the shared key by the sender key at offset + SenderOffset. Returns the text
        /// length (the text stands at offset + TextOffset), or -1 when this is no DISCO packet of that sender.
        /// </summary>
        public static int Open(byte[] packet, int offset, int count, byte[] shared, int sharedOffset)
        {
            if (!IsDisco(packet, offset, count)) return -1;
            return Cipher.BoxOpen(shared, sharedOffset, packet, offset + NonceOffset, packet, offset + BoxOffset, count - BoxOffset);
        }

        /// <summary>The address a pong names when the ping came by relay: 127.3.3.40 with the region as the port (protocol.md 6.2).</summary>
        public static void WriteRelaySource(byte[] endpoint, int offset, int region)
        {
            NetEndpoint.WriteV4(endpoint, offset, 127, 3, 3, 40, region);
        }

        private static int WriteHead(byte[] packet, int type)
        {
            packet[TextOffset] = (byte)type;
            packet[TextOffset + 1] = 0;
            return TextOffset + 2;
        }
    }
}
