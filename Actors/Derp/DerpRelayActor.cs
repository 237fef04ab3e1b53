// Hot: every block of a relay passes here; bytes are moved whole.
using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;

namespace MicroLink.Derp
{
    /// <summary>
    /// Keeps one relay connection: dial, TLS, HTTP upgrade, hello, then bytes into the native framer. It retries for ever, slower and
    /// slower up to 5 s, walking through the addresses of its region, and says in one sentence what is wrong.
    /// </summary>
    public sealed class DerpRelayActor : StateActor
    {
        private const int Idle = 0, Waiting = 1, Dialling = 2, Hello = 3, Up = 4;
        private const int ClientTimer = 0;

        /// <summary>"Whole connect (DNS + TCP + TLS + upgrade + hello): 10 s" (protocol.md 5.1); with several addresses each gets half.</summary>
        private const int DialMs = 10000, DialOneOfManyMs = 5000;
        /// <summary>"back off (n^2 * 10 ms x [0.5, 1.5), max 5 s)" (5.6).</summary>
        private const int BackoffStepMs = 10, BackoffMaxMs = 5000;
        /// <summary>
        /// Our choice: within the first second after a connection broke the next try comes after 50 ms at most, so that a relay that just
        /// restarts costs a tenth of a second; and as long as a relay that announced its restart asked us to try.
        /// </summary>
        private const int QuickMs = 1000, QuickStepMs = 50;

        private readonly int _slot;
        private readonly ActorRef _pool, _tx;
        private readonly IStreamDialer _dialer;
        private readonly PacketPlane _plane;
        private readonly IDhWorker _worker;
        private readonly IEntropy _entropy;
        private readonly DerpOptions _options;
        private readonly DerpClient _client;
        private readonly DerpFrame _frame = new DerpFrame();
        private readonly DerpEvent _event = new DerpEvent();
        private readonly byte[] _random = new byte[2];

        private DerpRegion _region;
        private bool _home;
        private int _attempt, _failures, _quickTries;
        private long _quickUntilMs;
        private int _dial;
        private IByteStream _stream;
        private bool _framing;
        private string _reason = "not connected yet";
        private int _waitMs;

        /// <param name="slot">Our number in the pool.</param>
        /// <param name="tx">The writer of this connection.</param>
        public DerpRelayActor(int slot, ActorRef pool, ActorRef tx, IStreamDialer dialer, PacketPlane plane, IDhWorker worker,
                              IEntropy entropy, DerpOptions options)
        {
            _slot = slot;
            _pool = pool;
            _tx = tx;
            _dialer = dialer;
            _plane = plane;
            _worker = worker;
            _entropy = entropy;
            _options = options;
            _client = new DerpClient(options.NodePrivate, options.NodePublic, entropy);
        }

        protected override void OnStart()
        {
            // After a restart the pool does not know that the region is lost; it assigns again when it hears "down".
            Enter(Idle);
            Send(_pool, new RelayState(_slot, 0, RelayState.Down, "starting"));
        }

        protected override void OnStop()
        {
            Disconnect();
            if (_region != null) _plane.RelayClose(_region.Id);
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case PacketBuffer buffer:
                    if (buffer.Kind == BufferKind.NetEvent) OnFrame(buffer);
                    else OnBytes(buffer);
                    buffer.Return();
                    break;
                case StreamWritable writable:
                    if (writable.Stream == _stream) Send(_tx, writable);
                    break;
                case RelayAssign assign: OnAssign(assign); break;
                case StreamOpened opened: OnOpened(opened); break;
                case StreamFailed failed:
                    if (failed.Dial == _dial && State == Dialling) GiveUp(failed.Text);
                    break;
                case StreamClosed closed:
                    if (closed.Stream == _stream) GiveUp(State == Up ? "the relay closed the connection" : CloseReason(closed));
                    break;
                case RelayWriterStarted _:
                    if (_stream != null) GiveUp("the writer of the connection was restarted");
                    break;
                case NetworkChanged changed: OnNetworkChanged(changed); break;
                case DhDone done: Drain(_client.HandleJobDone(done.Job, NowMs)); break;
                case RelayTimer timer: OnTimer(timer); break;
            }
        }

        protected override void OnEnter(int state)
        {
            switch (state)
            {
                case Waiting:
                    StayAtMost(_waitMs, RelayTimer.Retry, "relay back-off");
                    Send(_pool, new RelayState(_slot, _region.Id, RelayState.Down, _reason));
                    break;
                case Dialling:
                    Dial();
                    break;
                case Up:
                    _failures = _quickTries = 0;
                    _quickUntilMs = 0;
                    _reason = "connected";
                    _plane.Tally.Connected(_region.Id, NowMs);
                    Send(_pool, new RelayState(_slot, _region.Id, RelayState.Up, "connected to " + _stream.RemoteText));
                    break;
            }
        }

