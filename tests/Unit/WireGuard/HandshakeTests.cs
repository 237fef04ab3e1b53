using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using MicroLink.Bytes;
using MicroLink.Native;
using MicroLink.WireGuard;
using Xunit;

namespace MicroLink.Tests.Unit.WireGuard;

public class HandshakeTests
{
    private readonly Party _i = new Party(Party.Key(0x98), 1), _r = new Party(Party.Key(0xa8), 2);
    private readonly WireGuardPeer _atI, _atR;

    public HandshakeTests()
    {
        _atI = _i.PeerFor(_r);
        _atR = _r.PeerFor(_i);
    }

    /// <summary>protocol.md 13.2.</summary>
    [Fact]
    public void Golden_handshake_of_the_reference()
    {
        Party i = new Party(Hex("9899999999999999999999999999999999999999999999999999999999999959"));
        Party r = new Party(Hex("a8aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6a"));
        Assert.Equal("ba193836cff1f4e866c139715d306408d26a76f76d638a39afc1001084d25411", Hex(i.Public));
        i.Entropy.Next = Hex("b8bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb7b");
        r.Entropy.Next = Hex("c8cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc4c");
        WireGuardPeer atI = i.PeerFor(r), atR = r.PeerFor(i);

        byte[] initiation = i.Initiate(atI, 0x01020304, Hex("400000006553f10a01000000"));
        Assert.Equal("01000000040302016b0b616d718e53691236d3be3ce6d44f9d28836426d81305d131f488206f8d2b4b24b707926bade0acd57b4b0f66822" +
            "54638ac27b5b8b26b9533605c93c88fee6b6c9191349f33ec4940e725c3d29ff51bba7a4535c0a48221458cc4623b49df9b68e5b77973c63c54ad1ef911" +
            "c5d5f1dc182f8eb8cfc7e74a4b564100000000000000000000000000000000", Hex(initiation));
        byte[] response = r.Respond(initiation, atR, 0x05060708, out _);
        Assert.Equal("020000000807060504030201e8980c4ea5ebf8fb6c281098b75cdd32862922a638778251979b6d322ed7e02e73e1dae2967ac0e9c1212547" +
            "ce08fba10a149b6c6f4355f9eab45f52eb6180ef00000000000000000000000000000000", Hex(response));
        Assert.Equal(Output.Event, i.Finish(atI, response));
        WireGuardSession at = i.Session();
        Assert.Equal("b904133b1a2a6b06b6a0b3fec35a5212107665075528c7173e6a4933cb7ec424", Hex(at.SendKey));
        Assert.Equal("4f7dc40dac5437b0e1f876d3520655b40b2d9a93baa037f231ffdc3342eedb91", Hex(at.ReceiveKey));
        Assert.Equal((0x01020304, 0x05060708, true), (at.LocalIndex, at.RemoteIndex, at.Initiator));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("with-psk")]
    [InlineData("with-cookie-reply")]
    public void Captured_handshakes_of_wireguard_go(string name)
    {
        JsonElement capture = Capture(name);
        Party i = new Party(Get(capture, "initiator_static_private")), r = new Party(Get(capture, "responder_static_private"));
        Assert.Equal(Get(capture, "initiator_static_public"), i.Public);
        WireGuardPeer atI = i.PeerFor(r), atR = r.PeerFor(i);
        atI.SetPresharedKey(Get(capture, "preshared_key"), 0);
        atR.SetPresharedKey(Get(capture, "preshared_key"), 0);
        int initiatorIndex = unchecked((int)capture.GetProperty("initiator_index").GetUInt32());
        int responderIndex = unchecked((int)capture.GetProperty("responder_index").GetUInt32());

        if (capture.TryGetProperty("cookie_reply", out _)) TakeCookie(capture, i, atI);
        i.Entropy.Next = Get(capture, "initiator_ephemeral_private");
        r.Entropy.Next = Get(capture, "responder_ephemeral_private");
        byte[] initiation = i.Initiate(atI, initiatorIndex, Get(capture, "timestamp_tai64n"));
        Assert.Equal(capture.GetProperty("initiation").GetString(), Hex(initiation));
        byte[] response = r.Respond(initiation, atR, responderIndex, out _);
        Assert.Equal(capture.GetProperty("response").GetString(), Hex(response));
        Assert.Equal(Output.Event, i.Finish(atI, response));

        WireGuardSession atInitiator = i.Session(), atResponder = r.Session();
        Assert.Equal(capture.GetProperty("key_initiator_to_responder").GetString(), Hex(atInitiator.SendKey));
        Assert.Equal(capture.GetProperty("key_responder_to_initiator").GetString(), Hex(atInitiator.ReceiveKey));
        Assert.Equal(atInitiator.SendKey, atResponder.ReceiveKey);
        Assert.Equal(atInitiator.ReceiveKey, atResponder.SendKey);
        CheckData(capture, atInitiator);
    }

