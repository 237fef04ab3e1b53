using System;
using System.Text;
using MicroLink.Bytes;
using MicroLink.NetMap;

namespace MicroLink.Store
{
    // The slow fields of one peer as kept across reboots. Online and last seen are never stored, endpoints only of WireGuard-only
    // peers, which nothing else could find again (design section 8). Numbers are
    // little endian.
    //
    //   0  1  format version: 2; 3 = the flags 256 to 2048 may be set
    //   1  2  flags: 1 key, 2 disco key, 4 expired, 8 machine authorized, 16 WireGuard only, 32 jailed, 64 unsigned peer API only,
    //         128 allowed = addresses, 256 and 512 the peer knows us by an IPv4, IPv6 address, 1024 by an invalid one,
    //         2048 endpoints
    //   3  8  node id
    //  11  2  home relay region
    //  13  8  key expiry, Unix ms, 0 = never
    //  21  4  capability version
    //  25  8  user id
    //  33  32 node key, zero without flag 1
    //  65  32 disco key, zero without flag 2
    //  97  1+n stable id      length u8, UTF-8
    //   .  1+n name           length u8, UTF-8
    //   .  2+.. addresses     count u16, then each: length 0 .. 128 and address[16], or 160 + length 0 .. 32 and IPv4 address[4]
    //   .  4, 16 the addresses of flag 256 and 512
    //   .  1+.. endpoints     of flag 2048: count u8, then address[16], port u16 big endian each
    //   .  2+.. allowed       as addresses, only without flag 128
    //   .  1+.. tags          count u8, then length u8, UTF-8 each
    //   .  1+.. capabilities  the same

    /// <summary>
    /// Encodes and decodes the picture above. A stored row is read with the suspicion of something that came from outside.
    /// </summary>
    public static class StoredPeer
    {
        /// <summary>Longest row: 380 IPv4 routes. A longer one loses capabilities, then tags, then routes.</summary>
        public const int BytesMax = 2048;

        /// <summary>Where the keys and the names are in every row.</summary>
        public const int KeyAt = 33, DiscoAt = 65, NamesAt = 97;

        private const int Version = 2, VersionLater = 3, MaxEndpoints = 8;
        private const int KeyLength = 32, PrefixLength = NetEndpoint.PrefixLength, AddressLength = NetEndpoint.AddressLength;
        private const int V4Mark = 160, V4Bits = 96, V4Offset = 12;
        private const int FlagKey = 1, FlagDisco = 2, FlagExpired = 4, FlagAuthorized = 8, FlagWireGuardOnly = 16, FlagJailed = 32,
                          FlagUnsignedPeerApiOnly = 64, FlagSame = 128, FlagMasqueradeV4 = 256, FlagMasqueradeV6 = 512, FlagMasqueradeInvalid = 1024,
                          FlagEndpoints = 2048;

        /// <summary>The fields of a patch that are stored; a patch with none of them is not written.</summary>
        public const int SlowFields = PeerRow.HasKey | PeerRow.HasDiscoKey | PeerRow.HasHomeRelay | PeerRow.HasKeyExpiry
            | PeerRow.HasCapability | PeerRow.HasCapMap;

        /// <summary>
        /// Writes the row at the start of the buffer (at least BytesMax long). Returns the length, or -1 when it cannot be stored (its
        /// addresses and names alone are too long).
        /// </summary>
        public static int Encode(PeerRow row, byte[] into)
        {
            int at = EncodeFixed(row, into);
            at = RowBytes.PutText(row.StableId, into, at);
            at = RowBytes.PutText(row.Name, into, at);
            at = PutPrefixes(row.Addresses, into, at, false);
            at = PutMasquerade(row, into, at);
            if (HasEndpoints(row)) at = PutEndpoints(row.Endpoints, into, at);
            if (at >= 0 && !IsSame(row)) at = PutPrefixes(row.AllowedIps, into, at, true);
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
            if (count < NamesAt || !IsVersion(bytes[offset])) return null;
            int flags = ByteOrder.LoadU16LE(bytes, offset + 1) & (bytes[offset] == Version ? FlagMasqueradeV4 - 1 : 0xffff);
            PeerRow row = new PeerRow();
            row.Fields = PeerRow.All;
            row.Id = (long)ByteOrder.LoadU64LE(bytes, offset + 3);
            row.HomeRelay = ByteOrder.LoadU16LE(bytes, offset + 11);
            row.KeyExpiryMs = (long)ByteOrder.LoadU64LE(bytes, offset + 13);
            row.Capability = (int)ByteOrder.LoadU32LE(bytes, offset + 21);
            row.UserId = (long)ByteOrder.LoadU64LE(bytes, offset + 25);
            row.Expired = (flags & FlagExpired) != 0;
            row.MachineAuthorized = (flags & FlagAuthorized) != 0;
            row.IsWireGuardOnly = (flags & FlagWireGuardOnly) != 0;
            row.IsJailed = (flags & FlagJailed) != 0;
            row.UnsignedPeerApiOnly = (flags & FlagUnsignedPeerApiOnly) != 0;
            row.Online = PeerRow.Unknown;
            RowCursor cursor = new RowCursor(bytes, offset + KeyAt, offset + count);
            byte[] key = cursor.Bytes(KeyLength), disco = cursor.Bytes(KeyLength);
            if ((flags & FlagKey) != 0) row.Key = key;
            if ((flags & FlagDisco) != 0) row.DiscoKey = disco;
            row.StableId = cursor.Text();
            row.Name = cursor.Text();
            row.Addresses = cursor.Prefixes();
            if ((flags & FlagMasqueradeV4) != 0) row.MasqueradeV4 = cursor.V4Address();
            if ((flags & FlagMasqueradeV6) != 0) row.MasqueradeV6 = cursor.Bytes(AddressLength);
            row.MasqueradeInvalid = (flags & FlagMasqueradeInvalid) != 0;
            if ((flags & FlagEndpoints) != 0) row.Endpoints = cursor.Bytes(cursor.U8() * NetEndpoint.Length);
            row.AllowedIps = (flags & FlagSame) != 0 ? row.Addresses : cursor.Prefixes();
            row.Tags = cursor.Texts();
            row.Capabilities = cursor.Texts();
            return cursor.Ok ? row : null;
        }

