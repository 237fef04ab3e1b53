namespace MicroLink.Http1
{
    /// <summary>
    /// Cuts the body of a response out of the stream: Content-Length, chunked, or up to the close of the connection (RFC 9112 section 6).
    /// Nothing is stored: each <see cref="Handle"/> yields one piece of body inside the caller's buffer.
    /// <code>
    ///   chunked:  SIZE-HEX [;ext] CR LF  data  CR LF  ...  0 CR LF  trailers  CR LF
    /// </code>
    /// </summary>
    public sealed class Http1Body
    {
        public const int NeedMore = 0, Data = 1, Complete = 2, Failed = -1;

        private const int ByLength = 0, ByClose = 1, ChunkSize = 2, ChunkExtension = 3, ChunkData = 4, ChunkEnd = 5, Trailer = 6, Over = 7;

        private readonly int _limit;
        private int _state;
        private int _left;
        private int _total;
        private int _digits;
        private int _lineLength;

        /// <summary><paramref name="limitBytes"/>: the longest body that is accepted.</summary>
        public Http1Body(int limitBytes)
        {
            _limit = limitBytes;
        }

        /// <summary>The piece found by the last Handle, inside the buffer that was given.</summary>
        public int DataOffset { get; private set; }
        public int DataCount { get; private set; }
        public int Consumed { get; private set; }
        /// <summary>A value of <see cref="Http1Failure"/>.</summary>
        public int Failure { get; private set; }

        /// <summary>Prepares for the body that belongs to this head. <paramref name="noBody"/>: the answer to HEAD, or a 101.</summary>
        public void Start(Http1Head head, bool noBody)
        {
            Failure = Http1Failure.None;
            _total = 0;
            _left = 0;
            _lineLength = 0;
            _digits = 0;
            string coding = head.Header("transfer-encoding");
            if (noBody || head.Status == 204 || head.Status == 304) _state = Over;
            else if (coding != null)
            {
                _state = ChunkSize;
                if (coding.ToLower() != "chunked") Failure = Http1Failure.BadLength;
            }
            else StartWithLength(head.ContentLength());
        }

        /// <summary>Takes bytes; returns Data (one piece; call again with the rest), NeedMore, Complete or Failed.</summary>
        public int Handle(byte[] buffer, int offset, int count)
        {
            Consumed = 0;
            DataCount = 0;
            while (Failure == Http1Failure.None)
            {
                if (_state == Over) return Complete;
                if (Consumed == count) return NeedMore;
                if (_state == ByLength || _state == ByClose || _state == ChunkData) return TakeData(offset, count);
                OnFrameByte(buffer[offset + Consumed++]);
            }
            return Failed;
        }

        /// <summary>The connection has closed: complete for a body that ends so, else truncated.</summary>
        public int HandleClosed()
        {
            if (Failure != Http1Failure.None) return Failed;
            if (_state == ByClose || _state == Over)
            {
                _state = Over;
                return Complete;
            }
            Failure = Http1Failure.Truncated;
            return Failed;
        }

        private void StartWithLength(int length)
        {
            _state = length >= 0 ? ByLength : ByClose;
            _left = length;
            if (length == -2) Failure = Http1Failure.BadLength;
            else if (length > _limit) Failure = Http1Failure.BodyTooLong;
            else if (length == 0) _state = Over;
        }

        private int TakeData(int offset, int count)
        {
            int take = count - Consumed;
            if (_state != ByClose && take > _left) take = _left;
            if (take > _limit - _total)
            {
                Failure = Http1Failure.BodyTooLong;
                return Failed;
            }
            DataOffset = offset + Consumed;
            DataCount = take;
            Consumed += take;
            _total += take;
            if (_state != ByClose) _left -= take;
            if (_left == 0 && _state == ByLength) _state = Over;
            if (_left == 0 && _state == ChunkData) _state = ChunkEnd;
            return Data;
        }

        private void OnFrameByte(byte b)
        {
            // A size line, an extension or a trailer may not go on for ever.
            if (++_lineLength > 1024) Failure = Http1Failure.BadChunk;
            switch (_state)
            {
                case ChunkSize: OnSizeByte(b); break;
                case ChunkExtension:
                    if (b == (byte)'\n') OnSizeLine();
                    break;
                case ChunkEnd:
                    if (b == (byte)'\n') Begin(ChunkSize);
                    else if (b != (byte)'\r') Failure = Http1Failure.BadChunk;
                    break;
                default:
                    OnTrailerByte(b);
                    break;
            }
        }

        private void OnSizeByte(byte b)
        {
            int digit = HexDigit(b);
            if (digit >= 0)
            {
                if (++_digits > 6) Failure = Http1Failure.BodyTooLong;
                _left = _left * 16 + digit;
            }
            else if (_digits == 0) Failure = Http1Failure.BadChunk;
            else if (b == (byte)'\n') OnSizeLine();
            else if (b == (byte)';' || b == (byte)'\r' || b == (byte)' ') _state = ChunkExtension;
            else Failure = Http1Failure.BadChunk;
        }

        private void OnSizeLine()
        {
            if (_left > _limit - _total) Failure = Http1Failure.BodyTooLong;
            int size = _left;
            Begin(size == 0 ? Trailer : ChunkData);
            _left = size;
        }

        // The trailer ends with an empty line; _digits counts the bytes of the line that is being read.
        private void OnTrailerByte(byte b)
        {
            if (b == (byte)'\r') return;
            if (b != (byte)'\n') _digits++;
            else if (_digits == 0) _state = Over;
            else _digits = 0;
        }

        private void Begin(int state)
        {
            _state = state;
            _left = 0;
            _digits = 0;
            _lineLength = 0;
        }

        private static int HexDigit(byte b)
        {
            if (b >= (byte)'0' && b <= (byte)'9') return b - '0';
            if (b >= (byte)'a' && b <= (byte)'f') return b - 'a' + 10;
            if (b >= (byte)'A' && b <= (byte)'F') return b - 'A' + 10;
            return -1;
        }
    }
}
