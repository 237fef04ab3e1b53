using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Native;
using MicroLink.Noise;
using Xunit;

namespace MicroLink.Tests.Unit.Noise;

/// <summary>Noise IK of the control protocol against the golden values of protocol.md 13.2, and against itself.</summary>
public class NoiseHandshakeTests
{
    private const int Version = 145;
    private const string MachinePrivate = "1011111111111111111111111111111111111111111111111111111111111151";
    private const string MachinePublic = "7b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f13";
    private const string ControlPrivate = "2022222222222222222222222222222222222222222222222222222222222262";
    private const string ControlPublic = "0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20";
    private const string ClientEphemeral = "3033333333333333333333333333333333333333333333333333333333333373";
    private const string ServerEphemeral = "4044444444444444444444444444444444444444444444444444444444444444";
    private const string Initiation = "00910100607b0d47d93427f8311160781c7c733fd89f88970aef490d8aa0ee19a4cb8a1b1461d2949213e755bc180b5d5dbbd8c50a2a1beb69f8940d24cab4606a34cd5d41eebe5d833461d4b6b4658416ef6fdc3a92f6a14fa59d716285af13dddfd36d8f";
    private const string Response = "020030ff2ee45601ec1b67310c7790404585ae697331eee1c1f8cf2419731c1fff3e6bab841131869e7156986c93b16af8a123";

    [Fact]
    public void Golden_handshake_both_roles()
    {
        (NoiseHandshake client, NoiseHandshake server, byte[] initiation, byte[] response) = Run();
        Assert.Equal(Initiation, Hex(initiation));
        Assert.Equal(Response, Hex(response));
        Assert.True(client.Done && server.Done);
        Assert.Equal("a77464c2c58bd4e4170e80e37fff1de91d8a94d752b7a5763426e8684f74176a", Hex(client.HandshakeHash));
        Assert.Equal(Hex(client.HandshakeHash), Hex(server.HandshakeHash));
        Assert.Equal("eca6bee256efc1368a5af89be3a82cc3e7954223faf3d6b4e67ed66c671a814e", Hex(client.SendKey));
        Assert.Equal("df92698929c58533e6973a3e010a3c8e4e1d394f1c9c198788b496512c6bb48a", Hex(client.ReceiveKey));
        Assert.Equal(Hex(client.SendKey), Hex(server.ReceiveKey));
        Assert.Equal(Hex(client.ReceiveKey), Hex(server.SendKey));
        Assert.Equal(Version, server.Version);
        Assert.Equal(MachinePublic, Hex(server.RemoteStatic));
    }

    [Fact]
    public void Golden_protocol_name_hash_and_empty_hmac()
    {
        byte[] hash = new byte[32];
        byte[] name = Encoding.ASCII.GetBytes(NoiseWire.ProtocolName);
        Cipher.Blake2s(name, 0, name.Length, hash, 0, 32);
        Assert.Equal("bbea022b948cf3bc5857d70804229179e1116bc40cb8cc074835349c464bca36", Hex(hash));
        Cipher.Hmac(new byte[0], 0, 0, new byte[0], 0, 0, hash, 0);
        Assert.Equal("eaf4bb25938f4d20e72656bbbc7a9bf63c0c18537333c35bdb67db1402661acd", Hex(hash));
    }

    [Fact]
    public void The_response_may_come_byte_by_byte_and_what_follows_is_not_taken()
    {
        NoiseHandshake client = StartClient(ControlPublic);
        byte[] stream = Bytes(Response).Concat(new byte[] { 4, 0, 16 }).ToArray();
        int taken = 0;
        for (int i = 0; i < stream.Length; i++)
        {
            client.Handle(stream, i, 1, 0);
            taken += client.Consumed;
            Pump(client);
        }
        Assert.True(client.Done);
        Assert.Equal(NoiseWire.ResponseLength, taken);
    }

    [Fact]
    public void Every_altered_byte_of_the_response_is_noticed()
    {
        for (int i = 0; i < NoiseWire.ResponseLength; i++)
        {
            byte[] bad = Bytes(Response);
            bad[i] ^= 0x40;
            NoiseHandshake client = StartClient(ControlPublic);
            client.Handle(bad, 0, bad.Length, 0);
            Pump(client);
            Assert.False(client.Done);
            Assert.True(client.Failure != NoiseFailure.None || bad[0] == 3, "byte " + i);
        }
    }

    [Fact]
    public void Every_altered_byte_of_the_initiation_is_noticed()
    {
        for (int i = 0; i < NoiseWire.InitiationLength; i++)
        {
            byte[] bad = Bytes(Initiation);
            bad[i] ^= 1;
            NoiseHandshake server = StartServer();
            server.Handle(bad, 0, bad.Length, 0);
            Pump(server);
            Assert.False(server.Done);
            Assert.True(server.Failure != NoiseFailure.None, "byte " + i);
        }
    }

