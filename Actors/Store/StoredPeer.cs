using System;
using System.Text;
using MicroLink.Bytes;
using MicroLink.NetMap;

namespace MicroLink.Store
{
    // The slow fields of one peer as kept across reboots. Online, last seen and endpoints are never stored (design section 8). Numbers are
    // little endian.
    //
    //   0  1  format version, 1
    //   1  2  flags: 1 key, 2 disco key, 4 expired, 8 machine authorized, 16 WireGuard only, 32 jailed, 64 unsigned peer API only
    //   3  8  node id
    //  11  2  home relay region
    //  13  8  key expiry, Unix ms, 0 = never
    //  21  4  capability version
    //  25  32 node key        only with flag 1
    //   .  32 disco key       only with flag 2
    //   .  1+n stable id      length u8, UTF-8
    //   .  1+n name           length u8, UTF-8
    //   .  1+17n addresses    count u8, then address[16] and prefix length each
    //   .  1+17n allowed      the same
    //   .  1+.. tags          count u8, then length u8, UTF-8 each
    //   .  1+.. capabilities  the same

    /// <summary>
    /// Encodes and decodes the picture above. A stored row is read with the suspicion of something that came from outside.
    /// </summary>
    public static class StoredPeer
    {
        /// <summary>Longest row; the peer store's own limit (PeerFlash.Put).</summary>
        public const int BytesMax = 1024;

        private const int Version = 1;
        private const int HeaderLength = 25;
        private const int KeyLength = 32, PrefixLength = 17;
        private const int FlagKey = 1, FlagDisco = 2, FlagExpired = 4, FlagAuthorized = 8, FlagWireGuardOnly = 16, FlagJailed = 32,
                          FlagUnsignedPeerApiOnly = 64;

        /// <summary>The fields of a patch that are stored; a patch with none of them is not written.</summary>
        public const int SlowFields = PeerRow.HasKey | PeerRow.HasDiscoKey | PeerRow.HasHomeRelay | PeerRow.HasKeyExpiry
            | PeerRow.HasCapability | PeerRow.HasCapMap;

        /// <summary>
        /// Writes the row at the start of the buffer (at least BytesMax long). Capabilities, then tags are left out when the row would be
        /// too long. Returns the length, or -1 when it still is (then the peer is not stored; it comes from control at the next start).
        /// </summary>
        public static int Encode(PeerRow row, byte[] into)
        {
            int at = EncodeFixed(row, into);
            at = RowBytes.PutText(row.StableId, into, at);
            at = RowBytes.PutText(row.Name, into, at);
            at = PutPrefixes(row.Addresses, into, at);
            at = PutPrefixes(row.AllowedIps, into, at);
            if (at < 0) return -1;
            int tagsAt = at;
            at = PutTexts(row.Tags, into, tagsAt);
            int capabilitiesAt = at;
            if (at >= 0) at = PutTexts(row.Capabilities, into, capabilitiesAt);
            if (at < 0 && capabilitiesAt >= 0) at = PutTexts(null, into, capabilitiesAt);
            if (at < 0) at = PutTexts(null, into, PutTexts(null, into, tagsAt));
            return at;
        }

