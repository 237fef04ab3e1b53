using System;
using System.Linq;
using MicroLink.Bytes;
using MicroLink.NetMap;
using MicroLink.Store;
using Xunit;

namespace MicroLink.Tests.Unit.Store
{
    public sealed class StoredPeerTests
    {
        private readonly byte[] _buffer = new byte[StoredPeer.BytesMax];

        [Fact]
        public void Slow_fields_survive_and_fast_ones_do_not()
        {
            PeerRow row = Row();
            row.IsWireGuardOnly = true;
            int length = StoredPeer.Encode(row, _buffer);
            PeerRow read = StoredPeer.Decode(_buffer, 0, length);

            Assert.Equal(row.Id, read.Id);
            Assert.Equal(row.StableId, read.StableId);
            Assert.Equal(row.Name, read.Name);
            Assert.Equal(row.Key, read.Key);
            Assert.Equal(row.DiscoKey, read.DiscoKey);
            Assert.Equal(row.Addresses, read.Addresses);
            Assert.Equal(row.AllowedIps, read.AllowedIps);
            Assert.Equal(900, read.HomeRelay);
            Assert.Equal(row.KeyExpiryMs, read.KeyExpiryMs);
            Assert.Equal(row.UserId, read.UserId);
            Assert.Equal(133, read.Capability);
            Assert.Equal(row.Tags, read.Tags);
            Assert.Equal(row.Capabilities, read.Capabilities);
            Assert.True(read.MachineAuthorized && read.IsJailed && read.Expired && read.IsWireGuardOnly && read.UnsignedPeerApiOnly);

            Assert.Equal(PeerRow.Unknown, read.Online);
            Assert.Null(read.Endpoints);
            Assert.Equal(0, read.LastSeenMs);
        }

        [Fact]
        public void Fast_changes_leave_the_bytes_unchanged()
        {
            PeerRow row = Row();
            int length = StoredPeer.Encode(row, _buffer);
            byte[] before = _buffer.AsSpan(0, length).ToArray();
            row.Online = PeerRow.IsOnline;
            row.LastSeenMs = 12345;
            row.Endpoints = new byte[36];
            Assert.Equal(length, StoredPeer.Encode(row, _buffer));
            Assert.True(before.AsSpan().SequenceEqual(_buffer.AsSpan(0, length)));
        }

        [Fact]
        public void The_header_has_the_layout_of_the_byte_picture()
        {
            PeerRow row = new PeerRow { Id = 0x0102030405060708, HomeRelay = 0x0A0B, KeyExpiryMs = 5, Capability = 6,
                MachineAuthorized = true, UserId = 7 };
            int length = StoredPeer.Encode(row, _buffer);
            Assert.Equal("02" + "8800" + "0807060504030201" + "0B0A" + "0500000000000000" + "06000000" + "0700000000000000"
                + new string('0', 128) + "0000" + "0000" + "0000", Convert.ToHexString(_buffer, 0, length));
        }

        [Fact]
        public void A_row_that_would_be_too_long_loses_capabilities_then_tags_then_routes()
        {
            PeerRow row = Row();
            row.Capabilities = Enumerable.Range(0, 60).Select(i => "https://tailscale.com/cap/" + i + new string('x', 40)).ToArray();
            PeerRow read = StoredPeer.Decode(_buffer, 0, StoredPeer.Encode(row, _buffer));
            Assert.Null(read.Capabilities);
            Assert.Equal(row.Tags, read.Tags);

            row.Tags = Enumerable.Range(0, 100).Select(i => "tag:" + new string('y', 30) + i).ToArray();
            read = StoredPeer.Decode(_buffer, 0, StoredPeer.Encode(row, _buffer));
            Assert.Null(read.Tags);
            Assert.Equal(row.Name, read.Name);

            row.AllowedIps = new byte[17 * 256];
            int length = StoredPeer.Encode(row, _buffer);
            Assert.InRange(length, 2000, StoredPeer.BytesMax);
            read = StoredPeer.Decode(_buffer, 0, length);
            Assert.InRange(read.AllowedIps.Length / 17, 100, 120);
            row.Addresses = row.AllowedIps;
            Assert.Equal(-1, StoredPeer.Encode(row, _buffer));
        }