    /// <summary>The first initiation is refused with a cookie reply; mac2 of the next is made with the cookie.</summary>
    private static void TakeCookie(JsonElement capture, Party i, WireGuardPeer atI)
    {
        byte[] first = Get(capture, "cookie_first_initiation_without_mac2");
        // The machine did not send that first message here, so its mac1 is put in place of its own.
        i.Initiate(atI, 1, Party.Stamp(1));
        Array.Copy(first, WireGuardWire.InitiationMac1, atI.State, WireGuardPeer.LastMac1, WireGuardWire.MacLength);
        byte[] reply = Get(capture, "cookie_reply");
        Assert.Equal(Output.None, i.Machine.HandleCookieReply(atI, reply, 0, reply.Length, 0));
        Assert.Equal(capture.GetProperty("cookie_value").GetString(), Hex(atI.State.AsSpan(WireGuardPeer.Cookie, 16).ToArray()));
        Assert.Equal(WireGuardError.NotPending, i.Machine.HandleCookieReply(atI, reply, 0, reply.Length, 0));
    }

    /// <summary>The keys open wireguard-go's packets: nonce = 4 zero bytes, counter little endian.</summary>
    private static void CheckData(JsonElement capture, WireGuardSession atInitiator)
    {
        foreach (JsonElement data in capture.GetProperty("data").EnumerateArray())
        {
            byte[] packet = Get(data, "packet"), nonce = new byte[12];
            Array.Copy(packet, 8, nonce, 4, 8);
            byte[] key = data.GetProperty("from").GetString() == "initiator" ? atInitiator.SendKey : atInitiator.ReceiveKey;
            int length = Cipher.ChaChaPolyOpen(key, 0, nonce, 0, null, 0, 0, packet, 16, packet.Length - 16);
            Assert.Equal(data.GetProperty("plaintext_padded").GetString(), Hex(packet.AsSpan(16, length).ToArray()));
        }
    }

    [Fact]
    public void The_static_static_product_is_computed_once_a_peer()
    {
        byte[] initiation = _i.Initiate(_atI, 1, Party.Stamp(1));
        Assert.Equal(3, _i.Jobs);
        byte[] response = _r.Respond(initiation, _atR, 2, out _);
        Assert.Equal(5, _r.Jobs);
        _i.Finish(_atI, response);
        Assert.Equal(5, _i.Jobs);
        _i.Jobs = _r.Jobs = 0;
        _r.Respond(_i.Initiate(_atI, 3, Party.Stamp(2)), _atR, 4, out _, 1000);
        Assert.Equal((2, 4), (_i.Jobs, _r.Jobs));
        _i.Jobs = 0;
        _i.Respond(_r.Initiate(_atR, 5, Party.Stamp(3)), _atI, 6, out _, 1000);
        Assert.Equal(4, _i.Jobs);                        // the same product in the other role
    }

    [Fact]
    public void A_stamp_that_is_not_above_the_greatest_is_refused()
    {
        byte[] second = _i.Initiate(_atI, 1, Party.Stamp(2));
        Assert.NotNull(_r.Respond(second, _atR, 2, out _, 0));
        Assert.Null(_r.Respond(second, _atR, 3, out int output, 1000));          // a duplicate by UDP and relay, or a replay
        Assert.Equal((Output.Failed, WireGuardError.OldStamp), (output, _r.Machine.Failure));
        Assert.Null(_r.Respond(_i.Initiate(_atI, 1, Party.Stamp(1)), _atR, 3, out _, 1000));
        Assert.Equal(WireGuardError.OldStamp, _r.Machine.Failure);
        Assert.NotNull(_r.Respond(_i.Initiate(_atI, 1, Party.Stamp(3)), _atR, 3, out _, 1000));
    }

    [Fact]
    public void Two_initiations_within_20_ms_are_a_flood()
    {
        Assert.NotNull(_r.Respond(_i.Initiate(_atI, 1, Party.Stamp(1)), _atR, 2, out _, 1000));
        Assert.Null(_r.Respond(_i.Initiate(_atI, 1, Party.Stamp(2)), _atR, 2, out _, 1019));
        Assert.Equal(WireGuardError.Flood, _r.Machine.Failure);
        Assert.NotNull(_r.Respond(_i.Initiate(_atI, 1, Party.Stamp(3)), _atR, 2, out _, 1020));
    }

