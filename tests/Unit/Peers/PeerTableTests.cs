using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.NetMap;
using MicroLink.Peers;
using MicroLink.Store;
using Xunit;
using Xunit.Abstractions;

namespace MicroLink.Tests.Unit.Peers;

/// <summary>Every peer known in 28 bytes, its row in the store (design sections 5 and 10, docs/adr/0007).</summary>
public sealed class PeerTableTests
{
    private readonly ITestOutputHelper _output;

    public PeerTableTests(ITestOutputHelper output) { _output = output; }

    [Fact]
    public void A_peer_takes_28_bytes_in_the_columns_of_the_index()
    {
        PeerIndex index = new(10000);
        for (int id = 1; id <= 10000; id++) index.Add(id);
        Array[] columns = typeof(PeerIndex).GetFields(BindingFlags.Instance | BindingFlags.NonPublic).Select(f => f.GetValue(index)).OfType<Array>().ToArray();
        Assert.All(columns, column => Assert.True(column.GetType().GetElementType()!.IsPrimitive));
        Assert.Equal(PeerIndex.BytesPerPeer * 10000, columns.Sum(Buffer.ByteLength));
        Assert.Equal(PeerIndex.BytesPerPeer * 10000, index.Bytes);
        Assert.True(PeerIndex.BytesPerPeer <= 28);
        Assert.Equal(-1, index.Add(10001));
    }

    [Fact]
    public void The_table_of_10_000_peers_and_everything_beside_it_stays_below_a_megabyte()
    {
        TestPeers warm = Fill(100, 4096);
        GC.KeepAlive(warm);
        // The flash is memory here, and a file or a chip in a node: it is not counted.
        TestPeers known = new(10000, 2048, 4096);
        for (int id = 1; id <= 10000; id++) known.Note(PeerDelta.Upsert, Row(id));
        long held = Held(known.Table);
        _output.WriteLine($"10 000 peers: index {known.Table.Index.Bytes} B, table with endpoints and buffers {known.Table.Bytes} B, everything held {held} B");
        Assert.Equal(10000, known.Table.Count);
        Assert.Equal(0, known.Table.NotStored);
        Assert.InRange(held, PeerIndex.BytesPerPeer * 10000, 1000000);
        // A look-up leaves nothing behind.
        for (int id = 1; id <= 10000; id += 7) Assert.Equal(id, known.Table.Row(id).Id);
        Assert.Equal(held, Held(known.Table));
    }

    [Fact]
    public void Every_one_of_10_000_peers_is_found_by_key_disco_key_addresses_and_name_and_few_rows_are_read()
    {
        TestPeers known = Fill(10000, 64);
        PeerTable table = known.Table;
        for (int id = 1; id <= 10000; id += 13)
        {
            PeerRow row = Row(id);
            Assert.Equal(id, IdAt(table, table.FindKey(row.Key, 0)));
            Assert.Equal(id, IdAt(table, table.FindDisco(row.DiscoKey, 0, 0)));
            Assert.Equal(id, IdAt(table, table.FindAddress(row.Addresses[..16])));
            Assert.Equal(id, IdAt(table, table.FindAddress(row.Addresses[17..33])));
            Assert.Equal(id, IdAt(table, table.FindName("n" + id, true)));
            Assert.Equal(id, IdAt(table, table.FindName("n" + id + ".tail.ts.net", false)));
        }
        Assert.Equal(-1, table.FindKey(new byte[32], 0));
        Assert.Equal(-1, table.FindName("n10001", true));
        Assert.Equal(-1, table.FindName("n1", false));
        Assert.Equal(-1, table.FindAddress(Address("100.99.0.1")));
    }

    [Fact]
    public void A_row_comes_back_with_what_is_kept_in_RAM()
    {
        TestPeers known = new();
        PeerRow row = Row(5);
        row.Online = PeerRow.IsOnline;
        row.UserId = 77;
        known.Note(PeerDelta.Upsert, row);
        PeerRow read = known.Table.Row(5);
        Assert.Equal(row.Key, read.Key);
        Assert.Equal((row.Name, row.UserId, row.Online), (read.Name, read.UserId, read.Online));
        Assert.Equal(row.Endpoints, read.Endpoints);
        Assert.NotSame(read, known.Table.Row(5));
        known.Note(PeerDelta.Patch, new PeerRow { Id = 5, Fields = PeerRow.HasOnline | PeerRow.HasEndpoints, Online = PeerRow.Offline, Endpoints = new byte[0] });
        Assert.Equal(PeerRow.Offline, known.Table.Row(5).Online);
        Assert.Null(known.Table.Row(5).Endpoints);
    }

