using MicroLink.Json;

namespace MicroLink.Control
{
    /// <summary>
    /// Reads a RegisterResponse as it streams in and judges it in the order of protocol.md 3.2. The body of an answer other than 200 is
    /// text; its beginning is kept for the message to the user.
    /// </summary>
    public sealed class RegisterAnswer
    {
        /// <summary>Outcomes, in the order of evaluation.</summary>
        public const int Pending = 0, SlowDown = 1, HttpError = 2, Malformed = 3, Refused = 4, TailnetLock = 5, KeyExpired = 6,
            NeedsLogin = 7, Registered = 8;

        private const int Error = 0, NodeKeySignature = 1, NodeKeyExpired = 2, AuthUrl = 3, MachineAuthorized = 4;
        private const int MaxText = 200;
        private static readonly string[] Keys = { "Error", "NodeKeySignature", "NodeKeyExpired", "AuthURL", "MachineAuthorized" };

        private readonly JsonReader _reader = new JsonReader(Keys);
        private readonly byte[] _text = new byte[MaxText];
        private int _textCount;
        private int _total;
        private int _key;
        private bool _complete;
        private bool _bad;
        private bool _signature;
        private bool _expired;

        public int Status { get; private set; }
        /// <summary>Outcome, Pending until Finish.</summary>
        public int Outcome { get; private set; }
        /// <summary>The Error field, or the text of an answer other than 200, at most 200 characters.</summary>
        public string Text { get; private set; }
        /// <summary>The login page, "" when there is none.</summary>
        public string LoginUrl { get; private set; }
        public bool Authorized { get; private set; }

        public void Begin(int status)
        {
            Status = status;
            Outcome = Pending;
            Text = "";
            LoginUrl = "";
            Authorized = false;
            _textCount = 0;
            _total = 0;
            _key = -1;
            _complete = false;
            _bad = false;
            _signature = false;
            _expired = false;
            _reader.Reset();
        }

        /// <summary>A piece of the body.</summary>
        public void Handle(byte[] buffer, int offset, int count)
        {
            _total += count;
            if (_total > ControlProtocol.MaxRegisterAnswer) _bad = true;
            if (Status != 200)
            {
                for (int i = 0; i < count && _textCount < MaxText; i++) _text[_textCount++] = buffer[offset + i];
                return;
            }
            if (_bad) return;
            _reader.Feed(buffer, offset, count);
            for (int token = _reader.Read(); token != JsonToken.None; token = _reader.Read())
            {
                if (token == JsonToken.Error) _bad = true;
                if (token == JsonToken.End) _complete = true;
                if (_bad || token == JsonToken.End) return;
                OnToken(token);
            }
        }

        /// <summary>The body is complete. Returns the outcome.</summary>
        public int Finish()
        {
            // An error page may be anything; for the user it becomes one line.
            if (Status != 200) Text = OneLine();
            if (Status == 429) Outcome = SlowDown;
            else if (Status != 200) Outcome = HttpError;
            else if (_bad || !_complete) Outcome = Malformed;
            else if (Text.Length > 0) Outcome = Refused;
            else if (_signature) Outcome = TailnetLock;
            else if (_expired) Outcome = KeyExpired;
            else if (LoginUrl.Length > 0) Outcome = NeedsLogin;
            else Outcome = Registered;
            return Outcome;
        }

        private void OnToken(int token)
        {
            switch (token)
            {
                case JsonToken.Key:
                    _key = _reader.KeyId;
                    if (_key < 0) _reader.SkipValue();
                    break;
                case JsonToken.ObjectStart:
                case JsonToken.ArrayStart:
                    if (_reader.Depth > 1) _reader.SkipValue();
                    break;
                case JsonToken.String:
                    if (_key == Error) Text = Shorten(_reader.Text);
                    else if (_key == NodeKeySignature) _signature = _reader.ValueCount > 0;
                    else if (_key != AuthUrl) break;
                    // A page that does not fit into the reader cannot be opened; without it the answer would look like success.
                    else if (_reader.Truncated) _bad = true;
                    else LoginUrl = _reader.Text;
                    break;
                case JsonToken.True:
                    if (_key == NodeKeyExpired) _expired = true;
                    else if (_key == MachineAuthorized) Authorized = true;
                    break;
            }
        }

        private string OneLine()
        {
            while (_textCount > 0 && _text[_textCount - 1] <= 32) _textCount--;
            for (int i = 0; i < _textCount; i++)
            {
                if (_text[i] < 32) _text[i] = 32;
            }
            return Bytes.AsciiText.ToText(_text, 0, _textCount);
        }

        private static string Shorten(string text)
        {
            return text.Length <= MaxText ? text : text.Substring(0, MaxText);
        }
    }
}
