using System;
using MicroLink.Bytes;

namespace MicroLink.Http2
{
    /// <summary>The receiving half: frames at any cut, one event at a time.</summary>
    public sealed partial class Http2Connection
    {
        /// <summary>Compressed bytes of one header block, CONTINUATIONs included; more is an attack.</summary>
        private const int MaxHeaderBlock = 64 * 1024;
        private const int MaxGoAwayText = 64;

        private readonly byte[] _frame = new byte[Http2Wire.FrameHeader];
        private readonly byte[] _small = new byte[8 + MaxGoAwayText];
        private int _frameHave;
        private int _type;
        private int _flags;
        private int _id;
        /// <summary>Payload bytes of the frame still to come; padding included.</summary>
        private int _left;
        private int _padding;
        private bool _padLengthDue;
        private int _skipPriority;
        private int _smallHave;
        private int _continuing;
        private bool _continuingEnds;
        private int _blockBytes;
        private Http2Stream _stream;
        private int _fieldStatus;
        private string _fieldRetryAfter;
        private string _fieldDate;

        private int _eventKind;
        private int _eventStream;
        private int _eventOffset;
        private int _eventCount;
        private int _eventCode;
        private byte[] _eventBuffer;
        private bool _endDue;
        private string _goAwayText;

        /// <summary>Takes bytes up to the first event (or all). Returns Output bits; see <see cref="Consumed"/>.</summary>
        public int Handle(byte[] buffer, int offset, int count, long nowMs)
        {
            Consumed = 0;
            while (Failure == Http2Error.NoError)
            {
                if (HasEvent()) return Output.Event;
                if (_frameHave == Http2Wire.FrameHeader && _left == 0 && !_padLengthDue)
                {
                    _frameHave = 0;
                    EndFrame();
                    continue;
                }
                if (Consumed == count) break;
                if (_frameHave < Http2Wire.FrameHeader)
                {
                    _frame[_frameHave++] = buffer[offset + Consumed++];
                    if (_frameHave == Http2Wire.FrameHeader) BeginFrame();
                    continue;
                }
                int take = count - Consumed < _left ? count - Consumed : _left;
                Consumed += Payload(buffer, offset + Consumed, take);
            }
            if (Failure != Http2Error.NoError) return Output.Failed | (WantsTransmit() ? Output.Transmit : 0);
            return WantsTransmit() ? Output.Transmit : Output.None;
        }

        /// <summary>Fills the next event; false when there is none.</summary>
        public bool PollEvent(Http2Event into)
        {
            if (_eventKind == Http2Event.None && !TakeRefused()) return false;
            into.Kind = _eventKind;
            into.Stream = _eventStream;
            into.Buffer = _eventBuffer;
            into.Offset = _eventOffset;
            into.Count = _eventCount;
            into.Code = _eventCode;
            into.Text = _eventKind == Http2Event.GoAway ? _goAwayText : null;
            Http2Stream stream = _eventStream > 0 ? Find(_eventStream) : null;
            into.Status = stream == null ? 0 : stream.Status;
            into.RetryAfter = stream == null ? null : stream.RetryAfter;
            into.Date = stream == null ? null : stream.Date;
            int kind = _eventKind;
            _eventKind = Http2Event.None;
            if (stream == null) return true;
            if (kind == Http2Event.End || kind == Http2Event.Reset) CloseStream(stream);
            if (kind == Http2Event.Response && _endDue) RaiseEnd(stream);
            return true;
        }

        private bool HasEvent()
        {
            if (_eventKind != Http2Event.None) return true;
            for (int i = 0; i < MaxStreams; i++)
            {
                if (_streams[i].Id != 0 && _streams[i].Refused) return true;
            }
            return false;
        }

        private bool TakeRefused()
        {
            for (int i = 0; i < MaxStreams; i++)
            {
                if (_streams[i].Id == 0 || !_streams[i].Refused) continue;
                Raise(Http2Event.Reset, _streams[i].Id);
                _eventCode = Http2Error.RefusedStream;
                return true;
            }
            return false;
        }

        private void Raise(int kind, int stream)
        {
            _eventKind = kind;
            _eventStream = stream;
            _eventCount = 0;
            _eventCode = 0;
            _eventBuffer = null;
        }

        private void BeginFrame()
        {
            int length = ByteOrder.LoadU24BE(_frame, 0);
            _type = _frame[3];
            _flags = _frame[4];
            _id = (int)(ByteOrder.LoadU32BE(_frame, 5) & 0x7fffffff);
            _left = length;
            _padding = 0;
            _padLengthDue = false;
            _skipPriority = 0;
            _smallHave = 0;
            _stream = _id != 0 ? Find(_id) : null;
            if (length > Http2Wire.MaxFrame) Fail(Http2Error.FrameSize, "a frame above 16384 bytes");
            else if (!Open && (_type != Http2Wire.Settings || (_flags & Http2Wire.FlagAck) != 0))
                Fail(Http2Error.Protocol, "a first frame that is not SETTINGS");
            else if (_continuing != 0 && (_type != Http2Wire.Continuation || _id != _continuing))
                Fail(Http2Error.Protocol, "a frame inside a header block");
            else CheckFrame(length);
        }