        /// <summary>Does the row have this address? Without making objects: for look-ups that read several rows.</summary>
        public static bool HasAddress(byte[] row, int offset, int count, byte[] address)
        {
            if (count < NamesAt || !IsVersion(row[offset])) return false;
            RowCursor cursor = new RowCursor(row, offset + NamesAt, offset + count);
            cursor.Skip(cursor.U8());
            cursor.Skip(cursor.U8());
            for (int left = cursor.U16(); left > 0 && cursor.Ok; left--)
                if (cursor.NextIs(address)) return true;
            return false;
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

        private static bool IsSame(PeerRow row)
        {
            byte[] a = row.Addresses, b = row.AllowedIps;
            if (a == b) return true;
            if (a == null || b == null || a.Length != b.Length) return false;
            for (int i = 0; i < a.Length; i++)
                if (a[i] != b[i]) return false;
            return true;
        }

        private static bool IsVersion(int version) { return version == Version || version == VersionLater; }

        private static int LaterFlags(PeerRow row)
        {
            return (row.MasqueradeV4 != null ? FlagMasqueradeV4 : 0) | (row.MasqueradeV6 != null ? FlagMasqueradeV6 : 0)
                | (row.MasqueradeInvalid ? FlagMasqueradeInvalid : 0) | (HasEndpoints(row) ? FlagEndpoints : 0);
        }

        private static bool HasEndpoints(PeerRow row)
        {
            return row.IsWireGuardOnly && row.Endpoints != null && row.Endpoints.Length >= NetEndpoint.Length;
        }

        private static int PutEndpoints(byte[] endpoints, byte[] into, int at)
        {
            int count = endpoints.Length / NetEndpoint.Length;
            if (count > MaxEndpoints) count = MaxEndpoints;
            int length = count * NetEndpoint.Length;
            if (at < 0 || at + 1 + length + 4 > BytesMax) return -1;
            into[at] = (byte)count;
            Array.Copy(endpoints, 0, into, at + 1, length);
            return at + 1 + length;
        }

        private static int PutMasquerade(PeerRow row, byte[] into, int at)
        {
            int length = (row.MasqueradeV4 != null ? 4 : 0) + (row.MasqueradeV6 != null ? AddressLength : 0);
            if (at < 0 || at + length + 4 > BytesMax) return -1;
            if (row.MasqueradeV4 != null) Array.Copy(row.MasqueradeV4, V4Offset, into, at, 4);
            if (row.MasqueradeV6 != null) Array.Copy(row.MasqueradeV6, 0, into, at + length - AddressLength, AddressLength);
            return at + length;
        }

        private static int EncodeFixed(PeerRow row, byte[] into)
        {
            int flags = (row.Key != null ? FlagKey : 0) | (row.DiscoKey != null ? FlagDisco : 0) | (row.Expired ? FlagExpired : 0)
                | (row.MachineAuthorized ? FlagAuthorized : 0) | (row.IsWireGuardOnly ? FlagWireGuardOnly : 0)
                | (row.IsJailed ? FlagJailed : 0)
                | (row.UnsignedPeerApiOnly ? FlagUnsignedPeerApiOnly : 0) | (IsSame(row) ? FlagSame : 0)
                | LaterFlags(row);
            into[0] = (byte)(LaterFlags(row) != 0 ? VersionLater : Version);
            ByteOrder.StoreU16LE(into, 1, flags);
            ByteOrder.StoreU64LE(into, 3, (ulong)row.Id);
            ByteOrder.StoreU16LE(into, 11, row.HomeRelay);
            ByteOrder.StoreU64LE(into, 13, (ulong)row.KeyExpiryMs);
            ByteOrder.StoreU32LE(into, 21, (uint)row.Capability);
            ByteOrder.StoreU64LE(into, 25, (ulong)row.UserId);
            Array.Clear(into, KeyAt, 2 * KeyLength);
            if (row.Key != null) Array.Copy(row.Key, 0, into, KeyAt, KeyLength);
            if (row.DiscoKey != null) Array.Copy(row.DiscoKey, 0, into, DiscoAt, KeyLength);
            return NamesAt;
        }

        /// <param name="cut">Leave the last ones out when there is no room for all, and two bytes for the empty lists behind.</param>
        private static int PutPrefixes(byte[] prefixes, byte[] into, int at, bool cut)
        {
            if (at < 0 || at + 4 > BytesMax) return -1;
            int countAt = at, count = 0;
            at += 2;
            for (int i = 0; prefixes != null && i + PrefixLength <= prefixes.Length; i += PrefixLength)
            {
                int bits = prefixes[i + AddressLength];
                bool v4 = bits >= V4Bits && NetEndpoint.IsV4(prefixes, i);
                int length = v4 ? 5 : PrefixLength;
                if (at + length + 2 > BytesMax)
                {
                    if (cut) break;
                    return -1;
                }
                into[at] = (byte)(v4 ? V4Mark + bits - V4Bits : bits);
                Array.Copy(prefixes, v4 ? i + V4Offset : i, into, at + 1, length - 1);
                at += length;
                count++;
            }
            ByteOrder.StoreU16LE(into, countAt, count);
            return at;
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
