using System.Text;

namespace MicroLink.Http1
{
    /// <summary>Why an HTTP/1.1 answer could not be used.</summary>
    public static class Http1Failure
    {
        public const int None = 0;
        /// <summary>The first line is not "HTTP/1.x NNN ...".</summary>
        public const int NotHttp = 1;
        /// <summary>The head is longer than the limit.</summary>
        public const int HeadTooLong = 2;
        /// <summary>A header line without a colon, a folded line, or a control character.</summary>
        public const int BadHeader = 3;
        /// <summary>Content-Length is no number, or there are two different ones, or an unknown Transfer-Encoding.</summary>
        public const int BadLength = 4;
        /// <summary>The body is longer than the limit.</summary>
        public const int BodyTooLong = 5;
        /// <summary>A chunk header that is not hexadecimal, or a missing line end.</summary>
        public const int BadChunk = 6;
        /// <summary>The connection closed before the answer was complete.</summary>
        public const int Truncated = 7;

        /// <summary>The code as the end of a sentence that begins with "the server sent ".</summary>
        public static string Text(int failure)
        {
            switch (failure)
            {
                case NotHttp: return "something that is not HTTP";
                case HeadTooLong: return "a response head that is too long";
                case BadHeader: return "a malformed header line";
                case BadLength: return "a malformed length";
                case BodyTooLong: return "a body that is too long";
                case BadChunk: return "a malformed chunk";
                case Truncated: return "an incomplete answer";
                default: return "nothing wrong";
            }
        }
    }

    /// <summary>
    /// Reads the head of an HTTP/1.1 response at any cut and keeps what follows it untouched (protocol.md 2.1: the Noise response and more
    /// may stand in the same segment). Interim answers (100, 102..199 but not 101) are skipped.
    /// <code>
    ///   HTTP/1.1 101 Switching Protocols CR LF
    ///   Name: value CR LF ...            names are compared without case; a bare LF ends a line too
    ///   CR LF
    /// </code>
    /// </summary>
    public sealed class Http1Head
    {
        public const int NeedMore = 0, Complete = 1, Failed = -1;
        public const int DefaultLimit = 4096;

        private readonly int _limit;
        // Only while a head is being read or asked about: it is longer than all the rest of an idle connection.
        private byte[] _head;
        private int _have;
        private int _lineStart;

        public Http1Head() : this(DefaultLimit) { }

        /// <summary><paramref name="limitBytes"/>: the longest head that is accepted.</summary>
        public Http1Head(int limitBytes)
        {
            _limit = limitBytes;
        }

        /// <summary>The three-digit status; 0 before the head is complete.</summary>
        public int Status { get; private set; }
        /// <summary>How many bytes the last <see cref="Handle"/> took. The rest belongs to the body or the upgraded protocol.</summary>
        public int Consumed { get; private set; }
        /// <summary>A value of <see cref="Http1Failure"/>.</summary>
        public int Failure { get; private set; }

        /// <summary>For another answer. Its memory is given back until that begins, so call it too when nothing of this one is asked any more.</summary>
        public void Reset()
        {
            _head = null;
            Restart();
        }

        private void Restart()
        {
            _have = 0;
            _lineStart = 0;
            Status = 0;
            Failure = Http1Failure.None;
        }

        /// <summary>Takes bytes up to the blank line. Returns NeedMore, Complete or Failed.</summary>
        public int Handle(byte[] buffer, int offset, int count)
        {
            Consumed = 0;
            if (Failure != Http1Failure.None) return Failed;
            if (_head == null) _head = new byte[_limit];
            while (Consumed < count)
            {
                if (_have == _head.Length) return Fail(Http1Failure.HeadTooLong);
                byte next = buffer[offset + Consumed++];
                _head[_have++] = next;
                if (next != (byte)'\n') continue;
                int result = OnLine();
                if (result != NeedMore) return result;
            }
            return NeedMore;
        }

        /// <summary>The value of the first header of that name, trimmed; null when absent.</summary>
        public string Header(string name)
        {
            int at = Find(name, 0);
            return at < 0 ? null : Value(at);
        }