        private void CheckFrame(int length)
        {
            switch (_type)
            {
                case Http2Wire.Data:
                case Http2Wire.Headers:
                    BeginStreamFrame(length);
                    break;
                case Http2Wire.Continuation:
                    if (_continuing == 0) Fail(Http2Error.Protocol, "CONTINUATION without HEADERS");
                    else CountBlock(length);
                    break;
                case Http2Wire.Priority:
                    Expect(length == 5);
                    break;
                case Http2Wire.RstStream:
                case Http2Wire.WindowUpdate:
                    Expect(length == 4);
                    if (_id != 0 && IsIdle(_id)) Fail(Http2Error.Protocol, "a frame for a stream that was never opened");
                    if (_id == 0 && _type == Http2Wire.RstStream) Fail(Http2Error.Protocol, "RST_STREAM without a stream");
                    break;
                case Http2Wire.Settings:
                    Expect((_flags & Http2Wire.FlagAck) != 0 ? length == 0 : length % 6 == 0);
                    if (_id != 0) Fail(Http2Error.Protocol, "SETTINGS on a stream");
                    break;
                case Http2Wire.Ping:
                    Expect(length == 8);
                    if (_id != 0) Fail(Http2Error.Protocol, "PING on a stream");
                    break;
                case Http2Wire.GoAway:
                    Expect(length >= 8);
                    if (_id != 0) Fail(Http2Error.Protocol, "GOAWAY on a stream");
                    break;
                case Http2Wire.PushPromise:
                    Fail(Http2Error.Protocol, "PUSH_PROMISE although push is off");
                    break;
            }
        }

        private void Expect(bool lengthIsRight)
        {
            if (!lengthIsRight) Fail(Http2Error.FrameSize, "a frame of a wrong length");
        }

        private bool IsIdle(int id)
        {
            return (id & 1) == 0 || id >= _nextStreamId;
        }

        private void BeginStreamFrame(int length)
        {
            if (_id == 0 || IsIdle(_id) || (_stream != null && !_stream.HeadersSent))
            {
                Fail(Http2Error.Protocol, "a frame for a stream that was never opened");
                return;
            }
            _padLengthDue = (_flags & Http2Wire.FlagPadded) != 0;
            if (_padLengthDue && length == 0) Fail(Http2Error.FrameSize, "a frame of a wrong length");
            if (_type == Http2Wire.Headers)
            {
                if ((_flags & Http2Wire.FlagPriority) != 0) _skipPriority = 5;
                if (length < _skipPriority + (_padLengthDue ? 1 : 0)) Fail(Http2Error.FrameSize, "a frame of a wrong length");
                BeginBlock(length);
                return;
            }
            // The whole payload counts for flow control, padding included (RFC 9113 6.9.1).
            _receiveWindow -= length;
            if (_receiveWindow < 0) Fail(Http2Error.FlowControl, "more data than the connection's window allows");
            if (_stream == null) return;
            _stream.ReceiveWindow -= length;
            if (_stream.ReceiveWindow < 0) Fail(Http2Error.FlowControl, "more data than the stream's window allows");
            if (!_stream.ResponseSeen) Fail(Http2Error.Protocol, "data before the response head");
        }

        private void BeginBlock(int length)
        {
            _blockBytes = 0;
            CountBlock(length);
            _continuing = _id;
            _continuingEnds = (_flags & Http2Wire.FlagEndStream) != 0;
            _fieldStatus = 0;
            _fieldRetryAfter = null;
            _fieldDate = null;
            _hpack.Begin();
        }

        private void CountBlock(int length)
        {
            // Zero-length CONTINUATIONs count too, so that an endless row of them ends.
            _blockBytes += length + 1;
            if (_blockBytes > MaxHeaderBlock) Fail(Http2Error.EnhanceYourCalm, "a header block that is too long");
        }

        // Takes up to count bytes of the payload; returns how many. Stops early after raising an event.
        private int Payload(byte[] buffer, int offset, int count)
        {
            if (_padLengthDue)
            {
                _padLengthDue = false;
                _padding = buffer[offset];
                _left--;
                if (_padding + _skipPriority > _left) Fail(Http2Error.Protocol, "padding longer than the frame");
                else if (_type == Http2Wire.Data) Consume(_id, 1);
                return 1;
            }
            if (_skipPriority > 0)
            {
                _skipPriority--;
                _left--;
                return 1;
            }
            // The caller may have cancelled the stream since the frame began.
            if (_type == Http2Wire.Data) _stream = Find(_id);
            int take = count;
            if (_left > _padding && take > _left - _padding) take = _left - _padding;
            bool padding = _left <= _padding;
            _left -= take;
            switch (_type)
            {
                case Http2Wire.Data:
                    if (padding || _stream == null) Consume(_id, take);
                    else RaiseData(buffer, offset, take);
                    break;
                case Http2Wire.Headers:
                case Http2Wire.Continuation:
                    if (!padding && !_hpack.Handle(buffer, offset, take))
                        Fail(Http2Error.Compression, "a header block that does not decode");
                    break;
                default:
                    Collect(buffer, offset, take);
                    break;
            }
            return take;
        }

        private void RaiseData(byte[] buffer, int offset, int count)
        {
            Raise(Http2Event.Data, _id);
            _eventBuffer = buffer;
            _eventOffset = offset;
            _eventCount = count;
        }

        // Short payloads: what fits is kept, the rest (long GOAWAY texts, unknown types) is skipped. SETTINGS are taken one by one.
        private void Collect(byte[] buffer, int offset, int count)
        {
            for (int i = 0; i < count && Failure == Http2Error.NoError; i++)
            {
                if (_smallHave < _small.Length) _small[_smallHave++] = buffer[offset + i];
                if (_type != Http2Wire.Settings || _smallHave < 6) continue;
                OnSetting(ByteOrder.LoadU16BE(_small, 0), ByteOrder.LoadU32BE(_small, 2));
                _smallHave = 0;
            }
        }
    }
}
