using System;
using System.Text.Json;
using MicroLink.Bytes;
using MicroLink.Disco;
using MicroLink.Drivers.Desktop;
using Xunit;

namespace MicroLink.Tests.Unit.Disco;

/// <summary>DISCO packets against the golden values of protocol.md 13 and what tailscale's own package made (captures/disco).</summary>
public sealed class DiscoWireTests
{
    private const string NodeKey = "38ab664bd86f77d7e66bdd9ae0792913a94fd8b33a1260027e4b46c1f4884c67";
    private const string PrivateA = "7077777777777777777777777777777777777777777777777777777777777777";
    private const string PublicA = "1cf579aba45a10ba1d1ef06d91fca2aa9ed0a1150515653155405d0b18cb9a67";
    private const string PrivateB = "8888888888888888888888888888888888888888888888888888888888888848";
    private const string PublicB = "30d3c865a48fceb3d6118577cf2e5f228d6ff69866264757785b253cb7a4806a";
    private const string Nonce = "000102030405060708090a0b0c0d0e0f1011121314151617";
    private const string TxId = "0102030405060708090a0b0c";

    [Fact]
    public void Ping_and_pong_are_the_golden_packets()
    {
        byte[] packet = new byte[DiscoWire.MaxPacketLength], shared = Shared(PrivateA, PublicB);
        Assert.Equal("3335c6aa1133817caf0aa809df0366fb88cd439506363fbb8d28115339e8a747", Hex.ToText(shared));

        int text = DiscoWire.WritePing(packet, Hex.Parse(TxId), 0, Hex.Parse(NodeKey));
        Assert.Equal("0100" + TxId + NodeKey, Hex.ToText(packet, DiscoWire.TextOffset, text));
        int count = DiscoWire.Seal(packet, text, Hex.Parse(PublicA), shared, 0, new SeedEntropy(1, Hex.Parse(Nonce)));
        Assert.Equal("5453f09f92ac1cf579aba45a10ba1d1ef06d91fca2aa9ed0a1150515653155405d0b18cb9a67000102030405060708090a0b0c0d0e0f1011121314151617ebba26d9122e8f6575ae34f308bd5ebbd2e7c5e34765bbfcfc83830c58a0b698bd03d50a57c6dd4a5087ea12f7d096481b6aa662a3b14fd293b0f8078c14",
            Hex.ToText(packet, 0, count));

        byte[] source = new byte[18];
        NetEndpoint.Parse("2.3.4.5:1234", source, 0);
        text = DiscoWire.WritePong(packet, Hex.Parse(TxId), 0, source, 0);
        count = DiscoWire.Seal(packet, text, Hex.Parse(PublicB), shared, 0, new SeedEntropy(1, Hex.Parse(Nonce)));
        Assert.Equal("5453f09f92ac30d3c865a48fceb3d6118577cf2e5f228d6ff69866264757785b253cb7a4806a000102030405060708090a0b0c0d0e0f10111213141516178a79eb77dbf57da979681cee50e148bdd1e7c5e34765bbfcfc83830c58a08e33db480d6520113b2172e20868dac63bd5",
            Hex.ToText(packet, 0, count));
    }

    [Theory]
    [InlineData("1.2.3.4:567 [2001::3456]:789", "030000000000000000000000ffff01020304023720010000000000000000000000003456" + "0315")]
    [InlineData("", "0300")]
    public void Call_me_maybe_text(string endpoints, string expected)
    {
        byte[] list = Endpoints(endpoints), packet = new byte[DiscoWire.MaxPacketLength];
        int text = DiscoWire.WriteCallMeMaybe(packet, list, list.Length / 18);
        Assert.Equal(expected, Hex.ToText(packet, DiscoWire.TextOffset, text));

        DiscoMessage message = new DiscoMessage();
        Assert.True(message.Read(packet, DiscoWire.TextOffset, text));
        Assert.Equal(DiscoWire.CallMeMaybe, message.Type);
        Assert.Equal(list.Length / 18, message.EndpointCount);
        Assert.Equal(Hex.ToText(list), Hex.ToText(packet, message.EndpointsAt, list.Length));
    }

