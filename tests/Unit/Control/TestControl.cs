using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using MicroLink.Bytes;
using MicroLink.Http2;
using MicroLink.Noise;
using MicroLink.Tests.Unit.Http2;
using MicroLink.Tests.Unit.Noise;

namespace MicroLink.Tests.Unit.Control;

/// <summary>A control server in memory, with a knob for every way in which one can misbehave.</summary>
internal sealed class TestControl
{
    public readonly byte[] Private = Convert.FromHexString("2022222222222222222222222222222222222222222222222222222222222262");
    public byte[] Public = Convert.FromHexString("0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20");
    public bool EarlyNoise = true;
    public Func<string> KeyAnswer;
    public string UpgradeAnswer;
    /// <summary>Not null: what a connection to a port without TLS answers to the upgrade; "" = nothing.</summary>
    public string PlainAnswer;
    public bool CloseAfter101;
    /// <summary>Takes the upgrade request and says nothing.</summary>
    public bool Silent;
    /// <summary>Bytes of a Noise answer that go out before CloseAfter101 closes.</summary>
    public int BytesBeforeClose;
    public Func<JsonElement, Answer> OnRegister = _ => new Answer(200, "{\"User\":{\"ID\":1},\"NodeKeyExpired\":false,\"MachineAuthorized\":true,\"AuthURL\":\"\",\"NodeKeySignature\":null,\"Error\":\"\"}");
    public Func<JsonElement, Answer> OnPoll = _ => new Answer(200, null);
    public Func<JsonElement, Answer> OnLite = _ => new Answer(200, "");
    /// <summary>Plaintext bytes of one Noise record.</summary>
    public int RecordBytes = NoiseWire.MaxPlaintext;
    /// <summary>A record ends at this byte of a connection's plaintext, 0 = where it may.</summary>
    public int RecordCut;
    /// <summary>An empty record goes before each other one.</summary>
    public bool EmptyRecords;
    public readonly List<JsonElement> Registers = new(), Polls = new(), Lites = new();
    public readonly List<string> Other = new();
    public readonly List<TestConnection> Connections = new();

    public TestConnection Last => Connections[^1];
    public TestConnection Accept(bool tls)
    {
        Connections.Add(new TestConnection(this) { Tls = tls });
        return Last;
    }

    public string Key() => "{\"legacyPublicKey\":\"mkey:" + new string('0', 64) + "\",\"publicKey\":\"mkey:" + Convert.ToHexString(Public).ToLowerInvariant() + "\"}\n";
}

/// <summary>Body null: the head only, the stream stays open. Status 0: no answer at all.</summary>
internal sealed record Answer(int Status, string Body, string RetryAfter = null, string Date = null);

/// <summary>One connection of the server: bytes in, bytes out.</summary>
internal sealed class TestConnection : IHpackSink
{
    private readonly TestControl _control;
    private readonly List<byte> _in = new();
    private readonly NoiseHandshake _noise = new(new NoiseHandshakeTests.Fixed("4044444444444444444444444444444444444444444444444444444444444444"));
    private readonly NoiseRecords _records = new();
    private readonly HpackDecoder _hpack;
    private readonly Dictionary<string, string> _fields = new();
    private readonly Dictionary<int, (string Path, List<byte> Body)> _requests = new();
    private readonly Dictionary<int, long> _windows = new();
    private readonly Dictionary<int, Queue<byte[]>> _waiting = new();
    private long _window = 65535;
    private bool _upgraded, _prefaceSeen;
    private readonly List<byte> _plain = new();
    private int _plainSent;

    public readonly List<byte> Out = new();
    public bool Closed;
    /// <summary>The client has closed this connection.</summary>
    public bool Gone;
    public bool Tls;
    public int PollStream, RegisterStream;
    public long InitialWindow = 65535;
    public bool GoAwaySeen;

    public TestConnection(TestControl control)
    {
        _control = control;
        _hpack = new HpackDecoder(4096, this);
    }

    public void Receive(byte[] bytes)
    {
        _in.AddRange(bytes);
        if (!_upgraded) Http1();
        if (_upgraded) Records();
    }

