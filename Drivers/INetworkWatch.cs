using MicroLink.Runtime;

namespace MicroLink.Drivers
{
    /// <summary>
    /// Notices when the host's own addresses or routes change and tells the owner with <see cref="LocalNetworkChanged"/>: once for a burst
    /// of changes, at most 50 ms after its first.
    /// </summary>
    public interface INetworkWatch
    {
        void Start(ActorRef owner);
        void Stop();
    }

    /// <summary>The host's own network is another one now: an address came or went, or a route.</summary>
    public sealed class LocalNetworkChanged : Message
    {
        /// <summary>One plain sentence without its full stop.</summary>
        public readonly string Reason;
        public LocalNetworkChanged(string reason) { Reason = reason; }
    }
}
