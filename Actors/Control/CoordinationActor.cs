using System;
using MicroLink.Bytes;
using MicroLink.Clock;
using MicroLink.Drivers;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;
using MicroLink.Store;

namespace MicroLink.Control
{
    /// <summary>
    /// The shell around ControlClient: dials, moves bytes, has keys computed, and hands out what the map says. Nothing is read while a
    /// receiver's mailbox is full: the delivery is repeated every 10 ms, the stream's eight buffers stay leased, TCP slows the server.
    /// </summary>
    public sealed partial class CoordinationActor : Actor
    {
        private const int DeadlineTimer = 0, DeliveryTimer = 1;
        private const int TransmitLength = 4096;

        private readonly ControlClient _client;
        private readonly ControlOptions _options;
        private readonly ControlRoutes _routes;
        private readonly IStreamDialer _dialer;
        private readonly IDhWorker _dhWorker;
        private readonly ControlEvent _event = new ControlEvent();
        private readonly PacketBuffer[] _buffers = new PacketBuffer[StreamLimits.Buffers];
        private readonly byte[] _out = new byte[TransmitLength];
        private int _bufferCount;
        private int _outAt;
        private int _outCount;
        private IByteStream _stream;
        private int _streamAttempt = -1;
        // By attempt: the dial under way (-1 = none) and the open connection.
        private readonly int[] _dials = new int[DialRace.MaxAttempts];
        private readonly IByteStream[] _streams = new IByteStream[DialRace.MaxAttempts];
        private bool _closedSeen;
        private bool _hasDate;
        private DhJob _freeJob;

        private ActorRef _logoutAsker;
        private int _logoutTicket;

        public CoordinationActor(ControlOptions options, NodeIdentity identity, ControlRoutes routes, IStreamDialer dialer,
            IDhWorker dhWorker, IEntropy entropy)
        {
            _options = options;
            _routes = routes;
            _dialer = dialer;
            _dhWorker = dhWorker;
            _hasDate = options.ClockTrusted;
            if (routes.Told == null) routes.Told = routes.Table != null ? routes.Table.Index : new PeerIndex(options.MaxPeers);
            _client = new ControlClient(options, identity, entropy, routes.Told);
            for (int i = 0; i < _dials.Length; i++) _dials[i] = -1;
        }

        protected override void OnStart()
        {
            if (_routes.Facts != null) _client.HandleHostFacts(_routes.Facts, NowMs);
            if (_routes.LinkIsUp) _client.HandleLinkUp(NowMs);
            if (!_routes.Restored) AskStored(StoredIds.BeforeAll);
            Drain();
        }

        protected override void OnStop()
        {
            CloseStream();
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case PacketBuffer buffer: OnBytes(buffer); break;
                case StreamWritable writable: break;
                case StreamOpened opened: OnOpened(opened); break;
                case StreamFailed failed: OnFailed(failed); break;
                case StreamClosed closed: OnClosed(closed); break;
                case DhDone done: OnDhDone(done.Job); break;
                case LinkUp _:
                    _routes.LinkIsUp = true;
                    _client.HandleLinkUp(NowMs);
                    break;
                case LinkDown _:
                    _routes.LinkIsUp = false;
                    _client.HandleLinkDown(NowMs);
                    break;
                case NetworkChanged changed: OnNetworkChanged(changed); break;
                case HostUpdate update:
                    _routes.Facts = Facts(update);
                    TellFacts();
                    break;
                case PeerApiListening listening:
                    _routes.PeerApi = listening;
                    if (_routes.Facts == null) _routes.Facts = new HostFacts();
                    TellFacts();
                    break;
                case StoreCredit credit:
                    _storeCredit = credit.Rows + _storeCredit > StoreCredit.Window ? StoreCredit.Window : credit.Rows + _storeCredit;
                    break;
                case StoredRow row: _stored = row; break;
                case PostToControl post: _client.HandlePost(post.Path, post.Body, NowMs); break;
                case Logout _: OnLogout(); break;
                case WallClockChanged clock: OnClock(clock); break;
                case DeadlineTick _: _client.HandleTimeout(NowMs); break;
                case DeliveryTick _: break;
                default: throw new ArgumentException(message.GetType().Name);
            }
            Drain();
        }

