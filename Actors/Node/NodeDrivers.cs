using MicroLink.Drivers;
using MicroLink.NetIo;
using MicroLink.Paths;
using MicroLink.Runtime;

namespace MicroLink.Node
{
    /// <summary>Makes the actor that gets SelfChanged, tells <paramref name="control"/> of its peer API and asks <paramref name="names"/>.</summary>
    public delegate Props HostServices(PacketPlane plane, ActorRef control, ActorRef names);

    /// <summary>The edge of the node: one object per driver, made by the platform (desktop, device) or by a simulation.</summary>
    public sealed class NodeDrivers
    {
        public IClock Clock;
        public IWallClock WallClock;
        public IEntropy Entropy;
        public IDhWorker DhWorker;
        public IStreamDialer Dialer;
        public IResolver Resolver;
        public IPacketPort PacketPort;
        /// <summary>For split DNS: questions to resolvers outside of the tunnel; null = none are asked.</summary>
        public IDatagramPort Datagrams;
        /// <summary>To ask time servers for the date while the host has none; null = they are not asked.</summary>
        public IDatagramPort TimePort;
        /// <summary>Null = nobody watches; the application says so itself (RebindUdp to NetIo).</summary>
        public INetworkWatch NetworkWatch;
        /// <summary>For NodeOptions.PortMap: the gateway and a port to ask it from; null = the platform has none.</summary>
        public IGateway Gateway;
        public IDatagramPort GatewayPort;
        public IKeyValueStore KeyValueStore;
        /// <summary>Where peers are kept from one start to the next; null = nowhere.</summary>
        public IFlash PeerFlash;
        /// <summary>An actor that gives the host our addresses and routes: it gets SelfChanged and PeerDelta. Null = none.</summary>
        public Props Router;
        /// <summary>Without a stack of our own (TUN): makes the actor that serves peers and this host over the host's stack; null = nobody does.</summary>
        public HostServices HostServices;
        /// <summary>A microsecond clock for ping latencies; null = whole milliseconds.</summary>
        public MicrosClock Micros;
    }
}
