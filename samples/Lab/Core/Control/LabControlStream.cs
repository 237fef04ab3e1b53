using System;
using System.Text;

namespace MicroLink.Lab.Core
{
    /// <summary>The plaintext end inside one Noise connection: an HTTP/2 server.</summary>
    public interface ILabInner
    {
        void Receive(ReadOnlySpan<byte> plain, long nowMs);

        void PeerClosed(long nowMs);
    }

    /// <summary>Makes the inner end of a session that has just been agreed.</summary>
    public delegate ILabInner LabInnerFactory(LabSession session);

    /// <summary>An agreed Noise session, as its inner end sees it.</summary>
    public sealed class LabSession
    {
        private readonly LabControlStream _stream;

        internal LabSession(LabCore core, LabControlStream stream, string machineKey, int version, string remote)
        {
            Core = core;
            _stream = stream;
            MachineKey = machineKey;
            Version = version;
            Remote = remote;
        }

        public LabCore Core { get; }
        /// <summary>"mkey:" + 64 hex.</summary>
        public string MachineKey { get; }
        public int Version { get; }
        public string Remote { get; }
        public bool CanSend => _stream.CanSend;

        /// <summary>Seals plaintext of any length into records and sends them.</summary>
        public void Send(ReadOnlySpan<byte> plain) => _stream.SendPlain(plain);

        public void Close(string reason) => _stream.Close(reason);
    }

    /// <summary>One connection to the control port: HTTP/1.1 requests until POST /ts2021, from then on Noise records.</summary>
    internal sealed class LabControlStream : LabStream
    {
        private const int HandshakeMs = 10_000;

        private readonly LabCore _core;
        private readonly ILabPipe _pipe;
        private readonly string _remote;
        private readonly LabInnerFactory _openInner;
        private readonly byte[] _record = new byte[LabNoise.MaxRecord];
        private readonly byte[] _plain = new byte[LabNoise.MaxRecord];
        private LabHttpHead _head = new LabHttpHead();
        private LabNoise _noise;
        private ILabInner _inner;
        private int _have;
        private bool _closed;
        private long _deadline;

        public LabControlStream(LabCore core, ILabPipe pipe, string remote, LabInnerFactory openInner, long nowMs)
        {
            _core = core;
            _pipe = pipe;
            _remote = remote;
            _openInner = openInner ?? (session => new LabHttp2(session));
            _deadline = nowMs + HandshakeMs;
        }

        public override long Deadline => _deadline;
        internal bool CanSend => _pipe.CanSend;