        // One input, then everything that follows from it, then the one timer.
        private void Drain()
        {
            while (true)
            {
                if (!DeliverAll()) break;
                if (TellStored()) continue;
                Transmit();
                SubmitJobs();
                if (!FeedClient()) break;
            }
            Transmit();
            SubmitJobs();
            Timers.SetAt(DeadlineTimer, _client.Deadline, DeadlineTick.Instance, _client.DeadlineReason);
        }

        // False when nothing more can be done now.
        private bool FeedClient()
        {
            FollowCurrent();
            if (_bufferCount == 0) return FeedNothing();
            PacketBuffer buffer = _buffers[0];
            int output = _client.Handle(buffer.Bytes, buffer.Offset, buffer.Count, NowMs);
            buffer.Offset += _client.Consumed;
            buffer.Count -= _client.Consumed;
            bool progress = _client.Consumed > 0 || (output & Output.Event) != 0;
            if (buffer.Count == 0)
            {
                _bufferCount--;
                Array.Copy(_buffers, 1, _buffers, 0, _bufferCount);
                buffer.Return();
            }
            return progress;
        }

        // The client may have more to tell from a record that it has taken whole; and a close is seen only behind all bytes.
        private bool FeedNothing()
        {
            if ((_client.Handle(_out, 0, 0, NowMs) & Output.Event) != 0) return true;
            if (!_closedSeen || _stream == null) return false;
            CloseAttempt(_streamAttempt);
            _client.HandleClosed(NowMs);
            return true;
        }

        private void OnBytes(PacketBuffer buffer)
        {
            if (_stream == null || buffer.Tag != _stream || _bufferCount == StreamLimits.Buffers) buffer.Return();
            else _buffers[_bufferCount++] = buffer;
        }

        private void OnOpened(StreamOpened opened)
        {
            int attempt = AttemptOf(opened.Dial);
            if (attempt < 0)
            {
                opened.Stream.Close();
                return;
            }
            _dials[attempt] = -1;
            _streams[attempt] = opened.Stream;
            _client.HandleOpened(attempt, NowMs);
        }

        private void OnFailed(StreamFailed failed)
        {
            int attempt = AttemptOf(failed.Dial);
            if (attempt < 0) return;
            _dials[attempt] = -1;
            _client.HandleDialFailed(attempt, failed.Text, NowMs);
        }

        private int AttemptOf(int dial)
        {
            for (int i = 0; i < _dials.Length; i++)
            {
                if (_dials[i] == dial) return i;
            }
            return -1;
        }

        private void OnClosed(StreamClosed closed)
        {
            if (closed.Stream == _stream)
            {
                _closedSeen = true;
                return;
            }
            for (int i = 0; i < _streams.Length; i++)
            {
                if (_streams[i] == null || _streams[i] != closed.Stream) continue;
                CloseAttempt(i);
                _client.HandleDialFailed(i, "The control server closed the connection.", NowMs);
            }
        }

        // The client uses another connection now: what was read from and meant for the one before is gone with it.
        private void FollowCurrent()
        {
            int attempt = _client.CurrentAttempt;
            IByteStream stream = attempt < 0 ? null : _streams[attempt];
            if (stream == _stream) return;
            DropBuffers();
            _stream = stream;
            _streamAttempt = attempt;
        }

        /// <summary>A connection over an address that is gone would hang until its watchdog ends; one that waits tries the new network now.</summary>
        private void OnNetworkChanged(NetworkChanged changed)
        {
            bool dead = _stream != null && changed.Took(_stream);
            if (dead)
            {
                CloseStream();
                _client.HandleClosed(NowMs);
            }
            if (_routes.LinkIsUp) _client.HandleLinkUp(NowMs);
        }