        [Theory]
        [InlineData("100.64.1.1", null, false)]
        [InlineData(null, "fd7a:115c:a1e0::1a", false)]
        [InlineData("100.64.1.1", "fd7a:115c:a1e0::1a", false)]
        [InlineData(null, null, true)]
        public void Addresses_of_ours_that_the_peer_sees_come_back(string v4, string v6, bool invalid)
        {
            PeerRow row = Row();
            row.MasqueradeV4 = Address(v4);
            row.MasqueradeV6 = Address(v6);
            row.MasqueradeInvalid = invalid;
            int length = StoredPeer.Encode(row, _buffer);
            Assert.Equal(3, _buffer[0]);
            PeerRow read = StoredPeer.Decode(_buffer, 0, length);
            Assert.Equal(row.MasqueradeV4, read.MasqueradeV4);
            Assert.Equal(row.MasqueradeV6, read.MasqueradeV6);
            Assert.Equal(invalid, read.MasqueradeInvalid);
            Assert.Equal(row.AllowedIps, read.AllowedIps);
            Assert.Equal(row.Capabilities, read.Capabilities);
            Assert.True(StoredPeer.HasAddress(_buffer, 0, length, row.Addresses[..16]) == (row.Addresses[16] == 128));
            for (int cut = 0; cut < length; cut++) Assert.Null(StoredPeer.Decode(_buffer, 0, cut));
            // Rows of the version before had nothing there.
            _buffer[0] = 2;
            PeerRow older = StoredPeer.Decode(_buffer, 0, length);
            Assert.True(older == null || (older.MasqueradeV4 == null && older.MasqueradeV6 == null && !older.MasqueradeInvalid));
        }

        [Fact]
        public void A_row_that_is_too_long_keeps_what_the_peer_knows_us_by()
        {
            PeerRow row = Row();
            row.MasqueradeV4 = Address("100.64.1.1");
            row.MasqueradeV6 = Address("fd7a:115c:a1e0::1a");
            row.AllowedIps = new byte[17 * 256];
            PeerRow read = StoredPeer.Decode(_buffer, 0, StoredPeer.Encode(row, _buffer));
            Assert.Equal(row.MasqueradeV4, read.MasqueradeV4);
            Assert.Equal(row.MasqueradeV6, read.MasqueradeV6);
            // Addresses that leave no room for them: not stored at all, rather than without them.
            for (int more = 0, refused = 0; more < 256 && refused < 2; more++)
            {
                row.Addresses = row.AllowedIps = new byte[17 * more];
                int length = StoredPeer.Encode(row, _buffer);
                if (length < 0) refused++;
                else Assert.Equal(row.MasqueradeV6, StoredPeer.Decode(_buffer, 0, length).MasqueradeV6);
            }
        }

        private static byte[] Address(string text)
        {
            byte[] address = new byte[16];
            if (text != null) Assert.True(NetEndpoint.ParseAddress(text, address, 0));
            return text == null ? null : address;
        }

        [Theory]
        [InlineData(1, 1)]
        [InlineData(8, 8)]
        [InlineData(64, 8)]
        public void Endpoints_of_a_WireGuard_only_peer_survive(int told, int kept)
        {
            PeerRow row = Row();
            row.IsWireGuardOnly = true;
            row.Endpoints = Enumerable.Range(0, 18 * told).Select(i => (byte)i).ToArray();
            row.MasqueradeV4 = Address("100.64.1.1");
            int length = StoredPeer.Encode(row, _buffer);
            PeerRow read = StoredPeer.Decode(_buffer, 0, length);
            Assert.Equal(row.Endpoints[..(18 * kept)], read.Endpoints);
            Assert.Equal(row.AllowedIps, read.AllowedIps);
            Assert.Equal(row.MasqueradeV4, read.MasqueradeV4);
            for (int cut = 0; cut < length; cut++) Assert.Null(StoredPeer.Decode(_buffer, 0, cut));
            row.AllowedIps = new byte[17 * 256];
            Assert.Equal(read.Endpoints, StoredPeer.Decode(_buffer, 0, StoredPeer.Encode(row, _buffer)).Endpoints);
        }

