using MicroLink.Control;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.Runtime;
using MicroLink.Sockets;

namespace MicroLink.PeerApi
{
    /// <summary>
    /// The peer API: a small HTTP server on the tunnel addresses whose port control tells our peers, so that `tailscale ping --peerapi`
    /// finds us. At most <see cref="MaxConnections"/> at a time, ten seconds each; further ones wait to be accepted.
    /// </summary>
    public sealed class PeerApiActor : Actor
    {
        public const int MaxConnections = 4;
        /// <summary>Asks this actor needs (Props.WithAsks), and timer slots.</summary>
        public const int Asks = MaxConnections + 2, TimerSlots = 1;
        private const int ListenTimer = 0;
        private const int AskMs = 5000, AcceptMs = 60000, RequestMs = 10000, MarginMs = 1000, RetryMs = 30000;
        private const int Backlog = 8;

        private readonly PacketPlane _plane;
        private readonly ActorRef _tcp, _control;
        private readonly BufferPool _pool;
        private readonly TcpSocket[] _sockets = new TcpSocket[MaxConnections];
        private readonly PeerApiRequest[] _requests = new PeerApiRequest[MaxConnections];
        private readonly int[] _tickets = new int[MaxConnections];
        private readonly long[] _endMs = new long[MaxConnections];
        private TcpListener _listener;
        private int _listenTicket, _acceptTicket, _attempt;

        /// <param name="pool">What answers are leased from: the pool of the TCP actor.</param>
        public PeerApiActor(PacketPlane plane, ActorRef tcp, ActorRef control, BufferPool pool)
        {
            _plane = plane;
            _tcp = tcp;
            _control = control;
            _pool = pool;
        }

        protected override void OnStop()
        {
            DataPlane.SetPeerApiPort(_plane.Handle, 0);
            if (_listener != null) Send(_tcp, new TcpStopListening(_listener));
            for (int i = 0; i < MaxConnections; i++)
                if (_sockets[i] != null) Send(_tcp, new TcpClose(_sockets[i], true));
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case SelfChanged _: Listen(); break;
                case PeerApiTimer _: Listen(); break;
                case TcpListening listening: OnListening(listening.Listener); break;
                case TcpConnected connected: OnConnected(connected.Tcp); break;
                case PacketBuffer buffer: OnBytes(buffer); break;
                default: OnOther(Ticket); break;   // SocketError, TcpEnded, SocketDone, AskTimeout
            }
        }

        private void Listen()
        {
            if (_listener != null || _listenTicket != 0) return;
            int self = _plane.SelfAddress(true);
            if (self < 0) self = _plane.SelfAddress(false);
            if (self < 0) return;
            int port = _attempt < PeerApiPort.Tries ? PeerApiPort.Choose(_plane.SelfAddresses, self, _attempt) : 0;
            _listenTicket = Ask(_tcp, new TcpListen(port, Backlog), AskMs);
        }

        private void OnListening(TcpListener listener)
        {
            _listenTicket = 0;
            _listener = listener;
            DataPlane.SetPeerApiPort(_plane.Handle, listener.Port);
            Send(_control, new PeerApiListening(listener.Port, _plane.SelfAddress(true) >= 0, _plane.SelfAddress(false) >= 0));
            Accept();
        }

        private void Accept()
        {
            if (_acceptTicket == 0 && FreePlace() >= 0) _acceptTicket = Ask(_tcp, new TcpAccept(_listener, AcceptMs), AcceptMs + MarginMs);
        }

        private void OnConnected(TcpSocket socket)
        {
            _acceptTicket = 0;
            int place = FreePlace();
            _sockets[place] = socket;
            byte[] known = new byte[PeerApiRequest.MaxAddresses * DataPlane.AddressLength];
            int count = DataPlane.KnownAs(_plane.Handle, socket.Remote, known);
            _requests[place] = new PeerApiRequest(known, count, _listener.Port);
            _endMs[place] = NowMs + RequestMs;
            Read(place);
            Accept();
        }

        private void Read(int place)
        {
            int left = (int)(_endMs[place] - NowMs);
            if (left > 0) _tickets[place] = Ask(_tcp, new TcpRead(_sockets[place], left), left + MarginMs);
            else Close(place, true);
        }

        private void OnBytes(PacketBuffer buffer)
        {
            int place = PlaceOf(Ticket);
            bool done = place >= 0 && _requests[place].Feed(buffer.Bytes, buffer.Offset, buffer.Count);
            buffer.Return();
            if (place < 0) return;
            if (!done) Read(place);
            else AnswerRequest(place);
        }

        private void AnswerRequest(int place)
        {
            PacketBuffer answer = _pool.Lease();
            if (answer != null)
            {
                answer.Kind = SocketBuffer.Stream;
                answer.Tag = _sockets[place];
                answer.Count = _requests[place].WriteAnswer(answer.Bytes, 0);
                if (!Send(_tcp, answer)) answer.Return();
            }
            // Without a buffer the connection just ends, and the peer asks again.
            Close(place, false);
        }

        private void Close(int place, bool abort)
        {
            Send(_tcp, new TcpClose(_sockets[place], abort));
            _sockets[place] = null;
            _requests[place] = null;
            _tickets[place] = 0;
            Accept();
        }

        private void OnOther(int ticket)
        {
            if (ticket == 0) return;
            if (ticket == _listenTicket)
            {
                _listenTicket = 0;
                // A port in use: the next one. Behind the last the reason is another one, and time may help.
                if (++_attempt <= PeerApiPort.Tries) Listen();
                else
                {
                    _attempt = 0;
                    Timers.Set(ListenTimer, RetryMs, PeerApiTimer.Instance, "the peer API has no port yet");
                }
                return;
            }
            if (ticket == _acceptTicket)
            {
                _acceptTicket = 0;
                Accept();
                return;
            }
            int place = PlaceOf(ticket);
            if (place >= 0) Close(place, true);
        }

        private int FreePlace()
        {
            for (int i = 0; i < MaxConnections; i++)
                if (_sockets[i] == null) return i;
            return -1;
        }

        private int PlaceOf(int ticket)
        {
            for (int i = 0; i < MaxConnections; i++)
                if (_sockets[i] != null && _tickets[i] == ticket) return i;
            return -1;
        }
    }

    internal sealed class PeerApiTimer : Message
    {
        public static readonly PeerApiTimer Instance = new PeerApiTimer();
    }
}
