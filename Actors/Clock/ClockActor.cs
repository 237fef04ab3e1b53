using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.Runtime;
using MicroLink.Store;

namespace MicroLink.Clock
{
    /// <summary>Whom to ask for the date and how, for a host without a clock.</summary>
    public sealed class TimeServers
    {
        /// <summary>Names or addresses; empty = nobody is asked.</summary>
        public string[] Names = new string[0];
        public IResolver Resolver;
        /// <summary>A port of its own; null = the platform has none, nobody is asked.</summary>
        public IDatagramPort Port;
        public IEntropy Entropy;
        /// <summary>Gets ClockTrouble; may be null.</summary>
        public ActorRef Node;
    }

    /// <summary>
    /// Tells everybody the wall clock and how far to trust it, and has the floor of handshake stamps stored. While there is no trusted
    /// clock it asks time servers for the date.
    /// </summary>
    public sealed class ClockActor : Actor
    {
        private const int CheckTimer = 0;
        private const int AgainTimer = 1;
        private const int SntpTimer = 2;
        private const int AgainMs = 100;
        private static readonly string[] s_sources = { "store", "control", "host" };

        private readonly IWallClock _host;
        private readonly ActorRef _store;
        private readonly ActorRef[] _listeners;
        private readonly IKeyValueStore _settings;
        private readonly WallClockMachine _machine = new WallClockMachine();
        private readonly bool[] _untold;
        private bool _floorUnsaved;
        private readonly TimeServers _servers;
        private readonly SntpMachine _sntp;
        private readonly byte[] _packet = new byte[SntpWire.Length];
        private readonly byte[] _endpoint = new byte[NetEndpoint.Length];
        private string _trouble;

        /// <param name="settings">Opened; only StateKeys.ClockFloor is read, at every start of the actor.</param>
        /// <param name="store">Gets StoreSetting; null = the floor is not kept.</param>
        /// <param name="listeners">Get WallClockChanged at start and after every change.</param>
        /// <param name="servers">Null = no time servers.</param>
        public ClockActor(IWallClock host, IKeyValueStore settings, ActorRef store, ActorRef[] listeners, TimeServers servers = null)
        {
            _servers = servers ?? new TimeServers();
            if (_servers.Port != null && _servers.Names.Length > 0) _sntp = new SntpMachine(_servers.Names, _servers.Entropy);
            _host = host;
            _store = store;
            _listeners = listeners;
            _settings = settings;
            _untold = new bool[listeners.Length];
        }

        protected override void OnStart()
        {
            if (_sntp != null) _servers.Port.Attach(Self);
            byte[] stored = _settings.Get(StateKeys.ClockFloor);
            _machine.HandleStart(ClockFloor.FloorMs(stored), ClockFloor.SeenMs(stored), _host.UnixMs, NowMs);
            Drain();
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case ControlTimeSeen control: _machine.HandleControlTime(control.UnixMs, NowMs); break;
                case ClockCheck _: _machine.HandleHostClock(_host.UnixMs, NowMs); break;
                case Resolved resolved when _sntp != null: _sntp.HandleResolved(resolved.Tag, resolved.Addresses, NowMs); break;
                case DatagramReceived datagram when _sntp != null:
                    _sntp.HandleDatagram(datagram.Bytes, datagram.Bytes.Length, datagram.From, NowMs);
                    break;
                case SntpDue _: _sntp.HandleTimeout(NowMs); break;
                default: return;
            }
            Drain();
        }

        private void Drain()
        {
            if (_sntp != null) AskServers();
            bool again = TellTrouble();
            if (_machine.TakeChange())
            {
                Log.Info("wall clock from " + s_sources[_machine.Source] + (_machine.Trusted ? "" : _machine.DateOffsetMs != 0 ? ", not trusted; certificate dates by time servers" : ", not trusted"));
                for (int i = 0; i < _untold.Length; i++) _untold[i] = true;
            }
            if (_machine.TakeFloor()) _floorUnsaved = true;
            again |= TellUntold();
            if (_floorUnsaved && _store != null)
            {
                _floorUnsaved = !Send(_store, new StoreSetting(StateKeys.ClockFloor, ClockFloor.Encode(_machine.FloorMs, _machine.SeenMs)));
                again |= _floorUnsaved;
            }
            if (again) Timers.Set(AgainTimer, AgainMs, ClockCheck.Instance, "listener was busy");
            Timers.SetAt(CheckTimer, _machine.Deadline, ClockCheck.Instance, _machine.DeadlineReason);
        }

        // Only while nobody better says the time: a host whose clock runs never sends a packet.
        private void AskServers()
        {
            if (_machine.Trusted) _sntp.HandleStop();
            else _sntp.HandleStart(NowMs);
            for (string name = _sntp.PollResolve(out int tag); name != null; name = _sntp.PollResolve(out tag)) _servers.Resolver.Resolve(name, Self, tag);
            while (_sntp.PollTransmit(_packet, _endpoint, out int server))
                _sntp.HandleSent(server, _servers.Port.Send(_packet, _packet.Length, _endpoint), NowMs);
            if (_sntp.TakeTime() && !_machine.HandleTimeServers(_sntp.OffsetMs, NowMs)) Log.Warning("The time servers say a time before one that was already seen.");
            Timers.SetAt(SntpTimer, _sntp.Deadline, SntpDue.Instance, _sntp.DeadlineReason);
        }

        private bool TellTrouble()
        {
            string text = _machine.Trusted || _machine.DateOffsetMs != 0 ? null : Trouble();
            if (text == _trouble || _servers.Node == null) return false;
            if (!Send(_servers.Node, new ClockTrouble(text))) return true;
            if (text != null) Log.Warning(text);
            _trouble = text;
            return false;
        }

        private string Trouble()
        {
            const string Unset = "The clock of this host is not set";
            if (_sntp == null) return Unset + " and no time servers are configured: an HTTPS control server whose key is not known yet cannot be reached.";
            return Unset + ". " + (_sntp.Trouble ?? "Time servers are being asked.") + " Until one answers, an HTTPS control server whose key is not known yet cannot be reached.";
        }

        /// <summary>A listener whose mailbox is full is told again shortly; it always gets the latest state.</summary>
        private bool TellUntold()
        {
            bool again = false;
            for (int i = 0; i < _listeners.Length; i++)
            {
                if (!_untold[i]) continue;
                _untold[i] = !Send(_listeners[i], new WallClockChanged(_machine.OffsetMs, _machine.Trusted, s_sources[_machine.Source],
                    _machine.StampFloorMs, _machine.DateOffsetMs));
                again |= _untold[i];
            }
            return again;
        }

        private sealed class SntpDue : Message
        {
            public static readonly SntpDue Instance = new SntpDue();
        }
    }
}
