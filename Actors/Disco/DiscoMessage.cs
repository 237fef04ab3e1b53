namespace MicroLink.Disco
{
    /// <summary>
    /// A view on the text of an opened DISCO packet: one reusable object, offsets into the packet's own buffer, nothing copied. After
    /// <see cref="Read"/> has returned true no access through these offsets can leave the text.
    /// </summary>
    public sealed class DiscoMessage
    {
        /// <summary>One of DiscoWire.Ping, Pong, CallMeMaybe.</summary>
        public int Type;
        public byte[] Buffer;
        /// <summary>TxID[12] of a ping or pong.</summary>
        public int TxIdAt;
        /// <summary>NodeKey[32] of a ping; -1 = absent (before version 1.16).</summary>
        public int NodeKeyAt;
        /// <summary>Src of a pong, or the first endpoint of a call-me-maybe; 18 bytes each.</summary>
        public int EndpointsAt;
        /// <summary>Endpoints of a call-me-maybe, at most DiscoWire.MaxEndpoints.</summary>
        public int EndpointCount;

        /// <summary>
        /// Understands a text. False for short texts and for types we do not take part in (4 to 9, peer relays) or do not know: such
        /// messages need no answer (protocol.md 6.2), so the caller just forgets them. Trailing bytes are ignored.
        /// </summary>
        public bool Read(byte[] buffer, int at, int count)
        {
            if (count < 2) return false;
            Buffer = buffer;
            Type = buffer[at];
            TxIdAt = at + 2;
            NodeKeyAt = -1;
            EndpointCount = 0;
            int version = buffer[at + 1];
            int fields = count - 2;
            switch (Type)
            {
                case DiscoWire.Ping:
                    if (fields < DiscoWire.TxIdLength) return false;
                    // "If >= 32 bytes follow TxID they are the NodeKey" (6.2); what follows the key is padding of an MTU probe.
                    if (fields >= DiscoWire.TxIdLength + DiscoWire.KeyLength) NodeKeyAt = at + 2 + DiscoWire.TxIdLength;
                    return true;
                case DiscoWire.Pong:
                    EndpointsAt = at + 2 + DiscoWire.TxIdLength;
                    EndpointCount = 1;
                    return fields >= DiscoWire.TxIdLength + DiscoWire.EndpointLength;
                case DiscoWire.CallMeMaybe:
                    // "If ver != 0, length 0 or not a multiple of 18: no endpoints (still a valid message)" (6.2).
                    EndpointsAt = at + 2;
                    if (version == 0 && fields % DiscoWire.EndpointLength == 0) EndpointCount = fields / DiscoWire.EndpointLength;
                    if (EndpointCount > DiscoWire.MaxEndpoints) EndpointCount = DiscoWire.MaxEndpoints;
                    return true;
                default:
                    return false;
            }
        }
    }
}
