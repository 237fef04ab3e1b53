using System;
using MicroLink.Bytes;

namespace MicroLink.Http2
{
    /// <summary>The sending half: what is owed (acknowledgements, windows, resets), then requests, then bodies.</summary>
    public sealed partial class Http2Connection
    {
        private const int MaxPings = 4, MaxResets = 16;
        /// <summary>HEADERS of one request, frame header included.</summary>
        private const int MaxRequestHead = 1400;

        private readonly byte[] _pings = new byte[8 * MaxPings];
        private readonly int[] _resetStreams = new int[MaxResets];
        private readonly int[] _resetCodes = new int[MaxResets];
        private bool _prefaceSent;
        private int _settingsAcks;
        private int _pingCount;
        private int _resetCount;
        private bool _goAwayToSend;
        private int _nextBody;
        private int _at;
        private int _limit;

        /// <summary>
        /// Writes whole frames into the buffer, at most <paramref name="capacity"/> bytes (at least 1400, so that any request head fits).
        /// Returns how many bytes; 0 = nothing to send now. Call again until 0.
        /// </summary>
        public int PollTransmit(byte[] buffer, int offset, int capacity)
        {
            _at = offset;
            _limit = offset + capacity;
            if (!_prefaceSent) WritePreface(buffer);
            WriteOwed(buffer);
            if (_goAwayToSend) WriteGoAway(buffer);
            if (Failure == Http2Error.NoError)
            {
                WriteWindows(buffer);
                WriteHeads(buffer);
                WriteBodies(buffer);
            }
            return _at - offset;
        }

        private bool Fits(int payload)
        {
            return _limit - _at >= Http2Wire.FrameHeader + payload;
        }

        private void Frame(byte[] buffer, int length, int type, int flags, int stream)
        {
            ByteOrder.StoreU24BE(buffer, _at, length);
            buffer[_at + 3] = (byte)type;
            buffer[_at + 4] = (byte)flags;
            ByteOrder.StoreU32BE(buffer, _at + 5, (uint)stream);
            _at += Http2Wire.FrameHeader;
        }

        private void Word(byte[] buffer, int value)
        {
            ByteOrder.StoreU32BE(buffer, _at, (uint)value);
            _at += 4;
        }

        private void WritePreface(byte[] buffer)
        {
            if (_limit - _at < Http2Wire.Preface.Length + Http2Wire.FrameHeader + 18) return;
            _at = AsciiText.Append(buffer, _at, Http2Wire.Preface);
            int settings = 1;
            if (_tableBytes != 4096) settings++;
            if (_streamWindow != Http2Wire.InitialWindow) settings++;
            Frame(buffer, 6 * settings, Http2Wire.Settings, 0, 0);
            Setting(buffer, Http2Wire.SettingEnablePush, 0);
            if (_tableBytes != 4096) Setting(buffer, Http2Wire.SettingHeaderTableSize, _tableBytes);
            if (_streamWindow != Http2Wire.InitialWindow) Setting(buffer, Http2Wire.SettingInitialWindowSize, _streamWindow);
            _prefaceSent = true;
        }

        private void Setting(byte[] buffer, int id, int value)
        {
            ByteOrder.StoreU16BE(buffer, _at, id);
            _at += 2;
            Word(buffer, value);
        }

        private void WriteOwed(byte[] buffer)
        {
            while (_settingsAcks > 0 && Fits(0))
            {
                _settingsAcks--;
                Frame(buffer, 0, Http2Wire.Settings, Http2Wire.FlagAck, 0);
            }
            while (_pingCount > 0 && Fits(8))
            {
                Frame(buffer, 8, Http2Wire.Ping, Http2Wire.FlagAck, 0);
                Array.Copy(_pings, 0, buffer, _at, 8);
                _at += 8;
                _pingCount--;
                Array.Copy(_pings, 8, _pings, 0, 8 * _pingCount);
            }
            while (_resetCount > 0 && Fits(4))
            {
                _resetCount--;
                Frame(buffer, 4, Http2Wire.RstStream, 0, _resetStreams[_resetCount]);
                Word(buffer, _resetCodes[_resetCount]);
            }
        }

        private void WriteGoAway(byte[] buffer)
        {
            if (!Fits(8)) return;
            _goAwayToSend = false;
            Frame(buffer, 8, Http2Wire.GoAway, 0, 0);
            Word(buffer, 0);
            Word(buffer, Failure);
        }

