using System;
using System.Collections.Generic;
using System.Text.Json;
using MicroLink.Native;
using MicroLink.NetIo;
using Xunit;

namespace MicroLink.Tests.Unit;

/// <summary>tests/Vectors/captures/wireguard and /derp: what other implementations put on the wire, through the data plane.</summary>
public sealed class CaptureTests
{
    public static TheoryData<string> Handshakes()
    {
        TheoryData<string> names = new();
        foreach (JsonElement handshake in Load().EnumerateArray()) names.Add(handshake.GetProperty("name").GetString());
        return names;
    }

    private static JsonElement Load() =>
        JsonDocument.Parse(Vectors.Text("captures/wireguard/wireguard.json")).RootElement.GetProperty("handshakes");

    private static JsonElement Find(string name)
    {
        foreach (JsonElement handshake in Load().EnumerateArray())
            if (handshake.GetProperty("name").GetString() == name) return handshake;
        throw new ArgumentException(name);
    }

    private static byte[] Bytes(JsonElement element, string name) => Convert.FromHexString(element.GetProperty(name).GetString());

    /// <summary>
    /// wireguard-go's transport packets are opened and delivered. The receiver index is not authenticated, so it is exchanged for the one
    /// that our plane drew.
    /// </summary>
    [Theory]
    [MemberData(nameof(Handshakes))]
    public void Transport_packets_of_wireguard_go_are_read(string name)
    {
        JsonElement handshake = Find(name);
        using PlaneNode initiator = new(1, 2), responder = new(2, 1);
        int initiatorIndex = initiator.Plane.IndexAllocate(0), responderIndex = responder.Plane.IndexAllocate(0);
        byte[] forward = Bytes(handshake, "key_initiator_to_responder"), back = Bytes(handshake, "key_responder_to_initiator");
        Assert.Equal(0, initiator.Plane.SessionInstall(0, initiatorIndex, responderIndex, forward, back, true, 1000));
        Assert.Equal(0, responder.Plane.SessionInstall(0, responderIndex, initiatorIndex, back, forward, false, 1000));
        // In the capture both directions carry 100.64.0.1 -> 100.64.0.2.
        initiator.Plane.PeerAllowed(0, PlaneNode.Prefix(1));
        initiator.Plane.SetSelf(PlaneNode.Prefix(2));
        DataPlane.Options(initiator.Handle, DataPlane.OptionInnerPackets);
        DataPlane.Options(responder.Handle, DataPlane.OptionInnerPackets);

        foreach (JsonElement data in handshake.GetProperty("data").EnumerateArray())
        {
            bool toResponder = data.GetProperty("from").GetString() == "initiator";
            PlaneNode to = toResponder ? responder : initiator;
            byte[] packet = Bytes(data, "packet"), plain = Bytes(data, "plaintext");
            BitConverter.TryWriteBytes(packet.AsSpan(4), toResponder ? responderIndex : initiatorIndex);
            Assert.Equal(0, DataPlane.UdpIn(to.Handle, PlaneNode.Endpoint(9), 0, packet, 0, packet.Length, 1001));
            Assert.Equal(plain.Length == 0 ? 0 : 1, to.Events(NetEvent.InnerPacket));
            if (plain.Length == 0) continue;
            Assert.Equal(Convert.ToHexString(plain), Convert.ToHexString(to.Record, NetEvent.PayloadOffset, NetEvent.PayloadLength(to.Record, 0)));
            Assert.Equal(DataPlane.Dropped, DataPlane.UdpIn(to.Handle, PlaneNode.Endpoint(9), 0, packet, 0, packet.Length, 1002));
        }
    }

    /// <summary>Their handshake messages pass the gate of the one they are for, and of nobody else.</summary>
    [Theory]
    [MemberData(nameof(Handshakes))]
    public void Handshakes_of_wireguard_go_pass_the_gate(string name)
    {
        JsonElement handshake = Find(name);
        using PlaneNode responder = new(2, 1), stranger = new(3, 1);
        responder.Plane.SetIdentity(Bytes(handshake, "responder_static_public"));
        byte[] initiation = Bytes(handshake, "initiation");
        Assert.Equal(0, DataPlane.UdpIn(responder.Handle, PlaneNode.Endpoint(9), 0, initiation, 0, initiation.Length, 1000));
        Assert.Equal(1, responder.Events(NetEvent.Handshake));
        Assert.Equal(-1, NetEvent.Slot(responder.Record, 0));
        Assert.Equal(DataPlane.Dropped, DataPlane.UdpIn(stranger.Handle, PlaneNode.Endpoint(9), 0, initiation, 0, initiation.Length, 1000));
        Assert.Equal(1, stranger.Counter("drop: handshake with bad mac1"));

        using PlaneNode initiator = new(1, 2);
        initiator.Plane.SetIdentity(Bytes(handshake, "initiator_static_public"));
        byte[] response = Bytes(handshake, "response");
        BitConverter.TryWriteBytes(response.AsSpan(8), initiator.Plane.IndexAllocate(0));
        Assert.Equal(DataPlane.Dropped, DataPlane.UdpIn(initiator.Handle, PlaneNode.Endpoint(9), 0, response, 0, response.Length, 1000));
        Assert.Equal(1, initiator.Counter("drop: handshake with bad mac1"));     // mac1 covers the index that we exchanged
    }

    /// <summary>Each server stream of the real relay, cut at random places: the same frames in the same order as the capture
    /// decodes.</summary>
    [Theory]
    [InlineData("A")]
    [InlineData("A2")]
    [InlineData("B")]
    [InlineData("mesh")]
    public void Streams_of_the_relay_server_are_framed(string connection)
    {
        JsonElement root = JsonDocument.Parse(Vectors.Text("captures/derp/derp-session.json")).RootElement;
        byte[] stream = Convert.FromHexString(root.GetProperty("streams_hex").GetProperty(connection + " s2c").GetString());
        List<string> wanted = new();
        int received = 0, start = 0;
        foreach (JsonElement frame in root.GetProperty("frames").EnumerateArray())
        {
            if (!frame.TryGetProperty("conn", out JsonElement conn) || conn.GetString() != connection || frame.GetProperty("dir").GetString() != "s2c") continue;
            if (frame.TryGetProperty("http", out JsonElement http)) start += http.GetString().Length;
            else if (frame.GetProperty("type").GetString() == "RecvPacket") received++;
            else wanted.Add(frame.GetProperty("frame").GetString());
        }

        for (int seed = 1; seed <= 20; seed++)
        {
            Random random = new(seed);
            using PlaneNode a = new(1, 2);
            a.Plane.RelayOpen(PlaneNode.Region);
            List<string> seen = new();
            for (int at = start; at < stream.Length;)
            {
                int part = Math.Min(random.Next(1, 60), stream.Length - at);
                Assert.Equal(0, a.Plane.RelayIn(PlaneNode.Region, stream, at, part, 1000));
                at += part;
                while (a.Plane.PollEvent(a.Record, 0) > 0)
                {
                    int length = NetEvent.PayloadLength(a.Record, 0);
                    seen.Add(NetEvent.FrameType(a.Record, 0).ToString("x2") + length.ToString("x8") +
                             Convert.ToHexString(a.Record, NetEvent.PayloadOffset, length).ToLowerInvariant());
                }
            }
            Assert.True(string.Join("\n", wanted) == string.Join("\n", seen), "seed " + seed);
            Assert.Equal(received, a.Counter("relay packets in"));
        }
    }
}