    [Fact]
    public void An_error_message_is_surfaced_as_text_at_any_cut()
    {
        byte[] text = Encoding.UTF8.GetBytes("machine key of another version");
        byte[] message = new byte[] { 3, 0, (byte)text.Length }.Concat(text).ToArray();
        foreach (int piece in new[] { 1, 2, 100 })
        {
            NoiseHandshake client = StartClient(ControlPublic);
            for (int at = 0; at < message.Length; at += piece) client.Handle(message, at, Math.Min(piece, message.Length - at), 0);
            Assert.Equal(NoiseFailure.PeerError, client.Failure);
            Assert.Equal("machine key of another version", client.ErrorText);
        }
    }

    [Fact]
    public void A_low_order_ephemeral_is_refused()
    {
        byte[] bad = Bytes(Response);
        Array.Clear(bad, 3, 32);
        NoiseHandshake client = StartClient(ControlPublic);
        client.Handle(bad, 0, bad.Length, 0);
        Pump(client);
        Assert.Equal(NoiseFailure.LowOrderPoint, client.Failure);
    }

    [Fact]
    public void An_answer_for_a_dropped_handshake_is_ignored()
    {
        NoiseHandshake client = new(new Fixed(ClientEphemeral));
        client.StartInitiator(Version, Bytes(MachinePrivate), Bytes(MachinePublic), Bytes(ControlPublic), 0);
        DhJob old = new();
        Assert.True(client.PollJob(old));
        Compute(old);
        client.StartInitiator(Version, Bytes(MachinePrivate), Bytes(MachinePublic), Bytes(ControlPublic), 0);
        Assert.Equal(Output.None, client.HandleJobDone(old, 0));
        Pump(client);
        byte[] sent = new byte[101];
        Assert.Equal(101, client.PollTransmit(sent, 0));
        Assert.Equal(Initiation, Hex(sent));
    }

    [Fact]
    public void Jobs_are_wiped_when_they_come_back()
    {
        NoiseHandshake client = new(new Fixed(ClientEphemeral));
        client.StartInitiator(Version, Bytes(MachinePrivate), Bytes(MachinePublic), Bytes(ControlPublic), 0);
        DhJob job = new();
        while (client.PollJob(job))
        {
            Compute(job);
            client.HandleJobDone(job, 0);
            Assert.All(job.Private, b => Assert.Equal(0, b));
            Assert.All(job.Result, b => Assert.Equal(0, b));
        }
    }

    private static (NoiseHandshake, NoiseHandshake, byte[], byte[]) Run()
    {
        NoiseHandshake client = StartClient(ControlPublic);
        NoiseHandshake server = StartServer();
        byte[] initiation = Bytes(Initiation), response = new byte[NoiseWire.ResponseLength];
        // The client's message was taken by StartClient and compared there.
        server.Handle(initiation, 0, initiation.Length, 0);
        Pump(server);
        Assert.Equal(response.Length, server.PollTransmit(response, 0));
        client.Handle(response, 0, response.Length, 0);
        Pump(client);
        return (client, server, initiation, response);
    }

    private static NoiseHandshake StartClient(string serverPublic)
    {
        NoiseHandshake client = new(new Fixed(ClientEphemeral));
        Assert.Equal(Output.Job, client.StartInitiator(Version, Bytes(MachinePrivate), Bytes(MachinePublic), Bytes(serverPublic), 0));
        Pump(client);
        byte[] sent = new byte[101];
        Assert.Equal(101, client.PollTransmit(sent, 0));
        Assert.Equal(Initiation, Hex(sent));
        return client;
    }

    private static NoiseHandshake StartServer()
    {
        NoiseHandshake server = new(new Fixed(ServerEphemeral));
        server.StartResponder(Bytes(ControlPrivate), Bytes(ControlPublic), 0);
        return server;
    }

    internal static void Pump(NoiseHandshake noise)
    {
        DhJob job = new();
        while (noise.PollJob(job))
        {
            Compute(job);
            noise.HandleJobDone(job, 0);
        }
    }

    internal static void Compute(DhJob job)
    {
        int result = job.BasePoint ? Cipher.X25519Base(job.Private, 0, job.Result, 0) : Cipher.X25519(job.Private, 0, job.Public, 0, job.Result, 0);
        job.Ok = result == 0;
    }

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes).ToLowerInvariant();
    private static byte[] Bytes(string hex) => Convert.FromHexString(hex);

    internal sealed class Fixed : IEntropy
    {
        private readonly byte[] _bytes;
        public Fixed(string hex) { _bytes = Bytes(hex); }
        public void Fill(byte[] buffer, int offset, int count) => Array.Copy(_bytes, 0, buffer, offset, count);
    }
}