    [Fact]
    public void A_longer_endpoint_list_is_cut_and_still_fits()
    {
        byte[] list = new byte[40 * 18], packet = new byte[DiscoWire.MaxPacketLength];
        int text = DiscoWire.WriteCallMeMaybe(packet, list, 40);
        Assert.Equal(2 + 24 * 18, text);
        Assert.Equal(512, DiscoWire.Seal(packet, text, new byte[32], new byte[32], 0, new SeedEntropy(1)));
    }

    [Fact]
    public void Every_captured_packet_opens_to_its_plaintext()
    {
        using JsonDocument file = JsonDocument.Parse(Vectors.Text("captures/disco/disco.json"));
        JsonElement root = file.RootElement;
        string senderKey = root.GetProperty("disco_public_a").GetString();
        byte[] sender = KeyText.Parse(KeyText.DiscoPublic, senderKey);
        byte[] shared = Shared(root.GetProperty("disco_private_b").GetString(), Hex.ToText(sender));
        int understood = 0, ignored = 0;
        foreach (JsonElement one in root.GetProperty("messages").EnumerateArray())
        {
            string name = one.GetProperty("name").GetString();
            byte[] packet = Hex.Parse(one.GetProperty("packet").GetString());
            string plaintext = one.GetProperty("plaintext").GetString();
            Assert.True(DiscoWire.IsDisco(packet, 0, packet.Length), name);
            Assert.True(KeyText.Equal(packet, DiscoWire.SenderOffset, sender, 0), name);
            int length = DiscoWire.Open(packet, 0, packet.Length, shared, 0);
            Assert.Equal(plaintext, Hex.ToText(packet, DiscoWire.TextOffset, length));
            DiscoMessage message = new DiscoMessage();
            bool known = message.Read(packet, DiscoWire.TextOffset, length);
            JsonElement fields = one.GetProperty("fields");
            int type = fields.GetProperty("type").GetInt32();
            Assert.Equal(type <= 3, known);
            if (known) { CheckFields(message, fields); understood++; }
            else ignored++;
        }
        Assert.True(understood >= 7 && ignored >= 5, understood + " understood, " + ignored + " ignored");
    }

    [Fact]
    public void Our_packets_equal_the_captured_ones()
    {
        using JsonDocument file = JsonDocument.Parse(Vectors.Text("captures/disco/disco.json"));
        JsonElement root = file.RootElement;
        byte[] sender = KeyText.Parse(KeyText.DiscoPublic, root.GetProperty("disco_public_a").GetString());
        string receiver = Hex.ToText(KeyText.Parse(KeyText.DiscoPublic, root.GetProperty("disco_public_b").GetString()));
        byte[] shared = Shared(root.GetProperty("disco_private_a").GetString(), receiver);
        foreach (JsonElement one in root.GetProperty("messages").EnumerateArray())
        {
            JsonElement fields = one.GetProperty("fields");
            byte[] packet = new byte[DiscoWire.MaxPacketLength];
            int text;
            switch (one.GetProperty("name").GetString())
            {
                case "ping-with-nodekey":
                    text = DiscoWire.WritePing(packet, Hex.Parse(fields.GetProperty("txid").GetString()), 0,
                        KeyText.Parse(KeyText.NodePublic, fields.GetProperty("nodekey").GetString()));
                    break;
                case "pong-v4":
                case "pong-v6":
                    text = DiscoWire.WritePong(packet, Hex.Parse(fields.GetProperty("txid").GetString()), 0,
                        Endpoints(fields.GetProperty("src").GetString()), 0);
                    break;
                case "call-me-maybe":
                    byte[] list = Endpoints(string.Join(' ', Strings(fields.GetProperty("endpoints"))));
                    text = DiscoWire.WriteCallMeMaybe(packet, list, list.Length / 18);
                    break;
                default:
                    continue;
            }
            int count = DiscoWire.Seal(packet, text, sender, shared, 0, new SeedEntropy(1, Hex.Parse(one.GetProperty("nonce").GetString())));
            Assert.Equal(one.GetProperty("packet").GetString(), Hex.ToText(packet, 0, count));
        }
    }