    private void Http1()
    {
        string text = Encoding.ASCII.GetString(_in.ToArray());
        int end = text.IndexOf("\r\n\r\n");
        if (end < 0) return;
        if (text.StartsWith("GET /key?v=113 HTTP/1.1\r\n"))
        {
            Send(Encoding.ASCII.GetBytes(_control.KeyAnswer?.Invoke() ?? Http200(_control.Key())));
            Closed = true;
            return;
        }
        if (!text.StartsWith("POST /ts2021 HTTP/1.1\r\n")) throw new InvalidOperationException(text);
        if (_control.Silent)
        {
            _in.Clear();
            return;
        }
        if (!Tls && _control.PlainAnswer != null)
        {
            _in.Clear();
            Send(Encoding.ASCII.GetBytes(_control.PlainAnswer));
            Closed = _control.PlainAnswer.Length > 0;
            return;
        }
        if (_control.UpgradeAnswer != null)
        {
            Send(Encoding.ASCII.GetBytes(_control.UpgradeAnswer));
            Closed = true;
            return;
        }
        byte[] initiation = Convert.FromBase64String(Regex.Match(text, "X-Tailscale-Handshake: (\\S+)\r\n").Groups[1].Value);
        _in.Clear();
        Send(Encoding.ASCII.GetBytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: tailscale-control-protocol\r\nConnection: upgrade\r\n\r\n"));
        if (_control.CloseAfter101)
        {
            if (_control.BytesBeforeClose > 0) Send(new byte[] { 2, 0, 48, 1, 2, 3 }.AsSpan(0, _control.BytesBeforeClose).ToArray());
            Closed = true;
            return;
        }
        _noise.StartResponder(_control.Private, _control.Public, 0);
        _noise.Handle(initiation, 0, initiation.Length, 0);
        NoiseHandshakeTests.Pump(_noise);
        byte[] response = new byte[NoiseWire.ResponseLength];
        if (_noise.PollTransmit(response, 0) == 0)
        {
            // A key of another server: what a real server does with an initiation that it cannot read.
            byte[] error = Encoding.ASCII.GetBytes("noise handshake failed");
            Send(new byte[] { 3, 0, (byte)error.Length }.Concat(error).ToArray());
            Closed = true;
            return;
        }
        Send(response);
        _records.Start(_noise.SendKey, _noise.ReceiveKey);
        _upgraded = true;
        if (_control.EarlyNoise)
        {
            byte[] early = new byte[200];
            int count = MicroLink.Noise.EarlyNoise.Write(early, 0, Encoding.ASCII.GetBytes("{\"nodeKeyChallenge\":\"chalpub:" + new string('0', 64) + "\"}"));
            Plain(early[..count]);
        }
        Plain(Http2Pair.Frame(4, 0, 0, 0, 3, 0, 0, 0, 250));
    }

    private void Records()
    {
        byte[] bytes = _in.ToArray();
        _in.Clear();
        for (int at = 0; at < bytes.Length;)
        {
            int result = _records.Open(bytes, at, bytes.Length - at);
            if (result == NoiseRecords.Failed) throw new InvalidOperationException("the client sent a broken record");
            at += _records.Consumed;
            if (result == NoiseRecords.Record) _plain.AddRange(_records.Plain.Skip(_records.PlainOffset).Take(_records.PlainCount));
        }
        if (!_prefaceSeen)
        {
            if (_plain.Count < 24) return;
            if (Encoding.ASCII.GetString(_plain.Take(24).ToArray()) != Http2Wire.Preface) throw new InvalidOperationException("no preface");
            _plain.RemoveRange(0, 24);
            _prefaceSeen = true;
        }
        while (_plain.Count >= 9)
        {
            int length = (_plain[0] << 16) | (_plain[1] << 8) | _plain[2];
            if (_plain.Count < 9 + length) return;
            byte[] frame = _plain.Take(9 + length).ToArray();
            _plain.RemoveRange(0, 9 + length);
            OnFrame(frame[3], frame[4], (int)ByteOrder.LoadU32BE(frame, 5), frame[9..]);
        }
    }

    private void OnFrame(int type, int flags, int stream, byte[] payload)
    {
        switch (type)
        {
            case 0:
                _requests[stream].Body.AddRange(payload);
                break;
            case 1:
                _fields.Clear();
                _hpack.Begin();
                if (!_hpack.Handle(payload, 0, payload.Length) || !_hpack.End()) throw new InvalidOperationException("hpack");
                _requests[stream] = (_fields[":method"] + " " + _fields[":path"], new List<byte>());
                _windows[stream] = InitialWindow;
                break;
            case 4:
                if ((flags & 1) == 0) Plain(Http2Pair.Frame(4, 1, 0));
                for (int i = 0; (flags & 1) == 0 && i + 6 <= payload.Length; i += 6)
                    if (payload[i + 1] == 4) InitialWindow = ByteOrder.LoadU32BE(payload, i + 2);
                break;
            case 7: GoAwaySeen = true; break;
            case 8:
                if (stream == 0) _window += ByteOrder.LoadU32BE(payload, 0);
                else if (_windows.ContainsKey(stream)) _windows[stream] += ByteOrder.LoadU32BE(payload, 0);
                FlushWaiting();
                break;
        }
        if (type <= 1 && (flags & 1) != 0) OnRequest(stream);
    }

    private void OnRequest(int stream)
    {
        (string path, List<byte> body) = _requests[stream];
        if (!path.StartsWith("POST"))
        {
            _control.Other.Add(path);
            Respond(stream, new Answer(200, ""));
            return;
        }
        JsonElement json = JsonDocument.Parse(body.ToArray()).RootElement;
        if (path == "POST /machine/register")
        {
            _control.Registers.Add(json);
            RegisterStream = stream;
            Respond(stream, _control.OnRegister(json));
        }
        else if (json.GetProperty("Stream").GetBoolean())
        {
            _control.Polls.Add(json);
            PollStream = stream;
            Respond(stream, _control.OnPoll(json));
        }
        else
        {
            _control.Lites.Add(json);
            Respond(stream, _control.OnLite(json));
        }
    }

    public void Respond(int stream, Answer answer)
    {
        if (answer.Status == 0) return;
        Plain(Http2Pair.Head(stream, answer.Status.ToString(), answer.Body == "", answer.RetryAfter == null ? null : "retry-after", answer.RetryAfter, answer.Date));
        if (!string.IsNullOrEmpty(answer.Body)) Plain(Http2Pair.Frame(0, 1, stream, Encoding.UTF8.GetBytes(answer.Body)));
    }

    /// <summary>One framed map message on the poll, within the windows that the client has given.</summary>
    public void Push(string json, int? lengthField = null)
    {
        byte[] body = Encoding.UTF8.GetBytes(json);
        byte[] framed = BitConverter.GetBytes(lengthField ?? body.Length).Concat(body).ToArray();
        PushRaw(framed);
    }

    public void PushRaw(byte[] bytes)
    {
        for (int at = 0; at < bytes.Length; at += 8000)
        {
            if (!_waiting.TryGetValue(PollStream, out Queue<byte[]> queue)) _waiting[PollStream] = queue = new Queue<byte[]>();
            queue.Enqueue(bytes[at..Math.Min(bytes.Length, at + 8000)]);
        }
        FlushWaiting();
    }

    public int WaitingFrames => _waiting.Values.Sum(q => q.Count);

    public void EndPoll() => Plain(Http2Pair.Frame(0, 1, PollStream));

    public void PlainFrame(byte[] frame) => Plain(frame);

    private void FlushWaiting()
    {
        foreach ((int stream, Queue<byte[]> queue) in _waiting)
        {
            while (queue.Count > 0 && queue.Peek().Length <= _window && queue.Peek().Length <= _windows[stream])
            {
                byte[] data = queue.Dequeue();
                _window -= data.Length;
                _windows[stream] -= data.Length;
                Plain(Http2Pair.Frame(0, 0, stream, data));
            }
        }
    }

    /// <summary>Bytes of HTTP/2 that have gone out.</summary>
    public int PlainSent => _plainSent;

    private void Plain(byte[] bytes)
    {
        for (int at = 0; at < bytes.Length;)
        {
            int count = Math.Min(_control.RecordBytes, bytes.Length - at);
            if (_plainSent < _control.RecordCut) count = Math.Min(count, _control.RecordCut - _plainSent);
            if (_control.EmptyRecords) Seal(Array.Empty<byte>());
            Seal(bytes[at..(at + count)]);
            at += count;
            _plainSent += count;
        }
    }

    private void Seal(byte[] bytes)
    {
        byte[] record = new byte[NoiseWire.MaxRecord];
        bytes.CopyTo(record, 3);
        Send(record[.._records.SealInPlace(record, 0, bytes.Length)]);
    }

    private void Send(byte[] bytes) => Out.AddRange(bytes);

    public static string Http200(string body) => $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    void IHpackSink.OnHeader(byte[] bytes, int nameCount, int valueCount, bool truncated) =>
        _fields[Encoding.ASCII.GetString(bytes, 0, nameCount)] = Encoding.ASCII.GetString(bytes, nameCount, valueCount);
}
