using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using MicroLink.Native;

namespace MicroLink.Lab.Core
{
    /// <summary>
    /// One connection to a relay, after TLS: HTTP upgrade, hello, frames.
    /// <code>
    /// frame    type u8 | length u32 BE | payload
    /// 01 S>C   ServerKey   "DERP" F0 9F 94 91 | server key[32]         04 C>S  SendPacket  destination[32] | packet
    /// 02 C>S   ClientInfo  node key[32] | nonce[24] | tag[16] | JSON   05 S>C  RecvPacket  source[32] | packet
    /// 03 S>C   ServerInfo  nonce[24] | tag[16] | JSON                  08 S>C  PeerGone    key[32] | reason
    /// </code>
    /// </summary>
    internal sealed class LabRelayStream : LabStream
    {
        private const int ServerKey = 1, ClientInfo = 2, ServerInfo = 3, SendPacket = 4, RecvPacket = 5, KeepAlive = 6, NotePreferred = 7,
            PeerGone = 8, ForwardPacket = 10, WatchConns = 16, ClosePeer = 17, Ping = 18, Pong = 19;
        private const int MaxClientInfo = 256 << 10, MaxPacket = 65536, MaxPing = 1000, MaxFrame = 1 << 20, HelloMs = 10_000;

        private readonly LabCore _core;
        private readonly LabRelay _relay;
        private readonly ILabPipe _pipe;
        private readonly string _remote;
        private readonly Queue<byte[]> _packets = new Queue<byte[]>();
        private readonly Queue<byte[]> _disco = new Queue<byte[]>();
        private LabHttpHead _head = new LabHttpHead();
        private byte[] _frame = new byte[4096];
        private int _have;
        private bool _framing, _ready, _closed;
        private long _deadline;
        private double _notHereTokens = 3;
        private long _notHereAtMs;

        public LabRelayStream(LabCore core, LabRelay relay, ILabPipe pipe, string remote, long nowMs)
        {
            _core = core;
            _relay = relay;
            _pipe = pipe;
            _remote = remote;
            _deadline = nowMs + HelloMs;
        }

        public byte[] Key { get; } = new byte[32];
        public string NodeKey { get; private set; } = "";
        public HashSet<string> SentTo { get; } = new HashSet<string>();

        public override long Deadline => _deadline;

        public override void Receive(ReadOnlySpan<byte> bytes, long nowMs)
        {
            while (bytes.Length > 0 && !_closed)
            {
                if (_framing)
                {
                    bytes = bytes[ReceiveFrame(bytes, nowMs)..];
                    continue;
                }
                bool complete = _head.Feed(bytes, out int consumed);
                bytes = bytes[consumed..];
                if (!complete) return;
                Answer(_head, nowMs);
                _head = new LabHttpHead();
            }
        }

        public override void PeerClosed(long nowMs)
        {
            if (_closed) return;
            _closed = true;
            _core.Forget(this);
            _relay.Leave(this, nowMs);
        }

        public override void Writable(long nowMs) => Drain();

        public override void HandleTimeout(long nowMs)
        {
            if (!_ready)
            {
                Refuse("no hello for " + HelloMs / 1000 + " s", nowMs);
                return;
            }
            Send(KeepAlive);
            _deadline = nowMs + _core.Options.RelayKeepAliveMs;
        }

        internal void Close(string reason, long nowMs)
        {
            if (_closed) return;
            _pipe.Close(reason);
            PeerClosed(nowMs);
        }

        internal void Enqueue(byte[] source, ReadOnlySpan<byte> packet, bool disco)
        {
            byte[] frame = Frame(RecvPacket, source, packet);
            Queue<byte[]> queue = disco ? _disco : _packets;
            if (queue.Count >= _core.Options.RelayQueue)
            {
                queue.Dequeue();
                _relay.DroppedOldest++;
            }
            queue.Enqueue(frame);
            Drain();
        }

        internal void SendPeerGone(ReadOnlySpan<byte> key, byte reason)
        {
            if (!_closed) _pipe.Send(Frame(PeerGone, key, new[] { reason }));
        }

