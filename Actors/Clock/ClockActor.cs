using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.Runtime;
using MicroLink.Store;

namespace MicroLink.Clock
{
    /// <summary>Tells everybody the wall clock and how far to trust it, and has the floor of handshake stamps stored.</summary>
    public sealed class ClockActor : Actor
    {
        private const int CheckTimer = 0;
        private const int AgainTimer = 1;
        private const int AgainMs = 100;
        private static readonly string[] s_sources = { "store", "control", "host" };

        private readonly IWallClock _host;
        private readonly ActorRef _store;
        private readonly ActorRef[] _listeners;
        private readonly IKeyValueStore _settings;
        private readonly WallClockMachine _machine = new WallClockMachine();
        private readonly bool[] _untold;
        private bool _floorUnsaved;

        /// <param name="settings">Opened; only StateKeys.ClockFloor is read, at every start of the actor.</param>
        /// <param name="store">Gets StoreSetting; null = the floor is not kept.</param>
        /// <param name="listeners">Get WallClockChanged at start and after every change.</param>
        public ClockActor(IWallClock host, IKeyValueStore settings, ActorRef store, ActorRef[] listeners)
        {
            _host = host;
            _store = store;
            _listeners = listeners;
            _settings = settings;
            _untold = new bool[listeners.Length];
        }

        protected override void OnStart()
        {
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
                default: return;
            }
            Drain();
        }

        private void Drain()
        {
            if (_machine.TakeChange())
            {
                Log.Info("wall clock from " + s_sources[_machine.Source] + (_machine.Trusted ? "" : ", not trusted"));
                for (int i = 0; i < _untold.Length; i++) _untold[i] = true;
            }
            if (_machine.TakeFloor()) _floorUnsaved = true;
            bool again = TellUntold();
            if (_floorUnsaved && _store != null)
            {
                _floorUnsaved = !Send(_store, new StoreSetting(StateKeys.ClockFloor, ClockFloor.Encode(_machine.FloorMs, _machine.SeenMs)));
                again |= _floorUnsaved;
            }
            if (again) Timers.Set(AgainTimer, AgainMs, ClockCheck.Instance, "listener was busy");
            Timers.SetAt(CheckTimer, _machine.Deadline, ClockCheck.Instance, _machine.DeadlineReason);
        }

        /// <summary>A listener whose mailbox is full is told again shortly; it always gets the latest state.</summary>
        private bool TellUntold()
        {
            bool again = false;
            for (int i = 0; i < _listeners.Length; i++)
            {
                if (!_untold[i]) continue;
                _untold[i] = !Send(_listeners[i], new WallClockChanged(_machine.OffsetMs, _machine.Trusted, s_sources[_machine.Source],
                    _machine.StampFloorMs));
                again |= _untold[i];
            }
            return again;
        }
    }
}