        public override void Receive(ReadOnlySpan<byte> bytes, long nowMs)
        {
            while (bytes.Length > 0 && !_closed)
            {
                if (_noise != null)
                {
                    bytes = bytes[ReceiveRecord(bytes, nowMs)..];
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
            _closed = true;
            _core.Forget(this);
            EndInner(nowMs);
        }

        public override void HandleTimeout(long nowMs)
        {
            _core.Log(nowMs, "control: " + _remote + " sent no request for " + HandshakeMs / 1000 + " s");
            Fail("no request in time", nowMs);
        }

        internal void SendPlain(ReadOnlySpan<byte> plain)
        {
            while (plain.Length > 0 && !_closed)
            {
                int n = Math.Min(plain.Length, LabNoise.MaxPlain);
                _pipe.Send(_noise.SealRecord(plain[..n]));
                plain = plain[n..];
            }
        }

        internal void Close(string reason)
        {
            if (_closed) return;
            _closed = true;
            _core.Forget(this);
            _pipe.Close(reason);
        }

        private void Answer(LabHttpHead head, long nowMs)
        {
            if (head.Error != null)
            {
                Refuse(400, head.Error, nowMs);
                return;
            }
            string path = head.Target.Split('?')[0];
            if (path == "/ts2021")
            {
                Upgrade(head, nowMs);
                return;
            }
            if (head.Header("Content-Length") is not ("" or "0") || head.Header("Transfer-Encoding").Length > 0)
            {
                Refuse(400, "a body is not expected here", nowMs);
                return;
            }
            _deadline = nowMs + HandshakeMs;
            LabReply reply = _core.Control.HandlePlain(head.Method, head.Target, nowMs);
            _core.Log(nowMs, "control: " + head.Method + " " + path + " -> " + reply.Status);
            byte[] body = head.Method == "HEAD" ? Array.Empty<byte>() : reply.Body;
            _pipe.Send(LabHttpHead.Response(reply.Status, reply.ContentType, body));
            if (head.Header("Connection").Contains("close", StringComparison.OrdinalIgnoreCase)) Close("asked to");
        }

        private void Upgrade(LabHttpHead head, long nowMs)
        {
            // headscale answers 500 without an Upgrade header: the sign of a proxy that strips it (protocol.md 2.1).
            if (head.Header("Upgrade").Length == 0) Refuse(500, "/ts2021 without an Upgrade header", nowMs);
            else if (head.Header("Upgrade").ToLowerInvariant() != "tailscale-control-protocol")
                Refuse(400, "unknown Upgrade \"" + head.Header("Upgrade") + "\"", nowMs);
            else if (!head.Header("Connection").Contains("upgrade", StringComparison.OrdinalIgnoreCase))
                Refuse(400, "/ts2021 without Connection: upgrade", nowMs);
            else if (head.Method != "POST") Refuse(405, "/ts2021 must be a POST", nowMs);
            else if (head.Header("Content-Length") is not ("" or "0")) Refuse(400, "/ts2021 must not have a body", nowMs);
            else Handshake(head.Header("X-Tailscale-Handshake"), nowMs);
        }

        private void Handshake(string base64, long nowMs)
        {
            byte[] initiation = new byte[base64.Length];
            if (base64.Length == 0 || !Convert.TryFromBase64String(base64, initiation, out int length))
            {
                Refuse(400, "the X-Tailscale-Handshake header is missing or not base64", nowMs);
                return;
            }
            var noise = new LabNoise();
            byte[] response = new byte[LabNoise.ResponseLength];
            LabControl control = _core.Control;
            string error = noise.Respond(initiation.AsSpan(0, length), control.NoisePrivate, control.NoisePublic, _core.Entropy, response);
            byte[] accepted = Encoding.ASCII.GetBytes("HTTP/1.1 101 Switching Protocols\r\n"
                + "Upgrade: tailscale-control-protocol\r\nConnection: upgrade\r\n\r\n");
            _pipe.Send(accepted);
            if (error != null)
            {
                _core.Log(nowMs, "control: refused (" + _remote + "): Noise: " + error);
                SendNoiseError(error);
                Fail("Noise handshake failed", nowMs);
                return;
            }
            if (noise.Version < _core.Options.Flavor.NoiseMinVersion)
            {
                // headscale: 101, then the end, because the corked response is never flushed (protocol.md 4.12, trap 8).
                _core.Log(nowMs, "control: refused (" + _remote + "): capability version " + noise.Version + " is below "
                    + _core.Options.Flavor.NoiseMinVersion);
                Fail("capability version too low", nowMs);
                return;
            }
            _noise = noise;
            _deadline = long.MaxValue;
            _pipe.Send(response);
            string machineKey = "mkey:" + Convert.ToHexStringLower(noise.MachineKey);
            if (_core.Options.EarlyNoise) SendPlain(EarlyNoise());
            _core.Log(nowMs, "control: Noise with " + machineKey[..13] + " v" + noise.Version
                + (_core.Options.EarlyNoise ? ", EarlyNoise sent" : ""));
            _inner = _openInner(new LabSession(_core, this, machineKey, noise.Version, _remote));
        }

        private byte[] EarlyNoise()
        {
            byte[] challenge = new byte[32], publicKey = new byte[32];
            _core.Entropy.Fill(challenge, 0, 32);
            LabNoise.PublicKey(challenge, publicKey);
            string json = "{\"nodeKeyChallenge\":\"chalpub:" + Convert.ToHexStringLower(publicKey) + "\"}";
            byte[] blob = new byte[9 + json.Length];
            new byte[] { 0xFF, 0xFF, 0xFF, 0x54, 0x53, 0, 0, 0, (byte)json.Length }.CopyTo(blob, 0);
            Encoding.ASCII.GetBytes(json, 0, json.Length, blob, 9);
            return blob;
        }

        private int ReceiveRecord(ReadOnlySpan<byte> bytes, long nowMs)
        {
            int wanted = _have < 3 ? 3 : 3 + ((_record[1] << 8) | _record[2]);
            int n = Math.Min(wanted - _have, bytes.Length);
            bytes[..n].CopyTo(_record.AsSpan(_have));
            _have += n;
            if (_have == 3)
            {
                int length = (_record[1] << 8) | _record[2];
                if (_record[0] != 4) Fail("record type " + _record[0], nowMs);
                else if (length > LabNoise.MaxRecord - 3) Fail("a record of " + (length + 3) + " bytes, more than 4096", nowMs);
                else if (length < 16) Fail("a record without room for its tag", nowMs);
                return n;
            }
            if (_have < wanted) return n;
            _have = 0;
            if (!_noise.OpenRecord(_record.AsSpan(3, wanted - 3), _plain)) Fail("a record does not open", nowMs);
            else if (wanted > 19) _inner?.Receive(_plain.AsSpan(0, wanted - 19), nowMs);
            return n;
        }

        private void SendNoiseError(string text)
        {
            byte[] message = new byte[3 + text.Length];
            message[0] = 3;
            message[1] = (byte)(text.Length >> 8);
            message[2] = (byte)text.Length;
            Encoding.ASCII.GetBytes(text, 0, text.Length, message, 3);
            _pipe.Send(message);
        }

        private void Refuse(int status, string reason, long nowMs)
        {
            _core.Log(nowMs, "control: refused (" + _remote + "): " + status + ": " + reason);
            _pipe.Send(LabHttpHead.Response(status, "text/plain; charset=utf-8", LabControl.Text(reason + "\n")));
            Fail(reason, nowMs);
        }

        private void Fail(string reason, long nowMs)
        {
            if (_closed) return;
            if (_noise != null) _core.Log(nowMs, "control: refused (" + _remote + "): " + reason);
            Close(reason);
            EndInner(nowMs);
        }

        /// <summary>Once, also when the inner end itself has closed the session.</summary>
        private void EndInner(long nowMs)
        {
            ILabInner inner = _inner;
            _inner = null;
            inner?.PeerClosed(nowMs);
        }
    }
}
