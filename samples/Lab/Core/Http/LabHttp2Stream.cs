using System;
using System.Collections.Generic;
using System.IO;

namespace MicroLink.Lab.Core
{
    /// <summary>One HTTP/2 stream: collects the request, then carries the response under the client's flow control.</summary>
    internal sealed class LabHttp2Stream : ILabResponse
    {
        private readonly LabHttp2 _connection;
        private readonly LabSession _session;
        private readonly LabRequest _request;
        private readonly MemoryStream _body = new MemoryStream();
        private readonly Queue<byte[]> _out = new Queue<byte[]>();
        private LabExchange _exchange;
        private int _outAt;
        private bool _complete, _ended, _over;

        public LabHttp2Stream(LabHttp2 connection, LabSession session, int id, string method, string path)
        {
            _connection = connection;
            _session = session;
            Id = id;
            _request = new LabRequest { Method = method, Path = path, MachineKey = session.MachineKey, Remote = session.Remote };
        }

        public int Id { get; }
        /// <summary>What the client's stream window still allows; may be negative after a SETTINGS change.</summary>
        public int Window { get; set; }
        public long Backlog { get; private set; }

        public void Body(ReadOnlySpan<byte> bytes, long nowMs)
        {
            // One byte more than allowed is enough for LabControl to refuse with 413.
            int room = LabControl.MaxBody + 1 - (int)_body.Length;
            _body.Write(bytes[..Math.Min(bytes.Length, room)]);
        }

        public void Complete(long nowMs)
        {
            if (_complete) return;
            _complete = true;
            _request.Body = _body.ToArray();
            LabExchange exchange = _session.Core.Control.Handle(_request, this, nowMs);
            if (!_over) _exchange = exchange;
        }

        /// <summary>The client reset the stream, or the connection is gone.</summary>
        public void Abort(long nowMs)
        {
            _over = true;
            _out.Clear();
            Backlog = 0;
            _exchange?.Aborted(nowMs);
        }

        public void Start(int status, string contentType, int contentLength)
        {
            if (_over) return;
            var headers = new List<KeyValuePair<string, string>> { new KeyValuePair<string, string>(":status", status.ToString()) };
            if (contentType != null) headers.Add(new KeyValuePair<string, string>("content-type", contentType));
            if (contentLength >= 0) headers.Add(new KeyValuePair<string, string>("content-length", contentLength.ToString()));
            _connection.WriteHeaders(Id, _connection.Encoder.Encode(headers), contentLength == 0);
            if (contentLength == 0) Over();
        }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            if (_over || bytes.Length == 0) return;
            _out.Enqueue(bytes.ToArray());
            Backlog += bytes.Length;
            Pump();
        }

        public void End()
        {
            _ended = true;
            Pump();
        }

        public void Pump()
        {
            while (!_over && _out.Count > 0)
            {
                byte[] chunk = _out.Peek();
                int n = Math.Min(Math.Min(chunk.Length - _outAt, _connection.ClientMaxFrame), Math.Min(Window, _connection.ClientWindow));
                if (n <= 0) return;
                bool last = _ended && _out.Count == 1 && _outAt + n == chunk.Length;
                _connection.WriteData(Id, chunk.AsSpan(_outAt, n), last);
                Window -= n;
                _connection.ClientWindow -= n;
                Backlog -= n;
                _outAt += n;
                if (_outAt == chunk.Length)
                {
                    _out.Dequeue();
                    _outAt = 0;
                }
                if (last) Over();
            }
            if (!_over && _ended)
            {
                _connection.WriteData(Id, default, true);
                Over();
            }
        }

        private void Over()
        {
            _over = true;
            _connection.Finished(this);
        }
    }
}