    [Fact]
    public void Odd_plaintexts_are_judged_as_the_reference_does()
    {
        using JsonDocument file = JsonDocument.Parse(Vectors.Text("captures/disco/disco.json"));
        foreach (JsonElement one in file.RootElement.GetProperty("parse_of_odd_plaintexts").EnumerateArray())
        {
            byte[] text = Hex.Parse(one.GetProperty("plaintext").GetString());
            DiscoMessage message = new DiscoMessage();
            bool known = message.Read(text, 0, text.Length);
            bool parsed = one.TryGetProperty("parsed", out JsonElement type);
            bool ours = parsed && type.GetString() is "*disco.Ping" or "*disco.Pong" or "*disco.CallMeMaybe";
            Assert.True(known == (parsed && ours), one.GetRawText());
            if (!known) continue;
            if (message.Type == DiscoWire.CallMeMaybe) Assert.Equal(0, message.EndpointCount);
            if (message.Type == DiscoWire.Ping) Assert.True(message.NodeKeyAt < 0 || message.NodeKeyAt + 32 <= text.Length);
        }
    }

    [Fact]
    public void A_changed_byte_anywhere_is_refused()
    {
        byte[] shared = Shared(PrivateA, PublicB), packet = new byte[DiscoWire.MaxPacketLength];
        int text = DiscoWire.WritePing(packet, Hex.Parse(TxId), 0, Hex.Parse(NodeKey));
        int count = DiscoWire.Seal(packet, text, Hex.Parse(PublicA), shared, 0, new SeedEntropy(3));
        for (int i = 0; i < count; i++)
        {
            // The sender key is only a name: it is bound by the choice of the shared key.
            if (i >= DiscoWire.SenderOffset && i < DiscoWire.NonceOffset) continue;
            byte[] bad = packet.AsSpan(0, count).ToArray();
            bad[i] ^= 0x20;
            Assert.Equal(-1, DiscoWire.Open(bad, 0, count, shared, 0));
        }
        for (int cut = 0; cut < count; cut++) Assert.Equal(-1, DiscoWire.Open(packet.AsSpan(0, cut).ToArray(), 0, cut, shared, 0));
    }

    private static void CheckFields(DiscoMessage message, JsonElement fields)
    {
        if (message.Type != DiscoWire.CallMeMaybe) Assert.Equal(fields.GetProperty("txid").GetString(), Hex.ToText(message.Buffer, message.TxIdAt, 12));
        switch (message.Type)
        {
            case DiscoWire.Ping:
                string key = fields.GetProperty("nodekey").GetString();
                if (key == null) Assert.Equal(-1, message.NodeKeyAt);
                else Assert.Equal(key, KeyText.Format(KeyText.NodePublic, message.Buffer, message.NodeKeyAt));
                break;
            case DiscoWire.Pong:
                Assert.Equal(fields.GetProperty("src").GetString(), NetEndpoint.Format(message.Buffer, message.EndpointsAt));
                break;
            default:
                string[] expected = Strings(fields.GetProperty("endpoints"));
                Assert.Equal(expected.Length, message.EndpointCount);
                for (int i = 0; i < expected.Length; i++)
                    Assert.Equal(expected[i], NetEndpoint.Format(message.Buffer, message.EndpointsAt + 18 * i));
                break;
        }
    }

    private static string[] Strings(JsonElement array)
    {
        string[] texts = new string[array.GetArrayLength()];
        for (int i = 0; i < texts.Length; i++) texts[i] = array[i].GetString();
        return texts;
    }

    internal static byte[] Endpoints(string list)
    {
        string[] parts = list.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        byte[] bytes = new byte[parts.Length * 18];
        for (int i = 0; i < parts.Length; i++) Assert.True(NetEndpoint.Parse(parts[i], bytes, i * 18), parts[i]);
        return bytes;
    }

    private static byte[] Shared(string ownPrivate, string otherPublic)
    {
        DiscoKeyRing ring = new DiscoKeyRing(Hex.Parse(ownPrivate), new byte[32], 1);
        byte[] other = Hex.Parse(otherPublic), shared = new byte[32];
        DhJob job = new DhJob();
        Assert.True(ring.Want(other, 0, 0) && ring.PollJob(job, 0));
        DesktopDhWorker.Compute(job);
        Assert.Equal(Output.Event, ring.HandleJobDone(job));
        Array.Copy(ring.Shared, ring.Find(other, 0), shared, 0, 32);
        return shared;
    }
}