        /// <summary>The header is there and has exactly this value, case aside.</summary>
        public bool HeaderIs(string name, string value)
        {
            string found = Header(name);
            return found != null && found.ToLower() == value.ToLower();
        }

        /// <summary>Content-Length, -1 when absent, -2 when malformed or contradictory.</summary>
        public int ContentLength()
        {
            int length = -1;
            int at = Find("content-length", 0);
            while (at >= 0)
            {
                int value = ParseLength(Value(at));
                if (value < 0 || (length >= 0 && length != value)) return -2;
                length = value;
                at = Find("content-length", at);
            }
            return length;
        }

        private int OnLine()
        {
            int end = _have - 1;
            if (end > _lineStart && _head[end - 1] == (byte)'\r') end--;
            if (end == _lineStart && _lineStart > 0) return OnBlankLine();
            if (_lineStart == 0)
            {
                if (!ParseStatusLine(end)) return Fail(Http1Failure.NotHttp);
            }
            else if (!IsHeaderLine(_lineStart, end)) return Fail(Http1Failure.BadHeader);
            _lineStart = _have;
            return NeedMore;
        }

        private int OnBlankLine()
        {
            if (Status >= 200 || Status == 101) return Complete;
            Restart();
            return NeedMore;
        }

        private bool ParseStatusLine(int end)
        {
            const string Prefix = "HTTP/1.";
            if (end < 12) return false;
            for (int i = 0; i < Prefix.Length; i++)
            {
                if (_head[i] != Prefix[i]) return false;
            }
            if (_head[8] != (byte)' ' || (end > 12 && _head[12] != (byte)' ')) return false;
            int status = 0;
            for (int i = 9; i < 12; i++)
            {
                if (_head[i] < (byte)'0' || _head[i] > (byte)'9') return false;
                status = status * 10 + _head[i] - '0';
            }
            Status = status;
            return status >= 100;
        }

        private bool IsHeaderLine(int start, int end)
        {
            int colon = start;
            while (colon < end && _head[colon] != (byte)':') colon++;
            if (colon == start || colon == end) return false;
            for (int i = start; i < end; i++)
            {
                bool name = i < colon;
                byte b = _head[i];
                if (b == 127 || (b < 32 && b != 9) || (name && (b == 32 || b == 9))) return false;
            }
            return true;
        }

        // Returns the offset of the value behind "name:", searching lines that start after 'from'; -1 when there is none.
        private int Find(string name, int from)
        {
            for (int i = from; i + 1 < _have; i++)
            {
                if (_head[i] != (byte)'\n') continue;
                int start = i + 1;
                if (start + name.Length >= _have || _head[start + name.Length] != (byte)':') continue;
                if (SameName(start, name)) return start + name.Length + 1;
            }
            return -1;
        }

        private bool SameName(int start, string name)
        {
            for (int i = 0; i < name.Length; i++)
            {
                int have = _head[start + i];
                int want = name[i];
                if (have >= 'A' && have <= 'Z') have += 32;
                if (want >= 'A' && want <= 'Z') want += 32;
                if (have != want) return false;
            }
            return true;
        }

        private string Value(int at)
        {
            int end = at;
            while (end < _have && _head[end] != (byte)'\n') end++;
            while (end > at && (_head[end - 1] == (byte)'\r' || _head[end - 1] == (byte)' ' || _head[end - 1] == 9)) end--;
            while (at < end && (_head[at] == (byte)' ' || _head[at] == 9)) at++;
            return Encoding.UTF8.GetString(_head, at, end - at);
        }

        private static int ParseLength(string text)
        {
            if (text.Length == 0 || text.Length > 9) return -2;
            int value = 0;
            for (int i = 0; i < text.Length; i++)
            {
                if (text[i] < '0' || text[i] > '9') return -2;
                value = value * 10 + text[i] - '0';
            }
            return value;
        }

        private int Fail(int failure)
        {
            Failure = failure;
            return Failed;
        }
    }
}
