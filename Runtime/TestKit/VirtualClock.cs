using MicroLink.Runtime;

namespace MicroLink.TestKit
{
    /// <summary>Time that stands still until a test moves it. Several systems may share one.</summary>
    public sealed class VirtualClock : IClock
    {
        public long Ms;

        public long NowMs { get { return Ms; } }
    }
}