    /// <summary>Their endpoints cannot come by a call-me-maybe when the line of RAM is gone, so they are in the row.</summary>
    [Fact]
    public void Endpoints_of_WireGuard_only_peers_are_stored_and_those_of_others_do_not_push_them_out()
    {
        TestPeers known = new(10000, 2048, 4);
        PeerRow row = Row(5);
        row.IsWireGuardOnly = true;
        row.DiscoKey = null;
        known.Note(PeerDelta.Upsert, row);
        for (int id = 6; id < 100; id++) known.Note(PeerDelta.Upsert, Row(id));
        Assert.Equal(row.Endpoints, known.Table.Row(5).Endpoints);
        known.Note(PeerDelta.Patch, new PeerRow { Id = 5, Fields = PeerRow.HasEndpoints, Endpoints = row.Endpoints[18..] });
        Assert.Equal(row.Endpoints[18..], known.Table.Row(5).Endpoints);
        PeerDelta delta = known.Note(PeerDelta.Patch, new PeerRow { Id = 5, Fields = PeerRow.HasDiscoKey | PeerRow.HasHomeRelay, DiscoKey = Row(7).Key, HomeRelay = 3 });
        Assert.False(delta.DiscoIsNew);
        Assert.Equal(0, known.Table.Row(5).HomeRelay);
        known.Note(PeerDelta.Patch, new PeerRow { Id = 5, Fields = PeerRow.HasEndpoints, Endpoints = new byte[0] });
        Assert.Null(known.Table.Row(5).Endpoints);
    }

    [Fact]
    public void Keys_that_changed_while_the_peer_was_not_active_are_found_and_the_old_ones_are_not()
    {
        TestPeers known = Fill(50, 64);
        PeerRow old = Row(9), next = Row(1009);
        PeerDelta delta = known.Note(PeerDelta.Patch, new PeerRow { Id = 9, Fields = PeerRow.HasKey | PeerRow.HasDiscoKey, Key = next.Key, DiscoKey = next.DiscoKey });
        Assert.Equal(old.DiscoKey, delta.OldDisco);
        Assert.True(delta.DiscoIsNew);
        Assert.Equal(-1, known.Table.FindKey(old.Key, 0));
        Assert.Equal(-1, known.Table.FindDisco(old.DiscoKey, 0, 0));
        Assert.Equal(9, IdAt(known.Table, known.Table.FindKey(next.Key, 0)));
        Assert.Equal(9, IdAt(known.Table, known.Table.FindDisco(next.DiscoKey, 0, 0)));
        // The same once more is no change.
        delta = known.Note(PeerDelta.Patch, new PeerRow { Id = 9, Fields = PeerRow.HasDiscoKey, DiscoKey = next.DiscoKey });
        Assert.Equal((null, false), (delta.OldDisco, delta.DiscoIsNew));
        // The peer tells a third one itself, before control.
        Assert.True(known.Table.SetDisco(9, Row(2009).DiscoKey, 0));
        Assert.Equal(next.DiscoKey, known.Table.OldDisco);
        delta = known.Note(PeerDelta.Removed, new PeerRow { Id = 9 });
        Assert.Equal(Row(2009).DiscoKey, delta.OldDisco);
        Assert.Null(known.Table.Row(9));
        Assert.Equal(-1, known.Table.FindKey(next.Key, 0));
        Assert.Equal(49, known.Table.Count);
        Assert.Equal(49, known.Table.Index.Rows);
    }

    [Fact]
    public void Nodes_that_share_a_disco_key_are_found_one_after_the_other()
    {
        TestPeers known = Fill(20, 64);
        byte[] shared = Row(3).DiscoKey;
        foreach (int id in new[] { 8, 15 }) known.Note(PeerDelta.Patch, new PeerRow { Id = id, Fields = PeerRow.HasDiscoKey, DiscoKey = shared });
        List<long> found = new();
        for (int at = known.Table.FindDisco(shared, 0, 0); at >= 0; at = known.Table.FindDisco(shared, 0, at + 1)) found.Add(known.Table.Index.Id(at));
        Assert.Equal(new long[] { 3, 8, 15 }, found);
    }

    [Fact]
    public void A_second_address_of_a_family_is_found_too()
    {
        TestPeers known = Fill(20, 64);
        PeerRow row = Row(30);
        row.Addresses = row.AllowedIps = Prefixes("100.64.9.1/32", "100.64.9.2/32");
        known.Note(PeerDelta.Upsert, row);
        Assert.Equal(30, IdAt(known.Table, known.Table.FindAddress(Address("100.64.9.2"))));
    }

