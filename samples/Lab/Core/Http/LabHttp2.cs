using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace MicroLink.Lab.Core
{
    /// <summary>
    /// A small HTTP/2 server inside a Noise session (RFC 9113), for hosts that have none: the simulator. Same requests, same LabControl as
    /// behind Kestrel. Frame: length u24 | type u8 | flags u8 | stream u31 | payload.
    /// </summary>
    public sealed class LabHttp2 : ILabInner
    {
        private const int Data = 0, Headers = 1, Priority = 2, RstStream = 3, Settings = 4, PushPromise = 5, PingFrame = 6, GoAway = 7,
            WindowUpdate = 8, Continuation = 9;
        private const int EndStream = 1, Ack = 1, EndHeaders = 4, Padded = 8, PriorityFlag = 0x20;
        private const int NoError = 0, ProtocolError = 1, FlowControlError = 3, FrameSizeError = 6, CompressionError = 9,
            RefusedStream = 7, EnhanceYourCalm = 11;
        private const int MaxFrame = 16384, MaxStreams = 250, MaxHeaderBlock = 64 << 10;
        private static readonly byte[] Preface = Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

        private readonly LabSession _session;
        private readonly LabHpackDecoder _decoder = new LabHpackDecoder();
        internal readonly LabHpackEncoder Encoder = new LabHpackEncoder();
        private readonly SortedDictionary<int, LabHttp2Stream> _streams = new SortedDictionary<int, LabHttp2Stream>();
        private readonly List<byte> _headerBlock = new List<byte>();
        private byte[] _in = new byte[Preface.Length];
        private int _have, _headerStream, _headerFlags, _lastStream;
        private bool _prefaceDone, _settingsSeen, _closed;

        internal int ClientWindow = 65535;
        internal int ClientInitialWindow = 65535;
        internal int ClientMaxFrame = MaxFrame;

        public LabHttp2(LabSession session)
        {
            _session = session;
            // Go's server: SETTINGS first, without waiting for the client (captures/h2/headscale-probe.txt).
            byte[] settings = new byte[18];
            PutSetting(settings, 0, 5, MaxFrame);
            PutSetting(settings, 6, 3, MaxStreams);
            PutSetting(settings, 12, 4, 1 << 20);
            WriteFrame(Settings, 0, 0, settings);
            WriteWindowUpdate(0, (1 << 20) - 65535);
        }

        public void Receive(ReadOnlySpan<byte> plain, long nowMs)
        {
            while (plain.Length > 0 && !_closed)
            {
                int wanted = !_prefaceDone ? Preface.Length : _have < 9 ? 9 : 9 + Length24(_in);
                int n = Math.Min(wanted - _have, plain.Length);
                plain[..n].CopyTo(_in.AsSpan(_have));
                _have += n;
                plain = plain[n..];
                if (_have < wanted) return;
                if (!_prefaceDone)
                {
                    if (!_in.AsSpan(0, wanted).SequenceEqual(Preface))
                    {
                        Fail(ProtocolError, "the HTTP/2 preface is wrong", nowMs);
                        return;
                    }
                    _prefaceDone = true;
                    _have = 0;
                    _in = new byte[9 + MaxFrame];
                    continue;
                }
                if (wanted == 9 && Length24(_in) > MaxFrame)
                {
                    Fail(FrameSizeError, "a frame of " + Length24(_in) + " bytes", nowMs);
                    return;
                }
                if (wanted == 9 && Length24(_in) > 0) continue;
                _have = 0;
                Handle(_in[3], _in[4], (int)(BinaryPrimitives.ReadUInt32BigEndian(_in.AsSpan(5)) & 0x7fffffff), _in.AsSpan(9, wanted - 9),
                    nowMs);
            }
        }

        public void PeerClosed(long nowMs)
        {
            _closed = true;
            foreach (LabHttp2Stream stream in new List<LabHttp2Stream>(_streams.Values)) stream.Abort(nowMs);
            _streams.Clear();
        }

        internal void WriteFrame(int type, int flags, int stream, ReadOnlySpan<byte> payload)
        {
            if (_closed) return;
            byte[] frame = new byte[9 + payload.Length];
            frame[0] = (byte)(payload.Length >> 16);
            frame[1] = (byte)(payload.Length >> 8);
            frame[2] = (byte)payload.Length;
            frame[3] = (byte)type;
            frame[4] = (byte)flags;
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(5), (uint)stream);
            payload.CopyTo(frame.AsSpan(9));
            _session.Send(frame);
        }

        internal void WriteHeaders(int stream, byte[] block, bool end) =>
            WriteFrame(Headers, EndHeaders | (end ? EndStream : 0), stream, block);

        internal void WriteData(int stream, ReadOnlySpan<byte> bytes, bool end) => WriteFrame(Data, end ? EndStream : 0, stream, bytes);

        internal void Finished(LabHttp2Stream stream) => _streams.Remove(stream.Id);

        private void Handle(int type, int flags, int stream, Span<byte> payload, long nowMs)
        {
            if (!_settingsSeen && type != Settings) Fail(ProtocolError, "the first frame is not SETTINGS", nowMs);
            else if (_headerStream != 0 && (type != Continuation || stream != _headerStream))
                Fail(ProtocolError, "another frame inside a header block", nowMs);
            else if (type == Data) HandleData(stream, flags, payload, nowMs);
            else if (type == Headers) HandleHeaders(stream, flags, payload, nowMs);
            else if (type == Continuation) HandleContinuation(stream, flags, payload, nowMs);
            else if (type == Settings) HandleSettings(stream, flags, payload, nowMs);
            else if (type == WindowUpdate) HandleWindowUpdate(stream, payload, nowMs);
            else if (type == PingFrame && payload.Length != 8) Fail(FrameSizeError, "PING of " + payload.Length + " bytes", nowMs);
            else if (type == PingFrame && (flags & Ack) == 0) WriteFrame(PingFrame, Ack, 0, payload);
            else if (type == RstStream && payload.Length != 4) Fail(FrameSizeError, "RST_STREAM of " + payload.Length + " bytes", nowMs);
            else if (type == RstStream && stream > _lastStream) Fail(ProtocolError, "RST_STREAM for an idle stream", nowMs);
            else if (type == RstStream && _streams.Remove(stream, out LabHttp2Stream reset)) reset.Abort(nowMs);
            else if (type == PushPromise) Fail(ProtocolError, "PUSH_PROMISE from a client", nowMs);
        }

        private void HandleSettings(int stream, int flags, Span<byte> payload, long nowMs)
        {
            if (stream != 0 || payload.Length % 6 != 0 || ((flags & Ack) != 0 && payload.Length != 0))
            {
                Fail(FrameSizeError, "a broken SETTINGS frame", nowMs);
                return;
            }
            if ((flags & Ack) != 0) return;
            _settingsSeen = true;
            for (int at = 0; at < payload.Length; at += 6)
            {
                uint value = BinaryPrimitives.ReadUInt32BigEndian(payload[(at + 2)..]);
                switch (BinaryPrimitives.ReadUInt16BigEndian(payload[at..]))
                {
                    case 1:
                        Encoder.SetTableSize((int)Math.Min(value, 4096));
                        break;
                    case 2 when value > 1:
                        Fail(ProtocolError, "ENABLE_PUSH " + value, nowMs);
                        return;
                    case 4 when value > int.MaxValue:
                        Fail(FlowControlError, "INITIAL_WINDOW_SIZE " + value, nowMs);
                        return;
                    case 4:
                        foreach (LabHttp2Stream open in _streams.Values) open.Window += (int)value - ClientInitialWindow;
                        ClientInitialWindow = (int)value;
                        break;
                    case 5 when value is < 16384 or > 16777215:
                        Fail(ProtocolError, "MAX_FRAME_SIZE " + value, nowMs);
                        return;
                    case 5:
                        ClientMaxFrame = (int)value;
                        break;
                }
            }
            WriteFrame(Settings, Ack, 0, default);
            Pump();
        }

        private void HandleHeaders(int stream, int flags, Span<byte> payload, long nowMs)
        {
            if ((stream & 1) == 0 || stream <= _lastStream && !_streams.ContainsKey(stream))
            {
                Fail(ProtocolError, "HEADERS on stream " + stream, nowMs);
                return;
            }
            if (!Unpad(flags, ref payload) || ((flags & PriorityFlag) != 0 && payload.Length < 5))
            {
                Fail(ProtocolError, "HEADERS with broken padding or priority", nowMs);
                return;
            }
            if ((flags & PriorityFlag) != 0) payload = payload[5..];
            _headerBlock.Clear();
            _headerStream = stream;
            _headerFlags = flags;
            HandleContinuation(stream, flags, payload, nowMs);
        }

        private void HandleContinuation(int stream, int flags, Span<byte> payload, long nowMs)
        {
            if (_headerStream == 0 || _headerBlock.Count + payload.Length > MaxHeaderBlock)
            {
                Fail(_headerStream == 0 ? ProtocolError : EnhanceYourCalm, "CONTINUATION without HEADERS, or a header block above 64 KB",
                    nowMs);
                return;
            }
            _headerBlock.AddRange(payload.ToArray());
            if ((flags & EndHeaders) == 0) return;
            _headerStream = 0;
            List<KeyValuePair<string, string>> headers = _decoder.Decode(_headerBlock.ToArray());
            if (headers == null)
            {
                Fail(CompressionError, "a header block does not decode", nowMs);
                return;
            }
            bool end = (_headerFlags & EndStream) != 0;
            if (_streams.TryGetValue(stream, out LabHttp2Stream open))
            {
                if (end) open.Complete(nowMs); // trailers
                return;
            }
            _lastStream = stream;
            if (_streams.Count >= MaxStreams)
            {
                Reset(stream, RefusedStream);
                return;
            }
            Begin(stream, headers, end, nowMs);
        }

        private void Begin(int id, List<KeyValuePair<string, string>> headers, bool end, long nowMs)
        {
            string method = null, path = null, scheme = null, problem = null;
            foreach (KeyValuePair<string, string> header in headers)
            {
                if (header.Key == ":method") method = header.Value;
                else if (header.Key == ":path") path = header.Value;
                else if (header.Key == ":scheme") scheme = header.Value;
                else if (header.Key.AsSpan().IndexOfAnyInRange('A', 'Z') >= 0)
                    problem = "header name \"" + header.Key + "\" is not lower case";
                else if (header.Key is "connection" or "upgrade" or "transfer-encoding")
                    problem = "header \"" + header.Key + "\" has no place in HTTP/2";
            }
            if (string.IsNullOrEmpty(method) || string.IsNullOrEmpty(path) || string.IsNullOrEmpty(scheme))
                problem = ":method, :path or :scheme is missing";
            if (problem != null)
            {
                _session.Core.Log(nowMs, "control: refused (" + _session.Remote + "): HTTP/2: " + problem);
                Reset(id, ProtocolError);
                return;
            }
            var stream = new LabHttp2Stream(this, _session, id, method, path) { Window = ClientInitialWindow };
            _streams.Add(id, stream);
            if (end) stream.Complete(nowMs);
        }

        private void HandleData(int stream, int flags, Span<byte> payload, long nowMs)
        {
            int size = payload.Length;
            if (stream == 0 || stream > _lastStream || !Unpad(flags, ref payload))
            {
                Fail(ProtocolError, "DATA on stream " + stream, nowMs);
                return;
            }
            if (size > 0) WriteWindowUpdate(0, size);
            if (!_streams.TryGetValue(stream, out LabHttp2Stream open)) return;
            bool end = (flags & EndStream) != 0;
            if (size > 0 && !end) WriteWindowUpdate(stream, size);
            open.Body(payload, nowMs);
            if (end) open.Complete(nowMs);
        }

        private void HandleWindowUpdate(int stream, Span<byte> payload, long nowMs)
        {
            int increment = payload.Length == 4 ? (int)(BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7fffffff) : 0;
            _streams.TryGetValue(stream, out LabHttp2Stream open);
            long window = (stream == 0 ? ClientWindow : open?.Window ?? 0) + (long)increment;
            if (increment == 0 || window > int.MaxValue || stream > _lastStream)
            {
                Fail(FlowControlError, "WINDOW_UPDATE of " + increment + " on stream " + stream, nowMs);
                return;
            }
            if (stream == 0) ClientWindow = (int)window;
            else if (open != null) open.Window = (int)window;
            Pump();
        }

        private void Pump()
        {
            foreach (LabHttp2Stream stream in new List<LabHttp2Stream>(_streams.Values)) stream.Pump();
        }

        private static bool Unpad(int flags, ref Span<byte> payload)
        {
            if ((flags & Padded) == 0) return true;
            if (payload.Length == 0 || payload[0] >= payload.Length) return false;
            payload = payload[1..^payload[0]];
            return true;
        }

        private void Reset(int stream, int code)
        {
            byte[] payload = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)code);
            WriteFrame(RstStream, 0, stream, payload);
        }

        private void WriteWindowUpdate(int stream, int increment)
        {
            byte[] payload = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)increment);
            WriteFrame(WindowUpdate, 0, stream, payload);
        }

        private void Fail(int code, string reason, long nowMs)
        {
            if (_closed) return;
            _session.Core.Log(nowMs, "control: refused (" + _session.Remote + "): HTTP/2: " + reason);
            byte[] payload = new byte[8];
            BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)_lastStream);
            BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(4), (uint)code);
            WriteFrame(GoAway, 0, 0, payload);
            _session.Close("HTTP/2: " + reason);
            PeerClosed(nowMs);
        }

        private static int Length24(byte[] header) => (header[0] << 16) | (header[1] << 8) | header[2];

        private static void PutSetting(byte[] payload, int at, int id, int value)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(at), (ushort)id);
            BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(at + 2), (uint)value);
        }
    }
}