        /// <summary>One "not here" a second, three at once (protocol.md 5.4).</summary>
        internal bool MayTellNotHere(long nowMs)
        {
            _notHereTokens = Math.Min(3, _notHereTokens + (nowMs - _notHereAtMs) / 1000.0);
            _notHereAtMs = nowMs;
            if (_notHereTokens < 1) return false;
            _notHereTokens -= 1;
            return true;
        }

        private void Drain()
        {
            while (!_closed && _pipe.CanSend)
            {
                if (_disco.Count > 0) _pipe.Send(_disco.Dequeue());
                else if (_packets.Count > 0) _pipe.Send(_packets.Dequeue());
                else return;
            }
        }

        private void Answer(LabHttpHead head, long nowMs)
        {
            string path = head.Error == null ? head.Target.Split('?')[0] : "";
            if (head.Error != null) Plain(400, head.Error, "", nowMs, true);
            else if (path is "/derp/latency-check" or "/derp/probe")
                Plain(head.Method is "GET" or "HEAD" ? 200 : 405, null, "Access-Control-Allow-Origin: *\r\n", nowMs, false);
            else if (path == "/generate_204") Plain(204, null, Challenge(head.Header("X-Tailscale-Challenge")), nowMs, false);
            else if (path != "/derp") Plain(404, "404 page not found", "", nowMs, true);
            else if (head.Header("Upgrade").ToLowerInvariant() is not "derp"
                || !head.Header("Connection").Contains("upgrade", StringComparison.OrdinalIgnoreCase))
                Plain(426, "DERP requires connection upgrade", "", nowMs, true);
            else
            {
                _framing = true;
                if (head.Header("Derp-Fast-Start") != "1")
                {
                    _pipe.Send(Encoding.ASCII.GetBytes("HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n"
                        + "Derp-Version: 2\r\n"
                        + "Derp-Public-Key: nodekey:" + Convert.ToHexStringLower(_relay.Public) + "\r\n\r\n"));
                }
                _pipe.Send(Frame(ServerKey, new byte[] { 0x44, 0x45, 0x52, 0x50, 0xF0, 0x9F, 0x94, 0x91 }, _relay.Public));
            }
        }