        // A window is given back when half of it has been consumed: few frames, and the peer never waits while we keep up.
        private void WriteWindows(byte[] buffer)
        {
            if (_credit >= Http2Wire.InitialWindow / 2 && Fits(4))
            {
                Frame(buffer, 4, Http2Wire.WindowUpdate, 0, 0);
                Word(buffer, _credit);
                _receiveWindow += _credit;
                _credit = 0;
            }
            for (int i = 0; i < MaxStreams; i++)
            {
                Http2Stream stream = _streams[i];
                if (stream.Id == 0 || stream.Credit < _streamWindow / 2 || stream.RemoteEnded || !Fits(4)) continue;
                Frame(buffer, 4, Http2Wire.WindowUpdate, 0, stream.Id);
                Word(buffer, stream.Credit);
                stream.ReceiveWindow += stream.Credit;
                stream.Credit = 0;
            }
        }

        // Stream ids must appear in rising order (RFC 9113 5.1.1), whatever slots the streams sit in.
        private void WriteHeads(byte[] buffer)
        {
            while (true)
            {
                Http2Stream next = null;
                for (int i = 0; i < MaxStreams; i++)
                {
                    Http2Stream stream = _streams[i];
                    if (stream.Id == 0 || stream.HeadersSent || stream.Refused) continue;
                    if (next == null || stream.Id < next.Id) next = stream;
                }
                if (next == null || _limit - _at < MaxRequestHead) return;
                WriteHead(buffer, next);
            }
        }

        private void WriteHead(byte[] buffer, Http2Stream stream)
        {
            Http2Request request = stream.Request;
            int start = _at;
            int at = start + Http2Wire.FrameHeader;
            at = HpackEncoder.Write(buffer, at, ":method", request.Method);
            at = HpackEncoder.Write(buffer, at, ":scheme", request.Scheme);
            at = HpackEncoder.Write(buffer, at, ":authority", request.Authority);
            at = HpackEncoder.Write(buffer, at, ":path", request.Path);
            if (request.Method == "POST") at = HpackEncoder.Write(buffer, at, "content-length", request.BodyCount.ToString());
            for (int i = 0; request.Fields != null && i + 1 < request.Fields.Length; i += 2)
                at = HpackEncoder.Write(buffer, at, request.Fields[i], request.Fields[i + 1]);
            stream.HeadersSent = true;
            if (at < 0 || at > _limit)
            {
                // A head above 1400 bytes: a programming error of the caller, reported as a reset so that the caller retries or gives up.
                stream.Refused = true;
                return;
            }
            Frame(buffer, at - start - Http2Wire.FrameHeader, Http2Wire.Headers,
                Http2Wire.FlagEndHeaders | (stream.BodySent ? Http2Wire.FlagEndStream : 0), stream.Id);
            _at = at;
            if (stream.BodySent) stream.Request = null;
        }

        // Bodies take turns, one frame each, so that a large one does not hold up a small one.
        private void WriteBodies(byte[] buffer)
        {
            int idle = 0;
            while (idle < MaxStreams && _limit - _at > Http2Wire.FrameHeader && _sendWindow > 0)
            {
                Http2Stream stream = _streams[_nextBody];
                _nextBody = (_nextBody + 1) % MaxStreams;
                bool sent = stream.Id != 0 && stream.HeadersSent && !stream.BodySent && !stream.Refused && WriteBody(buffer, stream);
                idle = sent ? 0 : idle + 1;
            }
        }

        private bool WriteBody(byte[] buffer, Http2Stream stream)
        {
            int count = stream.Request.BodyCount - stream.BodyAt;
            if (count > stream.SendWindow) count = stream.SendWindow;
            if (count > _sendWindow) count = _sendWindow;
            if (count > _peerMaxFrame) count = _peerMaxFrame;
            if (count > _limit - _at - Http2Wire.FrameHeader) count = _limit - _at - Http2Wire.FrameHeader;
            if (count <= 0) return false;
            bool last = stream.BodyAt + count == stream.Request.BodyCount;
            Frame(buffer, count, Http2Wire.Data, last ? Http2Wire.FlagEndStream : 0, stream.Id);
            Array.Copy(stream.Request.Body, stream.BodyAt, buffer, _at, count);
            _at += count;
            stream.BodyAt += count;
            stream.SendWindow -= count;
            _sendWindow -= count;
            stream.BodySent = last;
            if (last) stream.Request = null;
            return true;
        }

        private void QueueReset(int stream, int code)
        {
            if (_resetCount == MaxResets)
            {
                Fail(Http2Error.EnhanceYourCalm, "more stream errors than the connection can answer");
                return;
            }
            _resetStreams[_resetCount] = stream;
            _resetCodes[_resetCount++] = code;
        }
    }
}
