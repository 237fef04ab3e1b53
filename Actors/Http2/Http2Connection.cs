using MicroLink.Bytes;

namespace MicroLink.Http2
{
    /// <summary>
    /// Client side of one HTTP/2 connection over a byte pipe with prior knowledge (RFC 9113; protocol.md 2.6). Knows bytes only.
    /// <code>
    ///   Request() -> stream      PollTransmit() -> bytes for the pipe (control frames first, then requests, then bodies by turn)
    ///   Handle(bytes)            stops at the first event: take it with PollEvent, then call Handle again with the rest (Consumed)
    ///   Consume(stream, n)       the receiver is done with n bytes of data: only now the peer's window opens again
    /// </code>
    /// Nothing queues: acknowledgements are counters, data is handed out inside the caller's buffer, bodies stay with the caller.
    /// </summary>
    public sealed partial class Http2Connection : IHpackSink
    {
        /// <summary>Streams at a time: map poll, lite update, ping answers.</summary>
        public const int MaxStreams = 6;

        private readonly Http2Stream[] _streams = new Http2Stream[MaxStreams];
        private readonly HpackDecoder _hpack;
        private readonly int _tableBytes;
        private readonly int _streamWindow;
        private int _nextStreamId = 1;
        private int _goAwayLast = int.MaxValue;

        // The peer's settings; initial values of RFC 9113 6.5.2.
        private int _peerInitialWindow = Http2Wire.InitialWindow;
        private int _peerMaxFrame = Http2Wire.MaxFrame;
        private int _peerMaxStreams = int.MaxValue;

        // Flow control of the whole connection.
        private int _sendWindow = Http2Wire.InitialWindow;
        private int _receiveWindow = Http2Wire.InitialWindow;
        private int _credit;

        /// <summary><paramref name="tableBytes"/>: HPACK dynamic table the server may use (4096 is the protocol's default; a device takes
        /// less). <paramref name="streamWindow"/>: receive window of each stream in bytes, at most 65535.</summary>
        public Http2Connection(int tableBytes, int streamWindow)
        {
            _tableBytes = tableBytes;
            _streamWindow = streamWindow > Http2Wire.InitialWindow ? Http2Wire.InitialWindow : streamWindow;
            _hpack = new HpackDecoder(tableBytes, this);
            for (int i = 0; i < MaxStreams; i++) _streams[i] = new Http2Stream();
        }

        /// <summary>An Http2Error when the connection has failed (a GOAWAY is then the last thing PollTransmit gives), else 0.</summary>
        public int Failure { get; private set; }
        /// <summary>What was wrong, as a constant text; null while nothing is.</summary>
        public string FailureText { get; private set; }
        /// <summary>The server's SETTINGS have arrived.</summary>
        public bool Open { get; private set; }
        /// <summary>No new streams are possible: the server sent GOAWAY, or the stream ids are used up.</summary>
        public bool Draining { get { return _goAwayLast != int.MaxValue || _nextStreamId < 0; } }
        /// <summary>How many bytes the last Handle took.</summary>
        public int Consumed { get; private set; }
        public int ActiveStreams { get; private set; }

        /// <summary>Opens a stream. Returns its id, or -1: no stream is free, or the connection is draining or failed.</summary>
        public int Request(Http2Request request)
        {
            if (Failure != Http2Error.NoError || Draining || ActiveStreams >= _peerMaxStreams) return -1;
            Http2Stream stream = Find(0);
            if (stream == null) return -1;
            int id = _nextStreamId;
            _nextStreamId += 2;
            stream.Open(id, request, _peerInitialWindow, _streamWindow);
            ActiveStreams++;
            return id;
        }

        /// <summary>Gives up a stream: RST_STREAM(CANCEL) goes out, nothing of it is reported any more.</summary>
        public void Cancel(int id)
        {
            Http2Stream stream = id > 0 ? Find(id) : null;
            if (stream == null) return;
            if (stream.HeadersSent && !stream.RemoteEnded) QueueReset(id, Http2Error.Cancel);
            if (_eventKind != Http2Event.None && _eventStream == id)
            {
                _credit += _eventCount;
                _eventKind = Http2Event.None;
            }
            CloseStream(stream);
        }

        /// <summary>The receiver has taken <paramref name="count"/> bytes of data of this stream (ended or not).</summary>
        public void Consume(int id, int count)
        {
            _credit += count;
            Http2Stream stream = id > 0 ? Find(id) : null;
            if (stream != null && !stream.RemoteEnded) stream.Credit += count;
        }

        /// <summary>There is something for PollTransmit to write.</summary>
        public bool WantsTransmit()
        {
            if (!_prefaceSent || _settingsAcks > 0 || _pingCount > 0 || _resetCount > 0 || _goAwayToSend) return true;
            if (Failure != Http2Error.NoError) return false;
            if (_credit >= Http2Wire.InitialWindow / 2) return true;
            for (int i = 0; i < MaxStreams; i++)
            {
                Http2Stream stream = _streams[i];
                if (stream.Id == 0) continue;
                if (!stream.HeadersSent && !stream.Refused) return true;
                if (stream.Credit >= _streamWindow / 2 && !stream.RemoteEnded) return true;
                if (!stream.BodySent && stream.SendWindow > 0 && _sendWindow > 0) return true;
            }
            return false;
        }

        private Http2Stream Find(int id)
        {
            for (int i = 0; i < MaxStreams; i++)
            {
                if (_streams[i].Id == id) return _streams[i];
            }
            return null;
        }

        private void CloseStream(Http2Stream stream)
        {
            stream.Close();
            ActiveStreams--;
        }

        private int Fail(int error, string text)
        {
            if (Failure != Http2Error.NoError) return Output.Failed;
            Failure = error;
            FailureText = text;
            _goAwayToSend = true;
            return Output.Failed | Output.Transmit;
        }
    }
}