        /// <summary>Null when the bytes are not a row of this version.</summary>
        public static PeerRow Decode(byte[] bytes, int offset, int count)
        {
            if (count < HeaderLength || bytes[offset] != Version) return null;
            int end = offset + count;
            int flags = ByteOrder.LoadU16LE(bytes, offset + 1);
            PeerRow row = new PeerRow();
            row.Fields = PeerRow.All;
            row.Id = (long)ByteOrder.LoadU64LE(bytes, offset + 3);
            row.HomeRelay = ByteOrder.LoadU16LE(bytes, offset + 11);
            row.KeyExpiryMs = (long)ByteOrder.LoadU64LE(bytes, offset + 13);
            row.Capability = (int)ByteOrder.LoadU32LE(bytes, offset + 21);
            row.Expired = (flags & FlagExpired) != 0;
            row.MachineAuthorized = (flags & FlagAuthorized) != 0;
            row.IsWireGuardOnly = (flags & FlagWireGuardOnly) != 0;
            row.IsJailed = (flags & FlagJailed) != 0;
            row.UnsignedPeerApiOnly = (flags & FlagUnsignedPeerApiOnly) != 0;
            row.Online = PeerRow.Unknown;
            RowCursor cursor = new RowCursor(bytes, offset + HeaderLength, end);
            if ((flags & FlagKey) != 0) row.Key = cursor.Bytes(KeyLength);
            if ((flags & FlagDisco) != 0) row.DiscoKey = cursor.Bytes(KeyLength);
            row.StableId = cursor.Text();
            row.Name = cursor.Text();
            row.Addresses = cursor.Bytes(cursor.U8() * PrefixLength);
            row.AllowedIps = cursor.Bytes(cursor.U8() * PrefixLength);
            row.Tags = cursor.Texts();
            row.Capabilities = cursor.Texts();
            return cursor.Ok ? row : null;
        }

        /// <summary>Puts the stored fields of a patch into a full row (protocol.md 4.6).</summary>
        public static void Apply(PeerRow patch, PeerRow row)
        {
            if ((patch.Fields & PeerRow.HasKey) != 0) row.Key = patch.Key;
            if ((patch.Fields & PeerRow.HasDiscoKey) != 0) row.DiscoKey = patch.DiscoKey;
            if ((patch.Fields & PeerRow.HasHomeRelay) != 0) row.HomeRelay = patch.HomeRelay;
            if ((patch.Fields & PeerRow.HasKeyExpiry) != 0) row.KeyExpiryMs = patch.KeyExpiryMs;
            if ((patch.Fields & PeerRow.HasCapability) != 0) row.Capability = patch.Capability;
            if ((patch.Fields & PeerRow.HasCapMap) != 0) row.Capabilities = patch.Capabilities;
        }

        private static int EncodeFixed(PeerRow row, byte[] into)
        {
            int flags = (row.Key != null ? FlagKey : 0) | (row.DiscoKey != null ? FlagDisco : 0) | (row.Expired ? FlagExpired : 0)
                | (row.MachineAuthorized ? FlagAuthorized : 0) | (row.IsWireGuardOnly ? FlagWireGuardOnly : 0)
                | (row.IsJailed ? FlagJailed : 0)
                | (row.UnsignedPeerApiOnly ? FlagUnsignedPeerApiOnly : 0);
            into[0] = Version;
            ByteOrder.StoreU16LE(into, 1, flags);
            ByteOrder.StoreU64LE(into, 3, (ulong)row.Id);
            ByteOrder.StoreU16LE(into, 11, row.HomeRelay);
            ByteOrder.StoreU64LE(into, 13, (ulong)row.KeyExpiryMs);
            ByteOrder.StoreU32LE(into, 21, (uint)row.Capability);
            int at = HeaderLength;
            if (row.Key != null)
            {
                Array.Copy(row.Key, 0, into, at, KeyLength);
                at += KeyLength;
            }
            if (row.DiscoKey == null) return at;
            Array.Copy(row.DiscoKey, 0, into, at, KeyLength);
            return at + KeyLength;
        }

        private static int PutPrefixes(byte[] prefixes, byte[] into, int at)
        {
            if (at < 0) return -1;
            int length = prefixes == null ? 0 : prefixes.Length;
            int count = length / PrefixLength;
            if (count > 255 || at + 1 + length > BytesMax) return -1;
            into[at] = (byte)count;
            if (length > 0) Array.Copy(prefixes, 0, into, at + 1, count * PrefixLength);
            return at + 1 + count * PrefixLength;
        }

        private static int PutTexts(string[] texts, byte[] into, int at)
        {
            int count = texts == null ? 0 : texts.Length;
            if (at < 0 || count > 255 || at + 1 > BytesMax) return -1;
            into[at++] = (byte)count;
            for (int i = 0; i < count && at >= 0; i++) at = RowBytes.PutText(texts[i], into, at);
            return at;
        }
    }
}