    [Fact]
    public void Every_changed_byte_is_refused_and_does_not_spoil_the_genuine_message()
    {
        byte[] initiation = _i.Initiate(_atI, 7, Party.Stamp(1));
        for (int at = 0; at < WireGuardWire.InitiationMac1 + WireGuardWire.MacLength; at++)
        {
            byte[] bad = (byte[])initiation.Clone();
            bad[at] ^= 0x40;
            Assert.Null(_r.Respond(bad, _atR, 2, out int output));
            Assert.Equal(at < 4 ? WireGuardError.Malformed : WireGuardError.WrongMac, output);
            Remac(bad, WireGuardWire.InitiationMac1, _r.Public);
            if (at < 8 || at >= WireGuardWire.InitiationMac1) continue;          // the sender index is covered by mac1 alone
            Assert.Null(_r.Respond(bad, _atR, 2, out output));
            Assert.Equal(WireGuardError.WrongTag, _r.Machine.Failure);
        }
        byte[] response = _r.Respond(initiation, _atR, 8, out _);
        Assert.NotNull(response);
        for (int at = 12; at < WireGuardWire.ResponseMac1; at++)
        {
            byte[] bad = (byte[])response.Clone();
            bad[at] ^= 1;
            Remac(bad, WireGuardWire.ResponseMac1, _i.Public);
            Assert.Equal(Output.Failed, _i.Finish(_atI, bad));
            Assert.Equal(WireGuardError.WrongTag, _i.Machine.Failure);
        }
        foreach (int at in new[] { 4, WireGuardWire.ResponseMac1 + 3 })          // covered by mac1 alone
        {
            byte[] bad = (byte[])response.Clone();
            bad[at] ^= 1;
            Assert.Equal(WireGuardError.WrongMac, _i.Finish(_atI, bad));
        }
        byte[] elsewhere = (byte[])response.Clone();
        elsewhere[WireGuardWire.ResponseReceiver + 3] ^= 0x80;
        Remac(elsewhere, WireGuardWire.ResponseMac1, _i.Public);
        Assert.Equal(WireGuardError.NotPending, _i.Finish(_atI, elsewhere));
        Assert.Equal(Output.Event, _i.Finish(_atI, response));
        Assert.Equal(WireGuardError.NotPending, _i.Finish(_atI, response));      // the same response by the other path
    }

    [Fact]
    public void An_initiation_whose_ephemeral_has_low_order_is_dropped()
    {
        byte[] initiation = _i.Initiate(_atI, 1, Party.Stamp(1));
        Array.Clear(initiation, WireGuardWire.InitiationEphemeral, 32);
        Remac(initiation, WireGuardWire.InitiationMac1, _r.Public);
        Assert.Null(_r.Respond(initiation, _atR, 2, out int output));
        Assert.Equal((Output.Failed, WireGuardError.LowOrder), (output, _r.Machine.Failure));
        Assert.False(_r.Machine.IsBusy);
    }

    [Fact]
    public void A_stranger_is_refused()
    {
        Party stranger = new Party(Party.Key(0x55), 3);
        byte[] initiation = stranger.Initiate(stranger.PeerFor(_r), 1, Party.Stamp(1));
        Assert.Equal(Output.Event, _r.Run(_r.Machine.HandleInitiation(initiation, 0, initiation.Length, 0)));
        Assert.True(_r.Machine.AwaitsPeer);
        Assert.Equal(stranger.Public, _r.Machine.RemoteStatic.AsSpan(0, 32).ToArray());
        Assert.Equal(Output.Failed, _r.Machine.Accept(_atR, 1, 0));              // attributed to the wrong peer: a bug, caught
        Assert.Equal(WireGuardError.UnknownPeer, _r.Machine.Failure);
        Assert.False(_r.Machine.IsBusy);
    }

    [Fact]
    public void While_it_works_other_messages_wait_and_the_sender_it_found_stays()
    {
        byte[] initiation = _i.Initiate(_atI, 1, Party.Stamp(1));
        _r.Run(_r.Machine.HandleInitiation(initiation, 0, initiation.Length, 0));
        Assert.Equal(WireGuardError.Busy, _r.Machine.HandleInitiation(initiation, 0, initiation.Length, 0));
        Assert.Equal(WireGuardError.Busy, _r.Machine.Initiate(_atR, 9, Party.Stamp(1), 0));
        Assert.Equal(_i.Public, _r.Machine.RemoteStatic.AsSpan(0, 32).ToArray());
        Assert.NotEqual(0, _r.Run(_r.Machine.Accept(_atR, 2, 0)) & Output.Transmit);
    }

