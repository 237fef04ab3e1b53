using System.Collections.Generic;
using System.Linq;
using MicroLink.Control;
using MicroLink.NetMap;
using MicroLink.Runtime;
using MicroLink.Store;
using MicroLink.TestKit;
using Xunit;
using static MicroLink.Tests.Unit.Control.ControlMaps;

namespace MicroLink.Tests.Unit.Control;

/// <summary>Starting from what was kept, and giving rows to the store on credit (design section 8).</summary>
public class StoredPeersTests
{
    [Fact]
    public void What_was_kept_is_told_before_control_answers_relays_first()
    {
        ControlBench bench = Offline();
        Answer(bench, new StoredRow(StoredIds.OfRegion(9), null, new DerpRegion { Id = 9, Code = "nine" }, false));
        Answer(bench, new StoredRow(StoredIds.OfRegion(2), null, new DerpRegion { Id = 2, Code = "two" }, false));
        Assert.Equal(0, bench.Relays.Count);
        StoredRowQuery again = Answer(bench, new StoredRow(StoredIds.Self, Row(7), null, false));
        Assert.Equal(StoredIds.Self - 1, again.AfterId);
        Assert.Equal(2, ((DerpMapChanged)bench.Relays.Expect(typeof(DerpMapChanged))).Map.Regions.Length);
        Answer(bench, new StoredRow(StoredIds.Self, Row(7), null, false));
        Answer(bench, new StoredRow(3, Row(3), null, false));
        Answer(bench, new StoredRow(4, null, null, false));
        Answer(bench, new StoredRow(5, Row(5), null, false));
        bench.Store.Reply(new StoredRow(0, null, null, true));
        bench.Run();
        Assert.Equal(new long[] { 3, 5 }, bench.Deltas().Select(d => d.Row.Id));
        Assert.Contains(ControlBench.All<Message>(bench.Node), m => m is SelfChanged s && s.Self.Id == 7);
        // None of it goes back to the store.
        Assert.Equal(0, bench.Store.Count);

        // Control speaks: who is not in its list goes, the others are as it says.
        bench.DialError = null;
        bench.Advance(60000);
        bench.Control.Last.Push(Full(5, 6));
        bench.Run();
        Assert.Equal(new[] { "+5", "+6", "-3" }, bench.Deltas().Select(Text));
        Assert.Equal(new[] { "+5", "+6", "-3" }, ControlBench.All<PeerDelta>(bench.Store).Select(Text));
    }

    [Fact]
    public void A_row_from_the_store_never_replaces_what_control_has_said()
    {
        ControlBench bench = new() { };
        bench.Store = bench.System.NewProbe("store");
        bench.Start();
        bench.Store.Expect(typeof(StoredRowQuery));
        bench.Control.Last.Push(Full(3));
        bench.Run();
        bench.Deltas();
        bench.Store.Reply(new StoredRow(3, Row(3), null, false));
        bench.Store.Reply(new StoredRow(9, Row(9), null, false));
        bench.Run();
        Assert.Empty(bench.Deltas());
    }

    [Fact]
    public void Without_credit_nothing_more_is_read_and_the_window_stays_shut()
    {
        ControlBench bench = new();
        bench.Store = bench.System.NewProbe("store");
        bench.Start();
        bench.Store.Clear();
        bench.Control.Last.Push(Full(Enumerable.Range(100, 1000).ToArray()));
        bench.Run();
        // The seventeenth has been told to the others and waits for the store.
        Assert.Equal(StoreCredit.Window, ControlBench.All<PeerDelta>(bench.Store).Count);
        Assert.Equal(StoreCredit.Window + 1, bench.Deltas().Count);
        int waiting = bench.Control.Last.WaitingFrames;
        Assert.True(waiting > 10);
        bench.Advance(30000);
        Assert.Equal(waiting, bench.Control.Last.WaitingFrames);
        bench.Actor.Tell(new StoreCredit(5));
        bench.Run();
        Assert.Equal(5, ControlBench.All<PeerDelta>(bench.Store).Count);
        // A server that is held back by us is not a dead one, however long it takes.
        bench.Advance(600000);
        Assert.Single(bench.Control.Polls);
        int total = StoreCredit.Window + 5;
        while (total < 1000)
        {
            bench.Actor.Tell(new StoreCredit(1000));
            bench.Run();
            int rows = ControlBench.All<PeerDelta>(bench.Store).Count;
            Assert.InRange(rows, 1, StoreCredit.Window);
            total += rows;
        }
        Assert.Equal(ControlState.Connected, bench.State().State);
        Assert.Equal(8, bench.Pool.Free);
    }

    [Fact]
    public void A_new_stream_begins_with_nothing_even_without_a_list()
    {
        ControlBench bench = Connected();
        bench.Break();
        bench.Advance(2000);
        bench.Control.Last.Push("{" + Self + ",\"PeersChanged\":[" + Peer(4) + "," + Peer(8) + "]}");
        bench.Run();
        Assert.Equal(new[] { "+4", "+8", "-3" }, bench.Deltas().Select(Text));
        bench.Control.Last.Push("{\"PeersChanged\":[" + Peer(9) + "]}");
        bench.Run();
        Assert.Equal(new[] { "+9" }, bench.Deltas().Select(Text));
        bench.Break();
        bench.Advance(2000);
        bench.Control.Last.Push("{" + Self + "}");
        bench.Run();
        Assert.Equal(new[] { "-4", "-8", "-9" }, bench.Deltas().Select(Text));
    }

    private static ControlBench Offline()
    {
        ControlBench bench = new() { DialError = "There is no network." };
        bench.Store = bench.System.NewProbe("store");
        bench.Start();
        bench.Store.Expect(typeof(StoredRowQuery));
        return bench;
    }

    private static StoredRowQuery Answer(ControlBench bench, StoredRow row)
    {
        bench.Store.Reply(row);
        bench.Run();
        return (StoredRowQuery)bench.Store.Expect(typeof(StoredRowQuery));
    }

    private static PeerRow Row(long id) => new() { Id = id, Fields = PeerRow.All, Name = "n" + id, Key = new byte[32], Addresses = new byte[17], AllowedIps = new byte[17] };

    private static string Text(PeerDelta delta) => (delta.Kind == PeerDelta.Upsert ? "+" : delta.Kind == PeerDelta.Patch ? "~" : "-") + delta.Row.Id;
}