        protected override string StateName(int state)
        {
            switch (state)
            {
                case Idle: return "idle";
                case Waiting: return "waiting (" + _reason + ")";
                case Dialling: return "dialling";
                case Hello: return "hello";
                case Up: return "up";
                default: return "new";
            }
        }

        private void OnAssign(RelayAssign assign)
        {
            bool same = assign.Region != null && assign.Region == _region;
            _home = assign.Home;
            if (same)
            {
                Drain(_client.HandlePreferred(_home));
                return;
            }
            Disconnect();
            if (_region != null) _plane.Tally.Closed(_region.Id);
            if (_region != null && (assign.Region == null || assign.Region.Id != _region.Id)) _plane.RelayClose(_region.Id);
            _region = assign.Region;
            _attempt = 0;
            _failures = _quickTries = 0;
            Enter(_region == null ? Idle : Dialling);
        }

        private void Dial()
        {
            if (!PickTarget(out DerpNode node, out string address))
            {
                _reason = DerpTargets.Refusal(_region, _options.AllowInsecure);
                _waitMs = BackoffMaxMs;
                Enter(Waiting);
                return;
            }
            StreamTarget target = new StreamTarget();
            target.Host = node.HostName;
            target.Address = address;
            target.Port = node.DerpPort == 0 ? 443 : node.DerpPort;
            target.Tls = true;                                  // DERP is never spoken without TLS
            target.ServerName = node.HostName;
            target.CertName = node.CertName == "" ? null : node.CertName;
            target.Insecure = node.InsecureForTests && _options.AllowInsecure;
            target.TimeoutMs = DerpTargets.Count(_region) > 1 ? DialOneOfManyMs : DialMs;
            _dial = _dialer.Dial(target, Self);
            StayAtMost(target.TimeoutMs + 2000, RelayTimer.DialLost, "dialer without an answer");
            Send(_pool, new RelayState(_slot, _region.Id, RelayState.Connecting, "connecting to " + node.HostName));
        }

        /// <summary>The target of this attempt, passing over servers that we may not use.</summary>
        private bool PickTarget(out DerpNode node, out string address)
        {
            int total = DerpTargets.Count(_region);
            for (int i = 0; i < total; i++)
            {
                if (DerpTargets.Pick(_region, _attempt, out node, out address) && (!node.InsecureForTests || _options.AllowInsecure)) return true;
                _attempt++;
            }
            node = null;
            address = null;
            return false;
        }

        private void OnOpened(StreamOpened opened)
        {
            if (opened.Dial != _dial || State != Dialling)
            {
                opened.Stream.Close();                          // we had given this dial up
                return;
            }
            _stream = opened.Stream;
            _framing = false;
            DerpTargets.Pick(_region, _attempt, out DerpNode node, out string _);
            Enter(Hello);
            int outputs = _client.HandleStart(node.HostName, node.DerpPort == 0 ? 443 : node.DerpPort, _home, NowMs);
            byte[] request = new byte[512];
            int count = _client.PollTransmit(request, 0);
            if (count > 0) Send(_tx, new RelayAttach(_stream, _region.Id, request, count));
            Drain(outputs);
        }

        private void OnBytes(PacketBuffer buffer)
        {
            if (_stream == null || buffer.Tag != _stream) return;
            int offset = buffer.Offset, count = buffer.Count;
            if (!_framing)
            {
                Drain(_client.HandleStream(buffer.Bytes, offset, count, NowMs));
                if (!_framing) return;
                offset += _client.Consumed;
                count -= _client.Consumed;
            }
            if (count <= 0) return;
            _client.HandleTraffic(NowMs);
            if (_plane.RelayIn(_region.Id, buffer.Bytes, offset, count, NowMs) < 0) GiveUp("the relay sent a frame that cannot be");
        }

        private void OnFrame(PacketBuffer buffer)
        {
            if (_region == null || _stream == null || NetEvent.Region(buffer.Bytes, buffer.Offset) != _region.Id) return;
            Drain(_client.HandleFrame(NetEvent.FrameType(buffer.Bytes, buffer.Offset), buffer.Bytes, buffer.Offset + NetEvent.PayloadOffset,
                NetEvent.PayloadLength(buffer.Bytes, buffer.Offset), NowMs));
        }

        private void OnTimer(RelayTimer timer)
        {
            if (timer == RelayTimer.Retry && State == Waiting) Enter(Dialling);
            if (timer == RelayTimer.DialLost && State == Dialling) GiveUp("the relay did not answer in time");
            if (timer == RelayTimer.Client) Drain(_client.HandleTimeout(NowMs));
        }

