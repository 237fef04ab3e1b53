using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using MicroLink.Drivers;
using MicroLink.Lab.Core;

namespace MicroLink.Tests.Unit.Lab;

/// <summary>A lab core with probes at its doors.</summary>
internal sealed class LabBench
{
    public const string Machine = "mkey:7b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f13";
    public const string OtherMachine = "mkey:1111111111111111111111111111111111111111111111111111111111111111";

    public readonly List<string> Lines = new();
    public readonly LabOptions Options = new();
    public LabCore Core;

    public LabBench(params byte[][] entropy)
    {
        Options.Regions.Add(new LabRegion { HostName = "localhost", IPv4 = "127.0.0.1", DerpPort = 443 });
        Scripted = new ScriptedEntropy(entropy);
    }

    public ScriptedEntropy Scripted { get; }

    public LabBench Make()
    {
        Core = new LabCore(Options, Scripted, (_, text) => Lines.Add(text));
        return this;
    }

    public Answer Post(string path, string body, string machine = Machine, long nowMs = 0, string method = "POST")
    {
        var answer = new Answer();
        var request = new LabRequest { Method = method, Path = path, Body = Encoding.UTF8.GetBytes(body), MachineKey = machine,
            Remote = "test" };
        answer.Exchange = Core.Control.Handle(request, answer, nowMs);
        return answer;
    }

    /// <summary>Registers a node with the key and returns its row.</summary>
    public LabNode Join(char id, string name, long nowMs = 0, string more = "")
    {
        Post("/machine/register", Register(NodeKey(id), name, more), MachineOf(id), nowMs);
        return Core.Control.FindByKey(NodeKey(id));
    }

    public Answer Poll(char id, string name = "n", string more = "", long nowMs = 0)
    {
        return Post("/machine/map", Map(id, name, "\"Stream\":true" + more), MachineOf(id), nowMs);
    }

    public Answer Lite(char id, string name = "n", string more = "", long nowMs = 0)
    {
        return Post("/machine/map", Map(id, name, "\"OmitPeers\":true" + more), MachineOf(id), nowMs);
    }

    public static string NodeKey(char id) => "nodekey:" + new string(id, 64);

    public static string MachineOf(char id) => "mkey:" + new string(id, 64);

    public static string DiscoKey(char id) => "discokey:" + new string(id, 64);

    public static string Register(string nodeKey, string name, string more = "", string authKey = "tskey-auth-lab")
    {
        string auth = authKey == null ? "" : "\"Auth\":{\"AuthKey\":\"" + authKey + "\"},";
        return "{\"Version\":113,\"NodeKey\":\"" + nodeKey + "\"," + auth + "\"Hostinfo\":{\"Hostname\":\"" + name
            + "\",\"OS\":\"linux\"}" + more + "}";
    }

    public static string Map(char id, string name, string more)
    {
        return "{\"Version\":113,\"KeepAlive\":true,\"NodeKey\":\"" + NodeKey(id) + "\",\"DiscoKey\":\"" + DiscoKey(id)
            + "\",\"Hostinfo\":{\"Hostname\":\"" + name + "\",\"OS\":\"linux\",\"NetInfo\":{\"PreferredDERP\":900}}," + more + "}";
    }
}

/// <summary>Gives out the listed arrays first, then a counter: every run is the same.</summary>
internal sealed class ScriptedEntropy : IEntropy
{
    private readonly Queue<byte[]> _script;
    private int _counter;

    public ScriptedEntropy(params byte[][] script)
    {
        _script = new Queue<byte[]>(script);
    }

    public void Enqueue(byte[] bytes) => _script.Enqueue(bytes);

    public void Fill(byte[] buffer, int offset, int count)
    {
        if (_script.TryDequeue(out byte[] bytes))
        {
            bytes.AsSpan(0, count).CopyTo(buffer.AsSpan(offset));
            return;
        }
        for (int i = 0; i < count; i++) buffer[offset + i] = (byte)(++_counter * 37 + i);
    }
}

/// <summary>Records one response, and splits a map stream into its messages.</summary>
internal sealed class Answer : ILabResponse
{
    private readonly MemoryStream _body = new();
    private int _read;

    public LabExchange Exchange;
    public int Status;
    public string ContentType;
    public bool Ended;
    public long Backlog { get; set; }
    public string Text => Encoding.UTF8.GetString(_body.ToArray());
    public JsonElement Json => JsonDocument.Parse(_body.ToArray()).RootElement;

    public void Start(int status, string contentType, int contentLength)
    {
        Status = status;
        ContentType = contentType;
    }

    public void Write(ReadOnlySpan<byte> bytes) => _body.Write(bytes);

    public void End() => Ended = true;

    /// <summary>The next framed MapResponse, or default when there is none yet.</summary>
    public JsonElement Next()
    {
        byte[] bytes = _body.ToArray();
        if (bytes.Length - _read < 4) return default;
        int length = BitConverter.ToInt32(bytes, _read);
        JsonElement message = JsonDocument.Parse(bytes.AsMemory(_read + 4, length)).RootElement;
        _read += 4 + length;
        return message;
    }

    public byte[] Raw => _body.ToArray();
}

/// <summary>The client's end of a byte connection.</summary>
internal sealed class PipeProbe : ILabPipe
{
    private readonly MemoryStream _received = new();

    public bool CanSend { get; set; } = true;
    public string Closed;

    public void Send(ReadOnlySpan<byte> bytes) => _received.Write(bytes);

    public void Close(string reason) => Closed = reason;

    /// <summary>What came since the last call.</summary>
    public byte[] Take()
    {
        byte[] bytes = _received.ToArray();
        _received.SetLength(0);
        return bytes;
    }
}
