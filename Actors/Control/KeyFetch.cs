using MicroLink.Bytes;
using MicroLink.Http1;
using MicroLink.Json;

namespace MicroLink.Control
{
    /// <summary>
    /// GET /key?v=113 on a connection of its own (protocol.md 1.1): the server's Noise public key.
    /// <code>
    ///   GET /key?v=113 HTTP/1.1
    ///   {"legacyPublicKey":"mkey:...","publicKey":"mkey:..."}      the first one is ignored
    /// </code>
    /// </summary>
    public sealed class KeyFetch
    {
        /// <summary>Results of Handle.</summary>
        public const int Pending = 0, Done = 1, Failed = -1;

        private static readonly string[] Keys = { "publicKey" };

        private readonly Http1Head _head = new Http1Head();
        private readonly Http1Body _body = new Http1Body(ControlProtocol.MaxKeyAnswer);
        private readonly JsonReader _reader = new JsonReader(Keys);
        private bool _inBody;
        private bool _keyNext;
        private bool _found;
        private bool _badJson;

        /// <summary>The server's Noise public key, 32 bytes, when Done.</summary>
        public byte[] PublicKey { get; } = new byte[KeyText.Length];
        /// <summary>Why it failed, as the end of a sentence that begins with "The control server ".</summary>
        public string FailureText { get; private set; }

        /// <summary>Writes the request and waits for a new answer; returns the length or -1.</summary>
        public int Begin(byte[] into, int offset, ControlUrl url)
        {
            _head.Reset();
            _reader.Reset();
            _inBody = false;
            _keyNext = false;
            _found = false;
            _badJson = false;
            FailureText = null;
            return Http1Request.Write(into, offset, "GET", "/key?v=" + ControlProtocol.CapabilityVersion.ToString(), url.Authority, "");
        }

        /// <summary>Takes everything that was received.</summary>
        public int Handle(byte[] buffer, int offset, int count)
        {
            int at = offset;
            int end = offset + count;
            if (!_inBody)
            {
                int result = _head.Handle(buffer, at, count);
                at += _head.Consumed;
                if (result == Http1Head.Failed) return Fail("sent " + TextAfterSent(_head.Failure) + " instead of its key");
                if (result == Http1Head.NeedMore) return Pending;
                if (_head.Status != 200) return Fail("answered the request for its key with HTTP status " + _head.Status.ToString());
                _inBody = true;
                _body.Start(_head, false);
                _head.Reset();
            }
            while (true)
            {
                int result = _body.Handle(buffer, at, end - at);
                at += _body.Consumed;
                if (result == Http1Body.Failed) return Fail("sent " + TextAfterSent(_body.Failure) + " instead of its key");
                if (result == Http1Body.Complete) return Finish();
                if (result == Http1Body.NeedMore) return Pending;
                Read(buffer, _body.DataOffset, _body.DataCount);
            }
        }

        /// <summary>The connection has closed.</summary>
        public int HandleClosed()
        {
            if (_inBody && _body.HandleClosed() == Http1Body.Complete) return Finish();
            return Fail("closed the connection before it had sent its key");
        }

        private void Read(byte[] buffer, int offset, int count)
        {
            if (_badJson || _found) return;
            _reader.Feed(buffer, offset, count);
            for (int token = _reader.Read(); token != JsonToken.None && token != JsonToken.End; token = _reader.Read())
            {
                if (token == JsonToken.Error)
                {
                    _badJson = true;
                    return;
                }
                if (token == JsonToken.String && _keyNext)
                    _found = KeyText.Parse(KeyText.MachinePublic, _reader.Value, 0, _reader.ValueCount, PublicKey, 0)
                        && !KeyText.IsZero(PublicKey, 0);
                _keyNext = token == JsonToken.Key && _reader.KeyId == 0 && _reader.Depth == 1;
                if (_found) return;
            }
        }

        private int Finish()
        {
            return _found ? Done : Fail("answered the request for its key with something else; is this the address of a control server?");
        }

        private static string TextAfterSent(int failure)
        {
            return Http1Failure.Text(failure);
        }

        private int Fail(string text)
        {
            FailureText = text;
            return Failed;
        }
    }
}
