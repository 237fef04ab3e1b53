using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using MicroLink.Bytes;
using MicroLink.Http2;
using MicroLink.Lab.Core;
using MicroLink.Native;
using MicroLink.Noise;
using Xunit;

namespace MicroLink.Tests.Unit.Lab;

/// <summary>The node's own Noise and HTTP/2 machines, joined to the lab's control stream without anything between them.</summary>
internal sealed class LabClient
{
    private readonly LabStream _stream;
    private readonly PipeProbe _pipe = new();
    private readonly NoiseRecords _records = new();
    private readonly EarlyNoiseSkipper _early = new();
    private readonly Dictionary<int, MemoryStream> _bodies = new();

    public readonly Http2Connection Http = new(4096, 65535);
    public readonly Dictionary<int, int> Status = new();
    public readonly HashSet<int> Ended = new();
    /// <summary>Bytes handed over at a time, to cut records and frames anywhere.</summary>
    public int Portion = int.MaxValue;
    public string MachineKey;

    public LabClient(LabBench bench, byte machine, long nowMs = 0, int version = 113)
    {
        _stream = bench.Core.AcceptControl(_pipe, "test", nowMs);
        byte[] privateKey = new byte[32], publicKey = new byte[32];
        Array.Fill(privateKey, machine);
        Cipher.X25519Base(privateKey, 0, publicKey, 0);
        MachineKey = "mkey:" + Convert.ToHexStringLower(publicKey);
        var handshake = new NoiseHandshake(new ScriptedEntropy());
        handshake.StartInitiator(version, privateKey, publicKey, bench.Core.Control.NoisePublic, nowMs);
        RunJobs(handshake, nowMs);
        byte[] initiation = new byte[NoiseWire.InitiationLength];
        Assert.Equal(101, handshake.PollTransmit(initiation, 0));
        string request = "POST /ts2021 HTTP/1.1\r\nHost: lab\r\nUpgrade: tailscale-control-protocol\r\nConnection: upgrade\r\nX-Tailscale-Handshake: "
            + Convert.ToBase64String(initiation) + "\r\nContent-Length: 0\r\n\r\n";
        _stream.Receive(Encoding.ASCII.GetBytes(request), nowMs);
        byte[] answer = _pipe.Take();
        int head = Encoding.Latin1.GetString(answer).IndexOf("\r\n\r\n") + 4;
        Head = Encoding.ASCII.GetString(answer, 0, head);
        Closed = _pipe.Closed;
        if (_pipe.Closed != null) return;
        handshake.Handle(answer, head, answer.Length - head, nowMs);
        int consumed = handshake.Consumed;
        RunJobs(handshake, nowMs);
        Assert.True(handshake.Done, "Noise failure " + handshake.Failure);
        _records.Start(handshake.SendKey, handshake.ReceiveKey);
        Take(answer.AsSpan(head + consumed), nowMs);
        Exchange(nowMs);
    }

    public string Head { get; }
    public string Closed { get; private set; }
    public bool SawEarlyNoise => _early.Seen;

