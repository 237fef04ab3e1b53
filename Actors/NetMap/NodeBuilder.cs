using System;
using MicroLink.Bytes;
using MicroLink.Json;

namespace MicroLink.NetMap
{
    /// <summary>
    /// Collects one Node or PeerChange object into a PeerRow (protocol.md 4.6, 4.7). Lists are gathered in scratch space that grows up to
    /// a limit; entries beyond it are dropped and counted, which only ever takes addresses or endpoints away.
    /// </summary>
    internal sealed class NodeBuilder
    {
        private const int FirstEntries = 16, MaxPrefixes = 256, MaxEndpoints = 64, MaxTexts = 128;

        private byte[] _prefixes = new byte[FirstEntries * NetEndpoint.PrefixLength];
        private byte[] _endpoints = new byte[FirstEntries * NetEndpoint.Length];
        private string[] _texts = new string[FirstEntries];
        private int _count;
        private bool _isPatch;
        private int _legacyRelay;
        private string[] _legacyCapabilities;

        public PeerRow Row { get; private set; }
        /// <summary>List entries that did not parse or did not fit.</summary>
        public int Dropped { get; private set; }

        public void Begin(bool isPatch)
        {
            _isPatch = isPatch;
            _legacyRelay = 0;
            _legacyCapabilities = null;
            Row = new PeerRow { Fields = isPatch ? 0 : PeerRow.All };
        }

        /// <summary>A string, number or bool field of the object.</summary>
        public void Value(int key, int token, JsonReader reader)
        {
            switch (token)
            {
                case JsonToken.String: TextValue(key, reader); break;
                case JsonToken.Number: NumberValue(key, reader); break;
                case JsonToken.True:
                case JsonToken.False: BoolValue(key, token == JsonToken.True); break;
            }
        }

        public void BeginList()
        {
            _count = 0;
        }

        /// <summary>One string of a list field; for CapMap, one key of the object.</summary>
        public void ListItem(int key, JsonReader reader)
        {
            bool kept;
            switch (key)
            {
                case MapKeys.Addresses:
                case MapKeys.AllowedIps:
                    kept = Room(ref _prefixes, NetEndpoint.PrefixLength, MaxPrefixes)
                        && NetEndpoint.ParsePrefix(reader.Value, 0, reader.ValueCount, _prefixes, _count * NetEndpoint.PrefixLength);
                    break;
                case MapKeys.Endpoints:
                    kept = Room(ref _endpoints, NetEndpoint.Length, MaxEndpoints)
                        && NetEndpoint.Parse(reader.Value, 0, reader.ValueCount, _endpoints, _count * NetEndpoint.Length);
                    break;
                default:
                    kept = _count < MaxTexts;
                    if (_count == _texts.Length && kept) GrowTexts();
                    if (kept) _texts[_count] = reader.Text;
                    break;
            }
            if (kept) _count++;
            else Dropped++;
        }

        public void EndList(int key)
        {
            switch (key)
            {
                case MapKeys.Addresses: Row.Addresses = Cut(_prefixes, NetEndpoint.PrefixLength); break;
                case MapKeys.AllowedIps: Row.AllowedIps = Cut(_prefixes, NetEndpoint.PrefixLength); break;
                case MapKeys.Endpoints: Row.Endpoints = Cut(_endpoints, NetEndpoint.Length); Has(PeerRow.HasEndpoints); break;
                case MapKeys.Tags: Row.Tags = Texts(); break;
                case MapKeys.Capabilities: _legacyCapabilities = Texts(); break;
                case MapKeys.CapMap: Row.Capabilities = Texts(); Has(PeerRow.HasCapMap); break;
            }
        }

        /// <summary>The object is complete: the normalisations of upgradeNode (protocol.md 4.7).</summary>
        public void Finish()
        {
            if (_isPatch) return;
            // "DERP":"127.3.3.40:N" counts when HomeDERP is 0.
            if (Row.HomeRelay == 0) Row.HomeRelay = _legacyRelay;
            // Plain WireGuard knows neither (protocol.md 4.7).
            if (Row.IsWireGuardOnly)
            {
                Row.DiscoKey = null;
                Row.HomeRelay = 0;
            }
            // AllowedIPs null or absent = Addresses; [] really means none (capver 112). UnsignedPeerAPIOnly forces Addresses.
            if (Row.AllowedIps == null || Row.UnsignedPeerApiOnly) Row.AllowedIps = Row.Addresses;
            if (Row.Addresses == null) Row.Addresses = new byte[0];
            if (Row.AllowedIps == null) Row.AllowedIps = new byte[0];
            if (Row.Endpoints == null) Row.Endpoints = new byte[0];
            if (_legacyCapabilities != null) Row.Capabilities = Union(Row.Capabilities, _legacyCapabilities);
        }

