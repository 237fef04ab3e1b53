using System;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.Http1;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;

namespace MicroLink.Node
{
    /// <summary>
    /// Answers the PingRequests of control (protocol.md 4.9), one after the other: c2n by C2n, pings by asking the actors that ping, the
    /// rest by HTTP on a connection of its own. What control asks beyond <see cref="MaxWaiting"/> is dropped and logged: it asks again.
    /// </summary>
    public sealed class ControlPingActor : Actor
    {
        public const int MaxWaiting = 4;
        private const int TimeoutTimer = 0, MaxTypes = 8;
        /// <summary>protocol.md 4.9 for HEAD; the same for the connection that carries a ping's result.</summary>
        private const int HttpTimeoutMs = 15000;
        private const int PingTimeoutMs = 5000;
        private const int AskTimeoutMs = 3000;

        private readonly ActorRef _control, _node, _paths, _netIo;
        private readonly IStreamDialer _dialer;
        private readonly ControlPing[] _waiting = new ControlPing[MaxWaiting];
        private readonly byte[] _own = new byte[2 * NetEndpoint.AddressLength];
        private int _ownCount;
        private int _waitingCount;
        private ControlPing _current;

        // The pings of one request, by their place in Types.
        private string[] _types;
        private int _at;
        private PingAnswer _answer;

        // One HTTP exchange.
        private int _dial = -1;
        private IByteStream _stream;
        private byte[] _request;
        private int _sent;
        private Http1Head _head;
        private string _verb;

        public ControlPingActor(ActorRef control, ActorRef node, ActorRef paths, ActorRef netIo, IStreamDialer dialer)
        {
            _control = control;
            _node = node;
            _paths = paths;
            _netIo = netIo;
            _dialer = dialer;
        }

        protected override void OnStop()
        {
            EndExchange();
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case ControlPing ping: OnPing(ping); break;
                case SelfChanged self: OnSelf(self.Self); break;
                case PeerFound found: OnFound(found); break;
                case PingResult result: OnResult(result); break;
                case RelayName relay: OnRelayName(relay.Code); break;
                case AskTimeout _: OnNoAnswer(); break;
                case StreamOpened opened: OnOpened(opened); break;
                case StreamFailed failed: if (failed.Dial == _dial) EndHttp(failed.Text); break;
                case StreamWritable writable: if (writable.Stream == _stream) Write(); break;
                case PacketBuffer buffer: OnBytes(buffer); break;
                case StreamClosed closed: if (closed.Stream == _stream) EndHttp("the server closed the connection"); break;
                case HttpTimeout _: EndHttp("no answer within 15 s"); break;
                default: throw new ArgumentException(message.GetType().Name);
            }
        }

        private void OnPing(ControlPing ping)
        {
            if (_current == null) Begin(ping);
            else if (_waitingCount < MaxWaiting) _waiting[_waitingCount++] = ping;
            else Log.Warning("Control asks for more pings at a time than are answered; one was dropped.");
        }

        private void Begin(ControlPing ping)
        {
            _current = ping;
            if (ping.Types == "c2n") Post(C2n.Answer(ping.Payload));
            else if (ping.Types.Length == 0) StartHttp("HEAD", new byte[0]);
            else
            {
                _types = ping.Types.Split(',');
                // Tailscale knows four; one after the other they must not fill the stack.
                if (_types.Length > MaxTypes) _types = new[] { ping.Types };
                _at = 0;
                NextType();
            }
        }

        private void Finish()
        {
            _current = null;
            if (_waitingCount == 0) return;
            ControlPing next = _waiting[0];
            _waitingCount--;
            Array.Copy(_waiting, 1, _waiting, 0, _waitingCount);
            Begin(next);
        }

        // ---- pings through the graph ----------------------------------------------------------------------------------------------------

        private void NextType()
        {
            if (_at == _types.Length)
            {
                Finish();
                return;
            }
            _answer = new PingAnswer { Type = _types[_at], Ip = _current.Address, IsLocalIp = IsOwn(_current.Address) };
            if (_answer.IsLocalIp) Tell(_current.Address + " is this node's own address");
            else if (_answer.Type == "peerapi") Tell("this node has no peer API to ping with");
            else if (Kind(_answer.Type) < 0) Tell("this node does not know pings of type " + _answer.Type);
            else Ask(_node, new FindPeer(_current.Address), AskTimeoutMs);
        }

        private static int Kind(string type)
        {
            return type == "disco" ? PingPeer.Disco : type == "TSMP" ? PingPeer.Tsmp : type == "ICMP" ? PingPeer.Icmp : -1;
        }

        private void OnFound(PeerFound found)
        {
            if (_answer == null) return;
            if (found.PeerId == 0)
            {
                Tell("no matching peer");
                return;
            }
            _answer.NodeIp = found.Address;
            _answer.NodeName = found.Name;
            int kind = Kind(_answer.Type);
            Ask(kind == PingPeer.Disco ? _paths : _netIo, new PingPeer(found.PeerId, kind, PingTimeoutMs) { Address = found.Asked }, PingTimeoutMs + 1000);
        }