    public int Post(string path, string body, long nowMs = 0, string method = "POST")
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        int id = Http.Request(new Http2Request { Method = method, Path = path, Authority = "lab", Body = bytes, BodyCount = bytes.Length });
        Assert.True(id > 0);
        Exchange(nowMs);
        return id;
    }

    public string Body(int id) => _bodies.TryGetValue(id, out MemoryStream body) ? Encoding.UTF8.GetString(body.ToArray()) : "";

    public byte[] Raw(int id) => _bodies[id].ToArray();

    /// <summary>Moves bytes both ways until neither side has any.</summary>
    public void Exchange(long nowMs)
    {
        bool moved = true;
        while (moved)
        {
            moved = false;
            byte[] received = _pipe.Take();
            if (received.Length > 0)
            {
                moved = true;
                Take(received, nowMs);
            }
            byte[] record = new byte[NoiseWire.MaxRecord];
            int n = Http.PollTransmit(record, 3, NoiseWire.MaxPlaintext);
            if (n == 0) continue;
            moved = true;
            int length = _records.SealInPlace(record, 0, n);
            Deliver(record.AsSpan(0, length), nowMs);
        }
        Closed = _pipe.Closed;
    }

    public void Deliver(ReadOnlySpan<byte> bytes, long nowMs)
    {
        while (bytes.Length > 0)
        {
            int n = Math.Min(Portion, bytes.Length);
            _stream.Receive(bytes[..n], nowMs);
            bytes = bytes[n..];
        }
    }

    /// <summary>Seals plaintext as it is, past the HTTP/2 client.</summary>
    public void SendPlain(ReadOnlySpan<byte> plain, long nowMs)
    {
        byte[] record = new byte[NoiseWire.MaxRecord];
        plain.CopyTo(record.AsSpan(3));
        Deliver(record.AsSpan(0, _records.SealInPlace(record, 0, plain.Length)), nowMs);
        Closed = _pipe.Closed;
    }

    public void Disconnect(long nowMs) => _stream.PeerClosed(nowMs);

    private void Take(ReadOnlySpan<byte> bytes, long nowMs)
    {
        byte[] block = bytes.ToArray();
        int at = 0;
        while (at < block.Length)
        {
            int result = _records.Open(block, at, block.Length - at);
            at += _records.Consumed;
            Assert.NotEqual(NoiseRecords.Failed, result);
            if (result == NoiseRecords.Record) Plain(_early.Feed(_records.Plain.AsSpan(_records.PlainOffset, _records.PlainCount)), nowMs);
        }
    }

    private void Plain(byte[] plain, long nowMs)
    {
        int at = 0;
        var happened = new Http2Event();
        while (at < plain.Length)
        {
            Http.Handle(plain, at, plain.Length - at, nowMs);
            at += Http.Consumed;
            Assert.Equal(0, Http.Failure);
            while (Http.PollEvent(happened)) Handle(happened);
        }
    }

    private void Handle(Http2Event happened)
    {
        if (happened.Kind == Http2Event.Response) Status[happened.Stream] = happened.Status;
        else if (happened.Kind == Http2Event.End) Ended.Add(happened.Stream);
        else if (happened.Kind == Http2Event.Data)
        {
            if (!_bodies.TryGetValue(happened.Stream, out MemoryStream body)) _bodies.Add(happened.Stream, body = new MemoryStream());
            body.Write(happened.Buffer, happened.Offset, happened.Count);
            Http.Consume(happened.Stream, happened.Count);
        }
    }

    private static void RunJobs(NoiseHandshake handshake, long nowMs)
    {
        var job = new DhJob();
        while (handshake.PollJob(job))
        {
            job.Ok = (job.BasePoint ? Cipher.X25519Base(job.Private, 0, job.Result, 0)
                : Cipher.X25519(job.Private, 0, job.Public, 0, job.Result, 0)) == 0;
            handshake.HandleJobDone(job, nowMs);
        }
    }

    /// <summary>Strips the EarlyNoise blob when the first bytes are one.</summary>
    private sealed class EarlyNoiseSkipper
    {
        private readonly List<byte> _start = new();
        private bool _done;

        public bool Seen;

        public byte[] Feed(ReadOnlySpan<byte> plain)
        {
            if (_done) return plain.ToArray();
            _start.AddRange(plain.ToArray());
            if (_start.Count < 9) return Array.Empty<byte>();
            Seen = _start[0] == 0xFF && _start[3] == 0x54 && _start[4] == 0x53;
            int skip = Seen ? 9 + (_start[7] << 8 | _start[8]) : 0;
            if (_start.Count < skip) return Array.Empty<byte>();
            _done = true;
            return _start.GetRange(skip, _start.Count - skip).ToArray();
        }
    }
}
