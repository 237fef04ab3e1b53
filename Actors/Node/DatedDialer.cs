using MicroLink.Clock;
using MicroLink.Drivers;
using MicroLink.Runtime;

namespace MicroLink.Node
{
    /// <summary>
    /// The dialer of the node's actors: says with each dial which time certificates are held against. While the host's own clock is believed
    /// that is nobody's business; a clock that control or time servers have set (design section 8) is known to the actors only.
    /// </summary>
    internal sealed class DatedDialer : IStreamDialer
    {
        private const string HostSource = "host";

        private readonly IStreamDialer _dialer;
        private readonly IClock _clock;
        private WallClockChanged _wall;

        public DatedDialer(IStreamDialer dialer, IClock clock)
        {
            _dialer = dialer;
            _clock = clock;
        }

        /// <summary>From the node actor, on the actors' thread like every dial.</summary>
        public void HandleClock(WallClockChanged wall)
        {
            _wall = wall;
        }

        public int Dial(StreamTarget target, ActorRef owner)
        {
            if (_wall != null && _wall.HasDate && _wall.Source != HostSource)
                target.UnixMs = _clock.NowMs + (_wall.Trusted ? _wall.OffsetMs : _wall.DateOffsetMs);
            return _dialer.Dial(target, owner);
        }

        public void Cancel(int dial)
        {
            _dialer.Cancel(dial);
        }
    }
}