    [Fact]
    public void The_answer_of_a_job_for_a_dropped_handshake_is_ignored()
    {
        _i.Machine.Initiate(_atI, 1, Party.Stamp(1), 0);
        DhJob old = new DhJob();
        Assert.True(_i.Machine.PollJob(old));
        _i.Machine.Cancel();
        _i.Machine.Initiate(_atI, 2, Party.Stamp(2), 0);
        MicroLink.Drivers.Desktop.DesktopDhWorker.Compute(old);
        Assert.Equal(Output.None, _i.Machine.HandleJobDone(old, 0));
        Assert.All(old.Private.Concat(old.Result), b => Assert.Equal(0, b));
        Assert.True(_i.Machine.IsBusy);
        _i.Machine.Cancel();

        // Also when the new handshake waits for the answer of just that step.
        _i.Machine.Initiate(_atI, 1, Party.Stamp(1), 0);
        DhJob stale = new DhJob(), current = new DhJob();
        Assert.True(_i.Machine.PollJob(stale));
        _i.Machine.Cancel();
        _i.Machine.Initiate(_atI, 2, Party.Stamp(2), 0);
        Assert.True(_i.Machine.PollJob(current));
        Assert.Equal(Output.None, _i.Machine.HandleJobDone(stale, 0));
        MicroLink.Drivers.Desktop.DesktopDhWorker.Compute(current);
        Assert.Equal(Output.Transmit, _i.Run(_i.Machine.HandleJobDone(current, 0)));
        Assert.NotNull(_r.Respond(_i.Message(), _atR, 3, out _));
    }

    [Fact]
    public void Both_may_initiate_at_once_and_both_handshakes_complete()
    {
        byte[] fromI = _i.Initiate(_atI, 1, Party.Stamp(1)), fromR = _r.Initiate(_atR, 2, Party.Stamp(1));
        byte[] answerR = _r.Respond(fromI, _atR, 3, out _), answerI = _i.Respond(fromR, _atI, 4, out _);
        WireGuardSession r1 = _r.Session(), i1 = _i.Session();
        Assert.Equal(Output.Event, _i.Finish(_atI, answerR));
        Assert.Equal(Output.Event, _r.Finish(_atR, answerI));
        WireGuardSession i2 = _i.Session(), r2 = _r.Session();
        Assert.Equal(i2.SendKey, r1.ReceiveKey);
        Assert.Equal(r2.SendKey, i1.ReceiveKey);
        Assert.NotEqual(i1.SendKey, i2.SendKey);
    }

    [Fact]
    public void A_cookie_is_used_for_120_seconds_also_for_responses()
    {
        byte[] first = _i.Initiate(_atI, 1, Party.Stamp(1));
        Assert.All(first.AsSpan(132, 16).ToArray(), b => Assert.Equal(0, b));
        byte[] cookie = Enumerable.Range(1, 16).Select(n => (byte)n).ToArray();
        byte[] reply = CookieReply(cookie, first, WireGuardWire.InitiationMac1, _r.Public);
        byte[] forged = (byte[])reply.Clone();
        forged[63] ^= 1;
        Assert.Equal(WireGuardError.WrongTag, _i.Machine.HandleCookieReply(_atI, forged, 0, 64, 1000));
        Assert.Equal(Output.None, _i.Machine.HandleCookieReply(_atI, reply, 0, 64, 1000));

        byte[] mac2 = new byte[16];
        byte[] second = _i.Initiate(_atI, 2, Party.Stamp(2), 120999);
        Cipher.Blake2sKeyed(cookie, 0, 16, second, 0, 132, mac2, 0, 16);
        Assert.Equal(mac2, second.AsSpan(132, 16).ToArray());
        byte[] answer = _i.Respond(_r.Initiate(_atR, 3, Party.Stamp(1)), _atI, 4, out _, 120999);
        Cipher.Blake2sKeyed(cookie, 0, 16, answer, 0, 76, mac2, 0, 16);
        Assert.Equal(mac2, answer.AsSpan(76, 16).ToArray());
        byte[] third = _i.Initiate(_atI, 5, Party.Stamp(3), 121000);
        Assert.All(third.AsSpan(132, 16).ToArray(), b => Assert.Equal(0, b));
    }