        /// <summary>Certificates that could not be judged before can be now: no reason to wait.</summary>
        private void OnClock(WallClockChanged clock)
        {
            _options.ClockTrusted = clock.Trusted;
            _client.Map.SetHostClock(clock.OffsetMs, clock.Trusted, NowMs);
            if (clock.HasDate && !_hasDate && _routes.LinkIsUp) _client.HandleLinkUp(NowMs);
            _hasDate = clock.HasDate;
        }

        private void OnDhDone(DhJob job)
        {
            _client.HandleJobDone(job, NowMs);
            _freeJob = job;
        }

        private void OnLogout()
        {
            _logoutAsker = Sender;
            _logoutTicket = Ticket;
            _client.HandleLogout(NowMs);
        }

        private void SubmitJobs()
        {
            if (_freeJob == null) _freeJob = new DhJob();
            if (!_client.PollJob(_freeJob)) return;
            DhJob job = _freeJob;
            _freeJob = null;
            _dhWorker.Submit(job, Self);
        }

        private void Transmit()
        {
            FollowCurrent();
            while (_stream != null)
            {
                if (_outCount == 0)
                {
                    _outAt = 0;
                    _outCount = _client.PollTransmit(_out, 0);
                    if (_outCount <= 0)
                    {
                        _outCount = 0;
                        return;
                    }
                }
                int taken = _stream.Write(_out, _outAt, _outCount);
                _outAt += taken;
                _outCount -= taken;
                if (_outCount > 0) return;
            }
        }

        private void CloseStream()
        {
            for (int i = 0; i < _streams.Length; i++) CloseAttempt(i);
        }

        private void CloseAttempt(int attempt)
        {
            if (_dials[attempt] >= 0) _dialer.Cancel(_dials[attempt]);
            _dials[attempt] = -1;
            IByteStream stream = _streams[attempt];
            _streams[attempt] = null;
            if (stream == null) return;
            stream.Close();
            if (stream != _stream) return;
            _stream = null;
            _streamAttempt = -1;
            DropBuffers();
        }

        private void DropBuffers()
        {
            _closedSeen = false;
            _outCount = 0;
            for (int i = 0; i < _bufferCount; i++) _buffers[i].Return();
            _bufferCount = 0;
        }

        private void Dial(int attempt)
        {
            ControlUrl url = _client.Url;
            DialRace race = _client.Race;
            _dials[attempt] = _dialer.Dial(new StreamTarget
            {
                Host = url.Host, ServerName = url.Host, Address = race.Address(attempt), Port = race.Port(attempt), Tls = race.IsTls(attempt),
                TolerateDates = _client.TolerateDates, TimeoutMs = race.TimeoutMs(attempt),
            }, Self);
        }

        private void OnLoggedOut()
        {
            if (_logoutAsker == null && _logoutTicket == 0) return;
            ReplyTo(_logoutAsker, _logoutTicket, new LoggedOut(_event.Text));
            _logoutAsker = null;
            _logoutTicket = 0;
        }

        /// <summary>The port of the peer API comes from another actor than the rest.</summary>
        private void TellFacts()
        {
            PeerApiListening api = _routes.PeerApi;
            HostFacts facts = _routes.Facts.Copy();
            facts.PeerApi4 = api != null && api.V4 ? api.Port : 0;
            facts.PeerApi6 = api != null && api.V6 ? api.Port : 0;
            _routes.Facts = facts;
            _client.HandleHostFacts(facts, NowMs);
        }

        private static HostFacts Facts(HostUpdate update)
        {
            return new HostFacts
            {
                Endpoints = update.Endpoints ?? new byte[0], EndpointTypes = update.EndpointTypes ?? new byte[0],
                PreferredRelay = update.PreferredRelay, MappingVaries = update.MappingVaries, WorkingUdp = update.WorkingUdp,
                WorkingIPv6 = update.WorkingIPv6,
            };
        }

        private static byte[] Copy(byte[] bytes)
        {
            byte[] copy = new byte[bytes.Length];
            Array.Copy(bytes, copy, bytes.Length);
            return copy;
        }

        private sealed class DeadlineTick : Message
        {
            public static readonly DeadlineTick Instance = new DeadlineTick();
        }
    }
}