        private void OnResult(PingResult result)
        {
            if (_answer == null) return;
            _answer.LatencyMicros = result.LatencyMicros;
            if (result.Endpoint != null) _answer.Endpoint = NetEndpoint.Format(result.Endpoint, 0);
            _answer.RelayRegion = result.Endpoint == null ? result.Region : 0;
            if (result.Error != null) Tell(result.Error);
            else if (_answer.RelayRegion == 0) Tell("");
            else Ask(_node, new RelayNameQuery(_answer.RelayRegion), AskTimeoutMs);
        }

        private void OnRelayName(string code)
        {
            if (_answer == null) return;
            _answer.RelayCode = code;
            Tell("");
        }

        private void OnNoAnswer()
        {
            if (_answer != null) Tell("the ping was not answered in time");
        }

        // One type is done: its answer goes out, the next type follows.
        private void Tell(string error)
        {
            _answer.Error = error;
            byte[] json = new byte[PingAnswer.BytesMax];
            int count = _answer.Write(json);
            _answer = null;
            _at++;
            if (count < 0)
            {
                NextType();
                return;
            }
            byte[] body = new byte[count];
            Array.Copy(json, body, count);
            if (_current.OverNoise) Post(body);
            else StartHttp("POST", body);
        }

        private void OnSelf(PeerRow self)
        {
            _ownCount = 0;
            int count = self.Addresses == null ? 0 : self.Addresses.Length / NetEndpoint.PrefixLength;
            for (int i = 0; i < count && i < 2; i++, _ownCount++)
                Array.Copy(self.Addresses, i * NetEndpoint.PrefixLength, _own, i * NetEndpoint.AddressLength, NetEndpoint.AddressLength);
        }

        private bool IsOwn(string text)
        {
            byte[] address = new byte[NetEndpoint.AddressLength];
            if (!NetEndpoint.ParseAddress(text, address, 0)) return false;
            for (int i = 0; i < _ownCount; i++)
            {
                if (NetEndpoint.AddressEqual(address, 0, _own, i * NetEndpoint.AddressLength)) return true;
            }
            return false;
        }

        // ---- answers over Noise and over HTTP -------------------------------------------------------------------------------------------

        private void Post(byte[] body)
        {
            HttpUrl url = HttpUrl.Parse(_current.Url);
            if (url == null) Log.Warning("Control asks to answer a ping at something that is no URL.");
            else Send(_control, new PostToControl(url.Path, body));
            Done();
        }

        private void Done()
        {
            if (_types != null && _at < _types.Length)
            {
                NextType();
                return;
            }
            _types = null;
            Finish();
        }

        private void StartHttp(string verb, byte[] body)
        {
            HttpUrl url = HttpUrl.Parse(_current.Url);
            if (url == null || url.Server == null)
            {
                Log.Warning("Control asks to answer a ping at something that is no URL.");
                Done();
                return;
            }
            string extra = verb == "POST" ? "Content-Type: application/json\r\nContent-Length: " + body.Length.ToString() + "\r\n" : "";
            byte[] head = new byte[2048];
            int count = Http1Request.Write(head, 0, verb, url.Path, url.Server.Authority, extra);
            _request = new byte[count + body.Length];
            Array.Copy(head, 0, _request, 0, count);
            Array.Copy(body, 0, _request, count, body.Length);
            _verb = verb;
            _sent = 0;
            _head = new Http1Head();
            _dial = _dialer.Dial(new StreamTarget
            {
                Host = url.Server.Host, Port = url.Server.Port, Tls = url.Server.Tls, ServerName = url.Server.Host,
            }, Self);
            Timers.Set(TimeoutTimer, HttpTimeoutMs, HttpTimeout.Instance, "a ping's answer is posted");
        }

        private void OnOpened(StreamOpened opened)
        {
            if (opened.Dial != _dial)
            {
                opened.Stream.Close();
                return;
            }
            _dial = -1;
            _stream = opened.Stream;
            Write();
        }

        private void Write()
        {
            if (_sent < _request.Length) _sent += _stream.Write(_request, _sent, _request.Length - _sent);
        }

        private void OnBytes(PacketBuffer buffer)
        {
            int result = Http1Head.NeedMore;
            if (_stream != null && buffer.Tag == _stream) result = _head.Handle(buffer.Bytes, buffer.Offset, buffer.Count);
            buffer.Return();
            if (result == Http1Head.Complete) EndHttp(null);
            else if (result == Http1Head.Failed) EndHttp("the server answered something that is not HTTP");
        }

        private void EndHttp(string trouble)
        {
            if (trouble != null) Log.Info("Answering a ping of control (" + _verb + ") failed: " + trouble);
            EndExchange();
            if (_current != null) Done();
        }

        private void EndExchange()
        {
            Timers.Stop(TimeoutTimer);
            if (_dial >= 0) _dialer.Cancel(_dial);
            _dial = -1;
            if (_stream != null) _stream.Close();
            _stream = null;
            _request = null;
            _head = null;
        }

        private sealed class HttpTimeout : Message
        {
            public static readonly HttpTimeout Instance = new HttpTimeout();
        }
    }
}