    [Fact]
    public void An_expired_key_shows_in_the_row_without_being_stored()
    {
        TestPeers known = Fill(3, 64);
        int writes = known.Table.Rows.Writes;
        known.Table.Index.SetMark(known.Table.Index.Find(2), PeerIndex.ToldExpired);
        Assert.True(known.Table.Row(2).Expired);
        Assert.Equal(writes, known.Table.Rows.Writes);
    }

    [Fact]
    public void Endpoints_of_more_peers_than_lines_are_forgotten_and_never_mixed_up()
    {
        EndpointCache cache = new(64);
        for (int id = 1; id <= 1000; id++) cache.Set(id, Row(id).Endpoints);
        int kept = 0;
        for (int id = 1; id <= 1000; id++)
        {
            byte[] read = cache.Get(id);
            if (read == null) continue;
            kept++;
            Assert.Equal(Row(id).Endpoints, read);
        }
        Assert.InRange(kept, 32, 64);
        cache.Set(5, null);
        Assert.Null(cache.Get(5));
        byte[] many = new byte[18 * 40];
        for (int i = 0; i < 40; i++) NetEndpoint.WriteV4(many, 18 * i, 10, 0, 0, i, 4000 + i);
        cache.Set(7, many);
        Assert.Equal(many[..(18 * 9)], cache.Get(7));
    }

    internal static PeerRow Row(int id)
    {
        byte[] key = new byte[32], disco = new byte[32];
        Random random = new(id);
        random.NextBytes(key);
        random.NextBytes(disco);
        string v4 = "100." + (64 + id / 65000) + "." + id / 250 % 256 + "." + (1 + id % 250);
        byte[] addresses = Prefixes(v4 + "/32", "fd7a:115c:a1e0::" + (id / 65536).ToString("x") + ":" + (id % 65536).ToString("x") + "/128");
        byte[] endpoints = new byte[36];
        NetEndpoint.WriteV4(endpoints, 0, 192, 0, id / 250 % 256, id % 250, 41641);
        NetEndpoint.WriteV4(endpoints, 18, 10, 0, id / 250 % 256, id % 250, 41641);
        return new PeerRow
        {
            Id = id, Fields = PeerRow.All, StableId = "n" + id + "CNTRL", Name = "n" + id + ".tail.ts.net.", Key = key, DiscoKey = disco,
            Addresses = addresses, AllowedIps = addresses, Endpoints = endpoints, HomeRelay = 1 + id % 20, MachineAuthorized = true, Capability = 113,
        };
    }

    private static TestPeers Fill(int peers, int endpointLines)
    {
        TestPeers known = new(10000, 2048, endpointLines);
        for (int id = 1; id <= peers; id++) known.Note(PeerDelta.Upsert, Row(id));
        return known;
    }

    private static long IdAt(PeerTable table, int position) => position < 0 ? -1 : table.Index.Id(position);

    private static byte[] Address(string text)
    {
        byte[] address = new byte[16];
        Assert.True(NetEndpoint.ParseAddress(text, address, 0));
        return address;
    }

    private static byte[] Prefixes(params string[] texts)
    {
        byte[] all = new byte[17 * texts.Length];
        for (int i = 0; i < texts.Length; i++) Assert.True(NetEndpoint.ParsePrefix(texts[i], all, 17 * i));
        return all;
    }

    /// <summary>Bytes of all arrays and strings that the table holds on to; the flash is the platform's.</summary>
    private static long Held(object root)
    {
        HashSet<object> seen = new(ReferenceEqualityComparer.Instance);
        Stack<object> open = new();
        open.Push(root);
        long bytes = 0;
        while (open.Count > 0)
        {
            object next = open.Pop();
            if (next is null or IFlashBytes or Type || !seen.Add(next)) continue;
            if (next is string text) bytes += 2 * text.Length;
            else if (next is Array array && array.GetType().GetElementType()!.IsPrimitive) bytes += Buffer.ByteLength(array);
            else if (next is Array objects)
            {
                bytes += IntPtr.Size * objects.Length;
                foreach (object item in objects) open.Push(item);
            }
            else
            {
                bytes += 64;
                for (Type type = next.GetType(); type != null && type != typeof(object); type = type.BaseType)
                    foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                        if (!field.FieldType.IsPrimitive) open.Push(field.GetValue(next));
            }
        }
        return bytes;
    }
}
