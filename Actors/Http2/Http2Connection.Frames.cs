using System;
using MicroLink.Bytes;

namespace MicroLink.Http2
{
    /// <summary>What each whole frame means for the connection and its streams.</summary>
    public sealed partial class Http2Connection
    {
        private void EndFrame()
        {
            _stream = _id != 0 ? Find(_id) : null;
            switch (_type)
            {
                case Http2Wire.Data:
                    if ((_flags & Http2Wire.FlagEndStream) != 0 && _stream != null) RaiseEnd(_stream);
                    break;
                case Http2Wire.Headers:
                case Http2Wire.Continuation:
                    if ((_flags & Http2Wire.FlagEndHeaders) != 0) OnBlock();
                    break;
                case Http2Wire.RstStream:
                    OnReset((int)ByteOrder.LoadU32BE(_small, 0));
                    break;
                case Http2Wire.Settings:
                    if ((_flags & Http2Wire.FlagAck) != 0) break;
                    Open = true;
                    if (++_settingsAcks > 16) Fail(Http2Error.EnhanceYourCalm, "a flood of SETTINGS");
                    break;
                case Http2Wire.Ping:
                    OnPing();
                    break;
                case Http2Wire.GoAway:
                    OnGoAway();
                    break;
                case Http2Wire.WindowUpdate:
                    OnWindowUpdate((int)(ByteOrder.LoadU32BE(_small, 0) & 0x7fffffff));
                    break;
            }
        }

        private void RaiseEnd(Http2Stream stream)
        {
            stream.RemoteEnded = true;
            _endDue = false;
            Raise(Http2Event.End, stream.Id);
            // The server has answered without reading our whole body: take the rest back (RFC 9113 8.1).
            if (!stream.BodySent) QueueReset(stream.Id, Http2Error.NoError);
        }

        private void OnPing()
        {
            if ((_flags & Http2Wire.FlagAck) != 0) return;
            if (_pingCount == MaxPings)
            {
                Fail(Http2Error.EnhanceYourCalm, "a flood of PING");
                return;
            }
            Array.Copy(_small, 0, _pings, 8 * _pingCount++, 8);
        }

        private void OnBlock()
        {
            _continuing = 0;
            if (!_hpack.End())
            {
                Fail(Http2Error.Compression, "a header block that is cut off");
                return;
            }
            Http2Stream stream = Find(_id);
            if (stream == null) return;
            if (stream.ResponseSeen)
            {
                // Trailers: their fields do not matter, but they must end the stream (RFC 9113 8.1).
                if (_continuingEnds) RaiseEnd(stream);
                else Fail(Http2Error.Protocol, "a second response head");
                return;
            }
            if (_fieldStatus < 100 || (_fieldStatus < 200 && _continuingEnds) || _fieldStatus == 101)
            {
                QueueReset(_id, Http2Error.Protocol);
                Raise(Http2Event.Reset, _id);
                _eventCode = Http2Error.Protocol;
                return;
            }
            if (_fieldStatus < 200) return;
            stream.ResponseSeen = true;
            stream.Status = _fieldStatus;
            stream.RetryAfter = _fieldRetryAfter;
            stream.Date = _fieldDate;
            Raise(Http2Event.Response, _id);
            // The response without a body: End follows as soon as the head has been taken.
            _endDue = _continuingEnds;
        }

        void IHpackSink.OnHeader(byte[] bytes, int nameCount, int valueCount, bool truncated)
        {
            if (AsciiText.Equal(bytes, 0, nameCount, ":status"))
            {
                _fieldStatus = AsciiText.TryParseNumber(bytes, nameCount, valueCount, out long status) && status < 1000 ? (int)status : 0;
            }
            else if (!truncated && valueCount <= 64 && AsciiText.Equal(bytes, 0, nameCount, "retry-after"))
            {
                _fieldRetryAfter = AsciiText.ToText(bytes, nameCount, valueCount);
            }
            else if (!truncated && valueCount <= 64 && AsciiText.Equal(bytes, 0, nameCount, "date"))
            {
                _fieldDate = AsciiText.ToText(bytes, nameCount, valueCount);
            }
        }

        private void OnReset(int code)
        {
            // After END_STREAM a reset says nothing new: headscale sends two of them (captures, headscale-probe2).
            if (_stream == null || _stream.RemoteEnded) return;
            Raise(Http2Event.Reset, _id);
            _eventCode = code;
        }

        private void OnGoAway()
        {
            int last = (int)(ByteOrder.LoadU32BE(_small, 0) & 0x7fffffff);
            if (last < _goAwayLast) _goAwayLast = last;
            _goAwayText = AsciiText.ToText(_small, 8, _smallHave - 8);
            for (int i = 0; i < MaxStreams; i++)
            {
                if (_streams[i].Id > _goAwayLast) _streams[i].Refused = true;
            }
            Raise(Http2Event.GoAway, 0);
            _eventCode = (int)ByteOrder.LoadU32BE(_small, 4);
        }

        private void OnWindowUpdate(int increment)
        {
            if (_id == 0)
            {
                if (increment == 0) Fail(Http2Error.Protocol, "a window update of zero");
                else if (_sendWindow > Http2Wire.MaxWindow - increment) Fail(Http2Error.FlowControl, "a window above 2^31-1");
                else _sendWindow += increment;
                return;
            }
            if (_stream == null) return;
            if (increment == 0) ResetStream(Http2Error.Protocol);
            else if (_stream.SendWindow > 0 && _stream.SendWindow > Http2Wire.MaxWindow - increment) ResetStream(Http2Error.FlowControl);
            else _stream.SendWindow += increment;
        }

        private void ResetStream(int code)
        {
            QueueReset(_id, code);
            Raise(Http2Event.Reset, _id);
            _eventCode = code;
        }

        private void OnSetting(int id, uint value)
        {
            switch (id)
            {
                case Http2Wire.SettingInitialWindowSize:
                    if (value > Http2Wire.MaxWindow) Fail(Http2Error.FlowControl, "an initial window above 2^31-1");
                    else OnInitialWindow((int)value);
                    break;
                case Http2Wire.SettingMaxFrameSize:
                    if (value < Http2Wire.MaxFrame || value > 0xFFFFFF) Fail(Http2Error.Protocol, "a maximum frame size out of range");
                    else _peerMaxFrame = (int)value;
                    break;
                case Http2Wire.SettingMaxConcurrentStreams:
                    _peerMaxStreams = value > int.MaxValue ? int.MaxValue : (int)value;
                    break;
                case Http2Wire.SettingEnablePush:
                    // Only a client may allow push (RFC 9113 6.5.2).
                    if (value != 0) Fail(Http2Error.Protocol, "a server that enables push");
                    break;
            }
        }

        private void OnInitialWindow(int value)
        {
            long delta = (long)value - _peerInitialWindow;
            _peerInitialWindow = value;
            for (int i = 0; i < MaxStreams; i++)
            {
                if (_streams[i].Id == 0) continue;
                long window = _streams[i].SendWindow + delta;
                if (window > Http2Wire.MaxWindow) Fail(Http2Error.FlowControl, "a window above 2^31-1");
                else _streams[i].SendWindow = (int)window;
            }
        }
    }
}