        private void TextValue(int key, JsonReader reader)
        {
            byte[] text = reader.Value;
            int count = reader.ValueCount;
            switch (key)
            {
                case MapKeys.StableId: Row.StableId = reader.Text; break;
                case MapKeys.Name: Row.Name = reader.Text; break;
                case MapKeys.Key:
                    Row.Key = ReadKey(KeyText.NodePublic, text, count);
                    if (Row.Key != null) Has(PeerRow.HasKey);
                    break;
                case MapKeys.DiscoKey:
                    Row.DiscoKey = ReadKey(KeyText.DiscoPublic, text, count);
                    Has(PeerRow.HasDiscoKey);
                    break;
                case MapKeys.KeyExpiry:
                    if (TimeText.Parse(text, 0, count, out long expiry)) Row.KeyExpiryMs = expiry;
                    Has(PeerRow.HasKeyExpiry);
                    break;
                case MapKeys.LastSeen:
                    if (TimeText.Parse(text, 0, count, out long seen)) Row.LastSeenMs = seen;
                    Has(PeerRow.HasLastSeen);
                    break;
                case MapKeys.KeySignature:
                    Row.HasSignature = count > 0;
                    Has(PeerRow.HasKeySignature);
                    break;
                case MapKeys.Derp:
                    _legacyRelay = LegacyRelay(text, count);
                    break;
                case MapKeys.MasqueradeV4: Row.MasqueradeV4 = ReadMasquerade(text, count, true); break;
                case MapKeys.MasqueradeV6: Row.MasqueradeV6 = ReadMasquerade(text, count, false); break;
            }
        }

        private void NumberValue(int key, JsonReader reader)
        {
            if (!reader.IsInteger) return;
            long value = reader.Int64;
            int small = value >= 0 && value <= int.MaxValue ? (int)value : 0;
            switch (key)
            {
                case MapKeys.Id:
                case MapKeys.NodeId: Row.Id = value; break;
                case MapKeys.User: Row.UserId = value; break;
                // magicsock keeps a region in 16 bits (protocol.md 4.8).
                case MapKeys.HomeDerp: Row.HomeRelay = small <= 65535 ? small : 0; break;
                case MapKeys.DerpRegion:
                    if (small == 0 || small > 65535) break;
                    Row.HomeRelay = small;
                    Has(PeerRow.HasHomeRelay);
                    break;
                case MapKeys.Cap:
                    Row.Capability = small;
                    if (small != 0) Has(PeerRow.HasCapability);
                    break;
            }
        }

        private void BoolValue(int key, bool value)
        {
            switch (key)
            {
                case MapKeys.Online:
                    Row.Online = value ? PeerRow.IsOnline : PeerRow.Offline;
                    Has(PeerRow.HasOnline);
                    break;
                case MapKeys.MachineAuthorized: Row.MachineAuthorized = value; break;
                case MapKeys.UnsignedPeerApiOnly: Row.UnsignedPeerApiOnly = value; break;
                case MapKeys.Expired: Row.Expired = value; break;
                case MapKeys.IsWireGuardOnly: Row.IsWireGuardOnly = value; break;
                case MapKeys.IsJailed: Row.IsJailed = value; break;
            }
        }

        private void Has(int field)
        {
            Row.Fields |= field;
        }

        // A malformed or zero key is "no key".
        private static byte[] ReadKey(string prefix, byte[] text, int count)
        {
            byte[] key = new byte[KeyText.Length];
            return KeyText.Parse(prefix, text, 0, count, key, 0) && !KeyText.IsZero(key, 0) ? key : null;
        }

        // An empty text is Go's zero address: none.
        private byte[] ReadMasquerade(byte[] text, int count, bool v4)
        {
            byte[] address = new byte[NetEndpoint.AddressLength];
            if (count == 0) return null;
            if (NetEndpoint.ParseAddress(text, 0, count, address, 0) && NetEndpoint.IsV4(address, 0) == v4 && MayBeHost(address, v4)) return address;
            Row.MasqueradeInvalid = true;
            Dropped++;
            return null;
        }

        // Not 0.0.0.0/8, loopback, multicast and what is above it; not ::, ::1, ff00::/8.
        private static bool MayBeHost(byte[] address, bool v4)
        {
            if (v4) return address[12] != 0 && address[12] != 127 && address[12] < 224;
            int others = 0;
            for (int i = 0; i < 15; i++) others |= address[i];
            return address[0] != 0xff && (others != 0 || address[15] > 1);
        }

        private static int LegacyRelay(byte[] text, int count)
        {
            const string Prefix = "127.3.3.40:";
            if (!AsciiText.StartsWith(text, 0, count, Prefix)) return 0;
            if (!AsciiText.TryParseNumber(text, Prefix.Length, count - Prefix.Length, out long region)) return 0;
            return region <= 65535 ? (int)region : 0;
        }

        // Room for one more entry; false at the limit.
        private bool Room(ref byte[] scratch, int entry, int max)
        {
            if (_count == max) return false;
            if ((_count + 1) * entry <= scratch.Length) return true;
            byte[] larger = new byte[scratch.Length * 2];
            Array.Copy(scratch, 0, larger, 0, scratch.Length);
            scratch = larger;
            return true;
        }

        private void GrowTexts()
        {
            string[] larger = new string[_texts.Length * 2];
            Array.Copy(_texts, larger, _texts.Length);
            _texts = larger;
        }

        private byte[] Cut(byte[] scratch, int entry)
        {
            byte[] list = new byte[_count * entry];
            Array.Copy(scratch, 0, list, 0, list.Length);
            return list;
        }

        private string[] Texts()
        {
            string[] list = new string[_count];
            Array.Copy(_texts, list, _count);
            return list;
        }

        private static string[] Union(string[] first, string[] second)
        {
            if (first == null) return second;
            string[] all = new string[first.Length + second.Length];
            Array.Copy(first, all, first.Length);
            int count = first.Length;
            for (int i = 0; i < second.Length; i++)
            {
                if (Array.IndexOf(first, second[i]) < 0) all[count++] = second[i];
            }
            string[] union = new string[count];
            Array.Copy(all, union, count);
            return union;
        }
    }
}