        /// <summary>One input, then everything that follows from it, then the timer.</summary>
        private void Drain(int outputs)
        {
            if ((outputs & Output.Failed) != 0)
            {
                GiveUp(_client.FailureText);
                return;
            }
            DhJob job = new DhJob();
            if ((outputs & Output.Job) != 0 && _client.PollJob(job)) _worker.Submit(job, Self);
            while ((outputs & Output.Event) != 0 && _client.PollEvent(_event)) OnEvent();
            if (_stream == null) return;
            bool any = false;
            while (_client.PollFrame(_frame))
            {
                _plane.RelayFrame(_region.Id, _frame.Type, _frame.Payload, 0, _frame.Count);
                any = true;
            }
            if (any) Send(_tx, RelayKick.Instance);
            Timers.SetAt(ClientTimer, _client.Deadline, RelayTimer.Client, _client.DeadlineReason);
        }

        private void OnEvent()
        {
            switch (_event.Kind)
            {
                case DerpEvent.Upgraded:
                    _framing = true;
                    _plane.RelayOpen(_region.Id);
                    break;
                case DerpEvent.Ready:
                    if (_event.BytesPerSecond != 0) Send(_tx, new RelayLimit(_event.BytesPerSecond, _event.BurstBytes));
                    Enter(Up);
                    break;
                case DerpEvent.Ponged:
                    _plane.Tally.Pong(_region.Id, _event.LatencyMs);
                    break;
                case DerpEvent.Health:
                    Send(_pool, new RelayHealth(_region.Id, _event.Text));
                    break;
                case DerpEvent.PeerGone:
                    Send(_pool, new RelayPeerGone(_region.Id, Copy(_event.Key), _event.Reason));
                    break;
                case DerpEvent.Restarting:
                    // "Wait reconnectIn then reconnect, trying for tryFor before normal failure logic" (5.4).
                    Disconnect();
                    _plane.Tally.Closed(_region.Id);
                    _reason = "the relay restarts";
                    _waitMs = _event.ReconnectInMs;
                    _quickUntilMs = NowMs + _event.ReconnectInMs + _event.TryForMs;
                    Enter(Waiting);
                    break;
            }
        }

        /// <summary>
        /// "Network change: close connections whose local IP vanished, ping the others" (5.6). Who waits or dials tries the new network now.
        /// </summary>
        private void OnNetworkChanged(NetworkChanged changed)
        {
            if (_region == null) return;
            if (_stream != null && State == Up && !changed.Took(_stream))
            {
                Drain(_client.HandleNetworkChanged(NowMs));
                return;
            }
            bool was = State == Up;
            Disconnect();
            _failures = _quickTries = 0;
            _quickUntilMs = NowMs + QuickMs;
            _reason = "our own network changed";
            if (was)
            {
                _plane.Tally.Failed(_region.Id, _reason);
                Send(_pool, new RelayState(_slot, _region.Id, RelayState.Down, _reason));
            }
            Enter(Dialling);
        }

        private void GiveUp(string reason)
        {
            if (State == Up) _quickUntilMs = NowMs + QuickMs;
            Disconnect();
            _plane.Tally.Failed(_region.Id, reason);
            // A relay that stays away is told once, not every five seconds.
            int level = reason == _reason ? LogLevel.Debug : LogLevel.Info;
            _reason = reason;
            _attempt++;
            // Quick tries do not make the steps after them longer: a relay that is away for two seconds would be tried again after four more.
            if (NowMs < _quickUntilMs) _quickTries++;
            else _failures++;
            _waitMs = BackoffMs();
            Log.Write(level, "relay " + _region.Id.ToString() + ": " + reason + "; trying again, at least every 5 s");
            Enter(Waiting);
        }

        private void Disconnect()
        {
            Timers.Stop(ClientTimer);
            if (State == Dialling) _dialer.Cancel(_dial);
            _dial = 0;
            if (_stream == null) return;
            Send(_tx, new RelayDetach(_stream));
            _stream.Close();
            _stream = null;
            if (_framing) _plane.RelayReset(_region.Id);
            _framing = false;
        }

        private int BackoffMs()
        {
            bool quick = NowMs < _quickUntilMs;
            int n = _failures > 30 ? 30 : _failures;
            int ms = n * n * BackoffStepMs;
            if (ms > BackoffMaxMs) ms = BackoffMaxMs;
            if (quick) ms = _quickTries == 1 ? BackoffStepMs : QuickStepMs;
            _entropy.Fill(_random, 0, 2);
            int permille = 500 + (_random[0] << 8 | _random[1]) % 1000;
            if (quick && permille > 1000) permille -= 500;
            return ms * permille / 1000 + 1;
        }

        private string CloseReason(StreamClosed closed)
        {
            // "Rejection (verify-clients) = plain close without a frame" (5.3).
            return _framing ? "the relay closed the connection during the hello; it may not know our node key yet" : closed.Reason;
        }

        private static byte[] Copy(byte[] key)
        {
            byte[] copy = new byte[key.Length];
            System.Array.Copy(key, copy, key.Length);
            return copy;
        }

        private sealed class RelayTimer : Message
        {
            internal static readonly RelayTimer Retry = new RelayTimer(), DialLost = new RelayTimer(), Client = new RelayTimer();
        }
    }
}
