using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Text;
using MicroLink.Control;
using MicroLink.NetMap;
using MicroLink.Runtime;
using MicroLink.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace MicroLink.Tests.Unit.Control;

/// <summary>
/// No buffer grows with the tailnet. Counts every array and string that the control client holds on to, at every peer it tells, while the
/// first map of 10 000 peers goes through it.
/// </summary>
public class MemoryTests
{
    private readonly ITestOutputHelper _output;

    public MemoryTests(ITestOutputHelper output) { _output = output; }

    [Theory]
    [InlineData(10)]
    [InlineData(300)]
    [InlineData(10000)]
    public void Buffers_of_a_first_map(int peers)
    {
        long most = 0, index = 0;
        int told = 0;
        ControlBench bench = new();
        bench.Options.MaxPeers = 10000;
        void Look()
        {
            if (told++ % 97 != 0 && told < peers) return;
            (long buffers, long columns) = Held(bench.Inside);
            most = Math.Max(most, buffers);
            index = Math.Max(index, columns);
        }

        ActorRef counting = bench.System.Spawn("counting", Props.From(() => new Counting(Look)).WithMailbox(64));
        bench.Start(counting);
        // In several messages' worth of frames; one message, as real servers send it.
        bench.Control.Last.Push("{" + ControlMaps.Self + ",\"Peers\":[" + string.Join(",", Enumerable.Range(1, peers).Select(Fat)) + "],\"ControlTime\":\"2026-11-25T20:00:00Z\"}");
        bench.Run();
        Look();
        Assert.True(told >= peers);
        Assert.Equal(ControlState.Connected, bench.State().State);
        // 50 patches a second for ten seconds.
        for (int i = 0; i < 500; i++)
        {
            bench.Control.Last.Push("{\"PeersChangedPatch\":[{\"NodeID\":" + (1 + i * 7 % peers) + ",\"DERPRegion\":" + (1 + i % 9) + ",\"Online\":true}]}");
            bench.Advance(20);
            Look();
        }
        _output.WriteLine($"{peers} peers: buffers at most {most} bytes, index {index} bytes");
        // Noise record, HTTP/2, JSON, one row under way, DERP map, requests: the same for 10 and for 10 000.
        Assert.InRange(most, 1, 32 * 1024);
        Assert.InRange(index, 1, PeerIndex.BytesPerPeer * 10000);
    }

    [Fact]
    public void The_map_reader_needs_16_KB_at_most_for_10_000_peers()
    {
        byte[] text = Encoding.UTF8.GetBytes("{" + ControlMaps.Self + ",\"Peers\":[" + string.Join(",", Enumerable.Range(1, 10000).Select(Fat)) + "]}");
        byte[] body = BitConverter.GetBytes(text.Length).Concat(text).ToArray();
        MapStream stream = new(64 << 20, new PeerIndex(10000), 16384);
        stream.Begin();
        MapEvent fact = new();
        long most = 0;
        int told = 0;
        for (int at = 0; at < body.Length; at += stream.Consumed)
        {
            // A piece as large as a Noise record; the reader holds on to it until it is consumed, so it counts.
            byte[] piece = body[at..Math.Min(at + 4077, body.Length)];
            stream.Handle(piece, 0, piece.Length, 0);
            if (told % 97 == 0) most = Math.Max(most, Held(stream).Buffers);
            while (stream.PollEvent(fact)) told++;
        }
        Assert.True(told > 10000);
        _output.WriteLine($"map reader: at most {most} bytes");
        Assert.InRange(most, 1, 16 * 1024);
    }

    // A peer as SaaS sends it: a Hostinfo that is skipped makes most of it.
    private static string Fat(int id) => ControlMaps.Peer(id, ",\"Endpoints\":[\"192.0.2.1:41641\",\"10.0.0.1:41641\"],\"Hostinfo\":{\"OS\":\"linux\",\"Hostname\":\"p"
        + id + "\",\"Services\":[{\"Proto\":\"peerapi4\",\"Port\":1},{\"Proto\":\"peerapi6\",\"Port\":2}],\"Pad\":\"" + new string('x', 300) + "\"},\"CapMap\":{\"a\":null}");

    private static (long Buffers, long Index) Held(object root)
    {
        HashSet<object> seen = new(ReferenceEqualityComparer.Instance);
        Stack<object> open = new();
        open.Push(root);
        long bytes = 0, index = 0;
        while (open.Count > 0)
        {
            object next = open.Pop();
            // What the actor only refers to is not its memory: the bench, the kernel, shared buffers.
            if (next is null or ControlBench or ActorRef or Delegate or PacketBuffer or ControlOptions or NodeIdentity or Type || !seen.Add(next)) continue;
            Type type = next.GetType();
            if (type.Namespace is "MicroLink.Runtime" or "MicroLink.TestKit" || type.Namespace?.StartsWith("MicroLink.Tests") == true) continue;
            if (next is string text) bytes += 2 * text.Length;
            else if (next is Array array)
            {
                if (type.GetElementType()!.IsPrimitive) bytes += Buffer.ByteLength(array);
                else
                {
                    bytes += IntPtr.Size * array.Length;
                    foreach (object item in array) open.Push(item);
                }
            }
            else if (next is PeerIndex peers) index += Fields(peers).OfType<Array>().Sum(a => (long)Buffer.ByteLength(a));
            else foreach (object field in Fields(next)) open.Push(field);
        }
        return (bytes, index);
    }

    private static IEnumerable<object> Fields(object from)
    {
        for (Type type = from.GetType(); type != null && type != typeof(object) && type != typeof(Actor); type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                if (!field.FieldType.IsPrimitive) yield return field.GetValue(from);
        }
    }

    private sealed class Counting : Actor
    {
        private readonly Action _look;
        public Counting(Action look) { _look = look; }
        protected override void OnReceive(Message message) => _look();
    }
}