        private static string Challenge(string text)
        {
            if (text.Length is 0 or > 64) return "";
            foreach (char c in text)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or ':' or '-')) return "";
            }
            return "X-Tailscale-Response: response " + text + "\r\n";
        }

        private void Plain(int status, string text, string headers, long nowMs, bool close)
        {
            if (text != null) _core.Log(nowMs, _relay.Name + ": refused (" + _remote + "): " + status + ": " + text);
            byte[] body = text == null ? Array.Empty<byte>() : LabControl.Text(text + "\n");
            _pipe.Send(LabHttpHead.Response(status, text == null ? null : "text/plain; charset=utf-8", body, headers));
            if (close) Close("answered " + status, nowMs);
        }

        private int ReceiveFrame(ReadOnlySpan<byte> bytes, long nowMs)
        {
            int wanted = _have < 5 ? 5 : 5 + (int)BinaryPrimitives.ReadUInt32BigEndian(_frame.AsSpan(1));
            int n = Math.Min(wanted - _have, bytes.Length);
            bytes[..n].CopyTo(_frame.AsSpan(_have));
            _have += n;
            if (_have < 5) return n;
            if (wanted == 5)
            {
                uint length = BinaryPrimitives.ReadUInt32BigEndian(_frame.AsSpan(1));
                string error = CheckLength(_frame[0], length);
                if (error != null)
                {
                    Refuse(error, nowMs);
                    return n;
                }
                wanted = 5 + (int)length;
                if (_frame.Length < wanted) Array.Resize(ref _frame, wanted);
                if (length > 0) return n;
            }
            if (_have < wanted) return n;
            _have = 0;
            Handle(_frame[0], _frame.AsSpan(5, wanted - 5), nowMs);
            return n;
        }

        private string CheckLength(int type, uint length)
        {
            if (!_ready && type != ClientInfo) return "frame type " + type + " before ClientInfo";
            if (!_ready) return length > MaxClientInfo ? "ClientInfo of " + length + " bytes" : null;
            return type switch
            {
                SendPacket => length < 32 || length > 32 + MaxPacket ? "SendPacket of " + length + " bytes" : null,
                NotePreferred => length != 1 ? "NotePreferred of " + length + " bytes, not 1" : null,
                Ping => length is < 8 or > MaxPing ? "Ping of " + length + " bytes" : null,
                WatchConns or ForwardPacket or ClosePeer => "frame type " + type + " needs a mesh key",
                _ => length > MaxFrame ? "a frame of " + length + " bytes" : null,
            };
        }

        private void Handle(int type, ReadOnlySpan<byte> payload, long nowMs)
        {
            if (!_ready)
            {
                string error = Hello(payload, nowMs);
                if (error != null) Refuse(error, nowMs);
                return;
            }
            _relay.Touch(this);
            if (type == SendPacket) _relay.Route(this, payload[..32], payload[32..], nowMs);
            else if (type == Ping) _pipe.Send(Frame(Pong, payload[..8], default));
            else if (type == NotePreferred && payload[0] > 1) Refuse("NotePreferred " + payload[0], nowMs);
        }

        private string Hello(ReadOnlySpan<byte> payload, long nowMs)
        {
            if (payload.Length < 32 + 24 + 16) return "ClientInfo of " + payload.Length + " bytes is too short";
            byte[] info = payload.ToArray();
            byte[] shared = new byte[32], nonce = payload.Slice(32, 24).ToArray();
            if (Cipher.BoxBeforeNm(info, 0, _relay.Private, 0, shared, 0) != 0) return "ClientInfo's key is a low-order point";
            int length = Cipher.BoxOpen(shared, 0, nonce, 0, info, 56, info.Length - 56);
            if (length < 0) return "ClientInfo's box does not open (nonce, tag, ciphertext; key from HSalsa20)";
            try
            {
                using JsonDocument json = JsonDocument.Parse(info.AsMemory(72, length));
                string error = StrictJson.CheckText(json.RootElement) ?? StrictJson.Check(json.RootElement, RequestShapes.ClientInfo, "");
                if (error != null) return "ClientInfo: " + error;
                if (LabRegistration.Number(json.RootElement, "version") != 2) return "ClientInfo: version must be 2";
                if (LabRegistration.String(json.RootElement, "meshKey").Length > 0) return "ClientInfo: this relay has no mesh";
            }
            catch (JsonException e)
            {
                return "ClientInfo is not JSON: " + e.Message;
            }
            info.AsSpan(0, 32).CopyTo(Key);
            NodeKey = "nodekey:" + Convert.ToHexStringLower(Key);
            LabNode node = _core.Control.FindByKey(NodeKey);
            if (_core.Options.VerifyRelayClients && (node == null || node.IsExpired(nowMs)))
            {
                string key = NodeKey[..16];
                return "node key " + key + (node == null ? " is not registered" : " has expired");
            }
            Welcome(shared, nowMs);
            return null;
        }

        private void Welcome(byte[] shared, long nowMs)
        {
            byte[] json = Encoding.ASCII.GetBytes("{\"version\":2}");
            byte[] nonce = new byte[24], box = new byte[16 + json.Length];
            _core.Entropy.Fill(nonce, 0, 24);
            json.CopyTo(box, 16);
            Cipher.BoxSeal(shared, 0, nonce, 0, box, 0, json.Length);
            _ready = true;
            _deadline = nowMs + _core.Options.RelayKeepAliveMs;
            _relay.Join(this);
            _pipe.Send(Frame(ServerInfo, nonce, box));
            _core.Log(nowMs, _relay.Name + ": " + _relay.NodeName(NodeKey) + " is connected");
        }

        /// <summary>Plain close, no frame: that is how a real relay refuses.</summary>
        private void Refuse(string reason, long nowMs)
        {
            _core.Log(nowMs, _relay.Name + ": refused (" + _remote + "): " + reason);
            Close(reason, nowMs);
        }

        private void Send(int type) => _pipe.Send(Frame(type, default, default));

        private static byte[] Frame(int type, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
        {
            byte[] frame = new byte[5 + first.Length + second.Length];
            frame[0] = (byte)type;
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)(first.Length + second.Length));
            first.CopyTo(frame.AsSpan(5));
            second.CopyTo(frame.AsSpan(5 + first.Length));
            return frame;
        }
    }
}