        [Fact]
        public void No_prefix_of_a_row_is_taken_for_a_row_and_nothing_throws()
        {
            int length = StoredPeer.Encode(Row(), _buffer);
            for (int cut = 0; cut < length; cut++) Assert.Null(StoredPeer.Decode(_buffer, 0, cut));
            const int Seed = 4711;
            Random random = new Random(Seed);
            for (int round = 0; round < 2000; round++)
            {
                byte[] bytes = new byte[random.Next(0, 220)];
                random.NextBytes(bytes);
                if (bytes.Length > 0) bytes[0] = (byte)(2 + round % 2);
                StoredPeer.HasAddress(bytes, 0, bytes.Length, new byte[16]);
                StoredPeer.Decode(bytes, 0, bytes.Length);   // any result, no exception; seed 4711
            }
        }

        [Fact]
        public void Prefixes_of_both_families_and_any_length_come_back()
        {
            PeerRow row = Row();
            row.Addresses = Prefixes("100.64.1.2/32", "fd7a:115c:a1e0::2/128");
            row.AllowedIps = Prefixes("100.64.1.2/32", "fd7a:115c:a1e0::2/128", "0.0.0.0/0", "::/0", "10.1.0.0/16", "2001:db8::/33", "::ffff:0:0/90");
            int length = StoredPeer.Encode(row, _buffer);
            PeerRow read = StoredPeer.Decode(_buffer, 0, length);
            Assert.Equal(row.Addresses, read.Addresses);
            Assert.Equal(row.AllowedIps, read.AllowedIps);
            Assert.True(StoredPeer.HasAddress(_buffer, 0, length, row.Addresses[..16]));
            Assert.True(StoredPeer.HasAddress(_buffer, 0, length, row.Addresses[17..33]));
            Assert.False(StoredPeer.HasAddress(_buffer, 0, length, Prefixes("10.1.0.0/32")[..16]));
        }

        private static byte[] Prefixes(params string[] texts)
        {
            byte[] all = new byte[17 * texts.Length];
            for (int i = 0; i < texts.Length; i++) Assert.True(NetEndpoint.ParsePrefix(texts[i], all, 17 * i));
            return all;
        }

        [Fact]
        public void A_patch_changes_only_what_it_names()
        {
            PeerRow row = Row();
            PeerRow patch = new PeerRow { Id = row.Id, Fields = PeerRow.HasKey | PeerRow.HasHomeRelay, Key = new byte[32], HomeRelay = 7 };
            StoredPeer.Apply(patch, row);
            Assert.Equal(new byte[32], row.Key);
            Assert.Equal(7, row.HomeRelay);
            Assert.NotNull(row.DiscoKey);
            Assert.Equal(133, row.Capability);
        }

        internal static PeerRow Row()
        {
            byte[] key = new byte[32], disco = new byte[32], addresses = new byte[34];
            for (int i = 0; i < 32; i++) { key[i] = (byte)(i + 1); disco[i] = (byte)(200 - i); addresses[i] = (byte)i; }
            return new PeerRow
            {
                Id = 42, Fields = PeerRow.All, StableId = "nStable", Name = "grün.lab.ts.net.", Key = key, DiscoKey = disco,
                Addresses = addresses, AllowedIps = new byte[51], HomeRelay = 900, KeyExpiryMs = 1893456000000, Capability = 133,
                Expired = true, MachineAuthorized = true, IsJailed = true, UnsignedPeerApiOnly = true,
                Tags = new[] { "tag:a", "tag:b" }, Capabilities = new[] { "funnel" },
            };
        }
    }
}