    [Fact]
    public void Secrets_are_wiped_when_they_have_done_their_work()
    {
        byte[] initiation = _i.Initiate(_atI, 1, Party.Stamp(1));
        Assert.Contains(_atI.State.AsSpan(WireGuardPeer.EphemeralPrivate, 32).ToArray(), b => b != 0);
        _i.Finish(_atI, _r.Respond(initiation, _atR, 2, out _));
        Assert.All(_atI.State.AsSpan(WireGuardPeer.ChainKey, 96).ToArray(), b => Assert.Equal(0, b));
        Assert.All(_i.Job.Private.Concat(_i.Job.Result), b => Assert.Equal(0, b));
        WireGuardSession session = _i.Session();
        Assert.False(_i.Machine.PollEvent(new WireGuardSession()));
        WireGuardSession inside = (WireGuardSession)typeof(WireGuardHandshake)
            .GetField("_session", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance).GetValue(_i.Machine);
        Assert.All(inside.SendKey.Concat(inside.ReceiveKey), b => Assert.Equal(0, b));
        session.Wipe();
        Assert.All(session.SendKey.Concat(session.ReceiveKey), b => Assert.Equal(0, b));
        _atI.Wipe();
        Assert.All(_atI.State.AsSpan(32, WireGuardPeer.GreatestStamp - 32).ToArray(), b => Assert.Equal(0, b));
    }

    [Fact]
    public void Random_bytes_of_every_length_are_only_ever_a_code()
    {
        const int seed = 4711;
        Random random = new Random(seed);
        for (int n = 0; n < 3000; n++)
        {
            byte[] bytes = new byte[random.Next(0, 200)];
            random.NextBytes(bytes);
            if (bytes.Length > 4 && n % 2 == 0) new byte[] { (byte)(1 + random.Next(4)), 0, 0, 0 }.CopyTo(bytes, 0);
            Assert.True(_r.Machine.HandleInitiation(bytes, 0, bytes.Length, n) < 0, "seed " + seed);
            Assert.True(_r.Machine.HandleResponse(_atR, bytes, 0, bytes.Length, n) < 0, "seed " + seed);
            Assert.True(_r.Machine.HandleCookieReply(_atR, bytes, 0, bytes.Length, n) < 0, "seed " + seed);
            Assert.False(_r.Machine.IsBusy);
        }
    }

    [Theory]
    [InlineData(1, 148, 1)]
    [InlineData(1, 147, 0)]
    [InlineData(1, 149, 0)]
    [InlineData(2, 92, 2)]
    [InlineData(2, 93, 0)]
    [InlineData(3, 64, 3)]
    [InlineData(3, 65, 0)]
    [InlineData(4, 32, 4)]
    [InlineData(4, 31, 0)]
    [InlineData(5, 64, 0)]
    [InlineData(0, 64, 0)]
    public void Check_knows_the_exact_lengths(byte type, int length, int expected)
    {
        byte[] message = new byte[200];
        message[3] = type;
        Assert.Equal(expected, WireGuardWire.Check(message, 3, length));
        message[5] = 1;
        Assert.Equal(0, WireGuardWire.Check(message, 3, length));
        Assert.Equal(0, WireGuardWire.Check(message, 200 - length + 1, length));
    }

    private static void Remac(byte[] message, int mac1, byte[] receiver)
    {
        byte[] labelled = "mac1----"u8.ToArray().Concat(receiver).ToArray(), key = new byte[32];
        Cipher.Blake2s(labelled, 0, 40, key, 0, 32);
        Cipher.Blake2sKeyed(key, 0, 32, message, 0, mac1, message, mac1, 16);
    }

    private static byte[] CookieReply(byte[] cookie, byte[] refused, int mac1, byte[] sender)
    {
        byte[] labelled = "cookie--"u8.ToArray().Concat(sender).ToArray(), key = new byte[32], reply = new byte[64];
        Cipher.Blake2s(labelled, 0, 40, key, 0, 32);
        reply[0] = 3;
        Array.Fill(reply, (byte)7, 8, 24);
        cookie.CopyTo(reply, 32);
        Cipher.XChaChaPolySeal(key, 0, reply, 8, refused, mac1, 16, reply, 32, 16);
        return reply;
    }

    private static JsonElement Capture(string name)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Vectors.Path("captures/wireguard/wireguard.json")));
        return json.RootElement.GetProperty("handshakes").EnumerateArray().Single(h => h.GetProperty("name").GetString() == name).Clone();
    }

    private static byte[] Get(JsonElement from, string name) => Hex(from.GetProperty(name).GetString());

    private static byte[] Hex(string text) => Convert.FromHexString(text);

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
