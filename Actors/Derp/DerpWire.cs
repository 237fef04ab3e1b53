using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Native;

namespace MicroLink.Derp
{
    /// <summary>
    /// DERP frames (protocol.md 5.2) and the two boxes of its hello (5.3). The packet frames of a running connection never come here:
    /// the native framer makes and takes them. Both directions of the hello are here because the lab's server uses them too.
    /// <code>
    ///  0      1            5
    ///  | type | length u32 | payload ...                  length = payload only, big endian
    ///
    ///  ServerKey   01  magic[8] "DERP🔑" | server key[32] | more, ignored
    ///  ClientInfo  02  client key[32] | nonce[24] | tag[16] | JSON {"version":2,"CanAckPings":true}
    ///  ServerInfo  03  nonce[24] | tag[16] | JSON {"version":2}
    ///  SendPacket  04  to[32] | packet          RecvPacket 05  from[32] | packet
    ///  KeepAlive   06  -                        NotePreferred 07  01 or 00
    ///  PeerGone    08  peer[32] | reason        Ping 12, Pong 13  8 bytes
    ///  Health      14  text, "" = healthy       Restarting 15  reconnectInMs u32 | tryForMs u32
    /// </code>
    /// </summary>
    public static class DerpWire
    {
        public const int HeaderLength = 5;
        public const int KeyLength = 32;

        public const int ServerKey = 0x01, ClientInfo = 0x02, ServerInfo = 0x03, SendPacket = 0x04, RecvPacket = 0x05, KeepAlive = 0x06,
                         NotePreferred = 0x07, PeerGone = 0x08, PeerPresent = 0x09, ForwardPacket = 0x0A, WatchConns = 0x10,
                         ClosePeer = 0x11, Ping = 0x12, Pong = 0x13, Health = 0x14, Restarting = 0x15;

        /// <summary>Reasons of PeerGone; a frame without the byte means Disconnected.</summary>
        public const int GoneDisconnected = 0x00, GoneNotHere = 0x01;

        public const int PingLength = 8;
        /// <summary>Where the JSON of an opened info box stands.</summary>
        public const int InfoOffset = 40;
        public const int MaxPacket = 65536;
        public const int ServerKeyLength = 40;

        private const int NonceLength = 24, TagLength = 16;
        private const string ClientJson = "{\"version\":2,\"CanAckPings\":true}";
        private const string ServerJson = "{\"version\":2}";
        /// <summary>Payload of our ClientInfo: 32 + 24 + 16 + 32 = 104 bytes.</summary>
        public const int ClientInfoLength = KeyLength + NonceLength + TagLength + 32;
        /// <summary>Payload of the lab's ServerInfo: 24 + 16 + 13 = 53 bytes.</summary>
        public const int ServerInfoLength = NonceLength + TagLength + 13;

        private static readonly byte[] Magic = { 0x44, 0x45, 0x52, 0x50, 0xF0, 0x9F, 0x94, 0x91 };

        public static int WriteHeader(byte[] into, int offset, int type, int payloadLength)
        {
            into[offset] = (byte)type;
            ByteOrder.StoreU32BE(into, offset + 1, (uint)payloadLength);
            return HeaderLength;
        }

        /// <summary>Where the server's key stands in a ServerKey payload, or -1 when it is not one.</summary>
        public static int ReadServerKey(byte[] payload, int offset, int count)
        {
            if (count < ServerKeyLength) return -1;
            for (int i = 0; i < Magic.Length; i++)
            {
                if (payload[offset + i] != Magic[i]) return -1;
            }
            return offset + Magic.Length;
        }

        /// <summary>Server side: payload of ServerKey, 40 bytes.</summary>
        public static int WriteServerKey(byte[] into, int offset, byte[] serverPublic)
        {
            System.Array.Copy(Magic, 0, into, offset, Magic.Length);
            System.Array.Copy(serverPublic, 0, into, offset + Magic.Length, KeyLength);
            return ServerKeyLength;
        }

        /// <summary>Payload of ClientInfo, <see cref="ClientInfoLength"/> bytes, boxed with the key shared with the server.</summary>
        public static int WriteClientInfo(byte[] into, int offset, byte[] nodePublic, byte[] shared, IEntropy entropy)
        {
            System.Array.Copy(nodePublic, 0, into, offset, KeyLength);
            return KeyLength + WriteBox(into, offset + KeyLength, ClientJson, shared, entropy);
        }

        /// <summary>Server side: payload of ServerInfo, <see cref="ServerInfoLength"/> bytes.</summary>
        public static int WriteServerInfo(byte[] into, int offset, byte[] shared, IEntropy entropy)
        {
            return WriteBox(into, offset, ServerJson, shared, entropy);
        }

        /// <summary>
        /// Opens nonce || tag || JSON in place (a ServerInfo payload, or a ClientInfo payload behind its key). Returns the length of the
        /// JSON, which then stands at offset + 40, or -1.
        /// </summary>
        public static int OpenInfo(byte[] box, int offset, int count, byte[] shared)
        {
            if (count < NonceLength + TagLength) return -1;
            return Cipher.BoxOpen(shared, 0, box, offset, box, offset + NonceLength, count - NonceLength);
        }

        private static int WriteBox(byte[] into, int offset, string json, byte[] shared, IEntropy entropy)
        {
            entropy.Fill(into, offset, NonceLength);
            int at = offset + NonceLength;
            AsciiText.Append(into, at + TagLength, json);
            return NonceLength + Cipher.BoxSeal(shared, 0, into, offset, into, at, json.Length);
        }
    }
}
