using System;
using System.Collections.Generic;
using System.Text;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.Http2;
using MicroLink.Native;
using MicroLink.Noise;

namespace MicroLink.Tests.Fuzz;

/// <summary>
/// A whole ts2021 connection with a server that holds the right keys: what afl changes is the text inside the records and where records and
/// segments end, so that damage reaches EarlyNoise and HTTP/2 through layers that are whole.
/// </summary>
internal static class FuzzSession
{
    private static readonly byte[] ServerPrivate = Key(1), ServerPublic = PublicOf(ServerPrivate);
    private static readonly Dictionary<string, byte[]> s_known = new();
    private static readonly NodeIdentity Client = new() { MachinePrivate = Key(2), MachinePublic = PublicOf(Key(2)) };

    /// <summary>Bytes 0 and 1: the size of segments and of records; the rest is the server's plaintext.</summary>
    public static void Run(byte[] input)
    {
        if (input.Length < 2) return;
        int segment = input[0] + 1, record = (input[1] + 1) * 16;
        ControlSession session = new(new Ones(), 1024, 65535);
        session.Start("h", Client, ServerPublic, 0);
        Pump(session);
        NoiseRecords sender = Accept(session, out byte[] head);
        Feed(session, head, segment);
        Check(session.IsOpen, "the handshake is not done: " + session.Failure);
        session.Http.Request(new Http2Request { Path = "/machine/map", Authority = "h", Body = new byte[3], BodyCount = 3 });
        byte[] bytes = new byte[NoiseWire.MaxRecord];
        for (int at = 2; at < input.Length && session.Failure == null;)
        {
            int count = Math.Min(Math.Min(record, NoiseWire.MaxPlaintext), input.Length - at);
            Array.Copy(input, at, bytes, NoiseWire.HeaderLength, count);
            Feed(session, bytes[..sender.SealInPlace(bytes, 0, count)], segment);
            at += count;
        }

        Check(session.Failure != null || session.ClosedText() != null, "session text");
    }

    private static NoiseRecords Accept(ControlSession session, out byte[] head)
    {
        byte[] request = new byte[4096];
        string text = Encoding.ASCII.GetString(request, 0, session.PollTransmit(request, 0));
        int at = text.IndexOf("Handshake: ", StringComparison.Ordinal) + 11;
        byte[] initiation = Convert.FromBase64String(text[at..text.IndexOf('\r', at)]);
        NoiseHandshake server = new(new Ones());
        server.StartResponder(ServerPrivate, ServerPublic, 0);
        server.Handle(initiation, 0, initiation.Length, 0);
        DhJob job = new();
        while (server.PollJob(job))
        {
            Compute(job);
            server.HandleJobDone(job, 0);
        }

        byte[] upgrade = Encoding.ASCII.GetBytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: tailscale-control-protocol\r\nConnection: upgrade\r\n\r\n");
        head = new byte[upgrade.Length + NoiseWire.ResponseLength];
        upgrade.CopyTo(head, 0);
        Check(server.PollTransmit(head, upgrade.Length) > 0, "no response");
        NoiseRecords sender = new();
        sender.Start(server.SendKey, server.ReceiveKey);
        return sender;
    }

    private static void Feed(ControlSession session, byte[] bytes, int segment)
    {
        Http2Event happened = new();
        byte[] sent = new byte[NoiseWire.MaxRecord];
        int idle = 0;
        for (int at = 0; (at < bytes.Length || idle == 0) && session.Failure == null;)
        {
            int count = Math.Min(segment, bytes.Length - at);
            session.Handle(bytes, at, count, 0);
            Check(session.Consumed >= 0 && session.Consumed <= count, "session consumed");
            at += session.Consumed;
            bool any = Pump(session) | session.Consumed > 0;
            while (session.PollEvent(happened))
            {
                any = true;
                if (happened.Kind == Http2Event.Data) session.Http.Consume(happened.Stream, happened.Count);
            }

            while (session.IsOpen && session.PollTransmit(sent, 0) > 0) { }
            idle = any ? 0 : idle + 1;
            Check(idle < 3, "session progress");
        }
    }

    private static bool Pump(ControlSession session)
    {
        DhJob job = new();
        bool any = false;
        while (session.PollJob(job))
        {
            any = true;
            Compute(job);
            session.HandleJobDone(job, 0);
        }

        return any;
    }

    // Every run computes the same few: they are kept, or they would take nine tenths of the time.
    private static void Compute(DhJob job)
    {
        string which = Convert.ToHexString(job.Private) + (job.BasePoint ? "" : Convert.ToHexString(job.Public));
        if (!s_known.TryGetValue(which, out byte[] result))
        {
            int code = job.BasePoint ? Cipher.X25519Base(job.Private, 0, job.Result, 0) : Cipher.X25519(job.Private, 0, job.Public, 0, job.Result, 0);
            Check(code == 0, "X25519");
            s_known[which] = result = (byte[])job.Result.Clone();
        }

        result.CopyTo(job.Result, 0);
        job.Ok = true;
    }

    private static byte[] Key(byte fill)
    {
        byte[] key = new byte[KeyText.Length];
        Array.Fill(key, fill);
        KeyText.Clamp(key, 0);
        return key;
    }

    private static byte[] PublicOf(byte[] key)
    {
        byte[] result = new byte[KeyText.Length];
        Cipher.X25519Base(key, 0, result, 0);
        return result;
    }

    private static void Check(bool good, string what)
    {
        if (!good) throw new InvalidOperationException("wrong: " + what);
    }

    private sealed class Ones : IEntropy
    {
        public void Fill(byte[] buffer, int offset, int count) => Array.Fill(buffer, (byte)1, offset, count);
    }
}
