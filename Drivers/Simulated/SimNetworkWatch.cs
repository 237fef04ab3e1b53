using MicroLink.Runtime;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>Tells the node of a host that roamed, 20 ms later, as the desktop's watch does.</summary>
    public sealed class SimNetworkWatch : INetworkWatch
    {
        private const int NoticeMs = 20;

        private readonly SimNetwork _network;
        private ActorRef _owner;

        public SimNetworkWatch(SimNetwork network)
        {
            _network = network;
        }

        public void Start(ActorRef owner)
        {
            _owner = owner;
        }

        public void Stop()
        {
            _owner = null;
        }

        internal void Notice()
        {
            _network.Schedule(NoticeMs, () => _owner?.Tell(new LocalNetworkChanged("the addresses of this host changed")));
        }
    }
}
