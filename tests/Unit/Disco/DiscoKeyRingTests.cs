using System;
using MicroLink.Bytes;
using MicroLink.Disco;
using MicroLink.Drivers.Desktop;
using Xunit;

namespace MicroLink.Tests.Unit.Disco;

/// <summary>Box keys are computed once a peer key, by jobs; late and worthless answers do no harm. And the table of waiting pings.</summary>
public sealed class DiscoKeyRingTests
{
    [Fact]
    public void Two_rings_agree_on_the_box_key()
    {
        byte[] a = DiscoKeyRing.NewPair(new SeedEntropy(1)), b = DiscoKeyRing.NewPair(new SeedEntropy(2));
        DiscoKeyRing ringA = Ring(a, 4), ringB = Ring(b, 4);
        Learn(ringA, b, 32);
        Learn(ringB, a, 32);
        int atA = ringA.Find(b, 32), atB = ringB.Find(a, 32);
        Assert.True(KeyText.Equal(ringA.Shared, atA, ringB.Shared, atB));
        Assert.False(KeyText.IsZero(ringA.Shared, atA));
    }

    [Fact]
    public void One_job_a_peer_key_and_no_secret_left_in_it()
    {
        DiscoKeyRing ring = Ring(DiscoKeyRing.NewPair(new SeedEntropy(1)), 4);
        byte[] peer = DiscoKeyRing.NewPair(new SeedEntropy(2));
        Assert.True(ring.Want(peer, 32, 0));
        Assert.True(ring.Want(peer, 32, 1));
        DhJob job = new DhJob(), second = new DhJob();
        Assert.True(ring.PollJob(job, 1));
        Assert.False(ring.PollJob(second, 1));
        Assert.Equal(-1, ring.Find(peer, 32));
        DesktopDhWorker.Compute(job);
        Assert.Equal(Output.Event, ring.HandleJobDone(job));
        Assert.True(KeyText.IsZero(job.Private, 0) && KeyText.IsZero(job.Result, 0));
        Assert.True(ring.Find(peer, 32) >= 0);
    }

    [Fact]
    public void A_lost_answer_is_asked_for_again()
    {
        DiscoKeyRing ring = Ring(DiscoKeyRing.NewPair(new SeedEntropy(1)), 4);
        byte[] peer = DiscoKeyRing.NewPair(new SeedEntropy(2));
        ring.Want(peer, 32, 0);
        Assert.True(ring.PollJob(new DhJob(), 0));
        ring.Want(peer, 32, 1999);
        Assert.False(ring.PollJob(new DhJob(), 1999));
        ring.Want(peer, 32, 2000);
        Assert.True(ring.PollJob(new DhJob(), 2000));
    }

    [Fact]
    public void A_low_order_key_is_refused_for_good()
    {
        DiscoKeyRing ring = Ring(DiscoKeyRing.NewPair(new SeedEntropy(1)), 4);
        byte[] zero = new byte[32];
        Learn(ring, zero, 0);
        Assert.Equal(-1, ring.Find(zero, 0));
        Assert.False(ring.Want(zero, 0, 5));
    }

    [Fact]
    public void The_least_recently_used_key_makes_room_and_late_answers_are_ignored()
    {
        DiscoKeyRing ring = Ring(DiscoKeyRing.NewPair(new SeedEntropy(1)), 2);
        byte[] p1 = DiscoKeyRing.NewPair(new SeedEntropy(11)), p2 = DiscoKeyRing.NewPair(new SeedEntropy(12)), p3 = DiscoKeyRing.NewPair(new SeedEntropy(13));
        Learn(ring, p1, 32);
        Learn(ring, p2, 32);
        Assert.True(ring.Find(p1, 32) >= 0);                    // p1 used last
        DhJob late = new DhJob();
        Assert.True(ring.Want(p3, 32, 0) && ring.PollJob(late, 0));
        Assert.Equal(-1, ring.Find(p2, 32));
        Assert.True(ring.Find(p1, 32) >= 0);
        ring.Forget(p3, 32);
        DesktopDhWorker.Compute(late);
        Assert.Equal(Output.None, ring.HandleJobDone(late));
    }

    [Fact]
    public void Pings_are_found_by_their_id_expire_after_five_seconds_and_never_fill_up()
    {
        DiscoPings pings = new DiscoPings(2);
        SeedEntropy entropy = new SeedEntropy(4);
        byte[] endpoint = DiscoWireTests.Endpoints("10.0.0.1:1");
        int first = pings.Add(endpoint, 0, 0, 7, entropy, 1000);
        byte[] txId = pings.TxIds.AsSpan(pings.TxIdAt(first), 12).ToArray();
        Assert.Equal(first, pings.Find(txId, 0));
        Assert.Equal(7, pings.Purpose(first));
        Assert.Equal(-1, pings.FindExpired(5999));
        Assert.Equal(first, pings.FindExpired(6000));
        Assert.Equal(6000, pings.Deadline);
        pings.Add(endpoint, 0, 5, 7, entropy, 1001);
        pings.Add(endpoint, 0, 0, 7, entropy, 1002);
        Assert.Equal(-1, pings.Find(txId, 0));                  // the oldest made room
        pings.Clear();
        Assert.Equal(Output.Never, pings.Deadline);
    }

    private static DiscoKeyRing Ring(byte[] pair, int capacity)
    {
        return new DiscoKeyRing(pair.AsSpan(0, 32).ToArray(), pair.AsSpan(32, 32).ToArray(), capacity);
    }

    private static void Learn(DiscoKeyRing ring, byte[] peer, int at)
    {
        DhJob job = new DhJob();
        Assert.True(ring.Want(peer, at, 0) && ring.PollJob(job, 0));
        DesktopDhWorker.Compute(job);
        ring.HandleJobDone(job);
    }
}
