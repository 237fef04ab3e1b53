using MicroLink.Bytes;
using MicroLink.Dns;
using MicroLink.Runtime;
using MicroLink.Sockets;

namespace MicroLink.Node
{
    /// <summary>
    /// A running node for programs without actors: blocking sockets inside the tunnel. Calls may come from any thread but the actors' own.
    /// <code>
    ///  TunnelTcpStream stream = graph.Blocking.Tcp.Connect("collector", 9000, 5000);
    /// </code>
    /// </summary>
    public sealed class TunnelNode : INameLookup
    {
        /// <summary>A resolver of control may take four seconds for each kind of address.</summary>
        private const int AnswerMs = 3000, LookupMs = 10000;

        private readonly NodeGraph _graph;

        internal TunnelNode(NodeGraph graph, BufferPool pool)
        {
            _graph = graph;
            Udp = new TunnelUdp(graph.Graph.System, graph.Udp, pool, this);
            Tcp = new TunnelTcp(graph.Graph.System, graph.Tcp, pool, this);
        }

        public readonly TunnelUdp Udp;
        public readonly TunnelTcp Tcp;

        /// <summary>An address, a name that the resolver knows (the tailnet's, or by control's resolvers), or what a user may call a peer.</summary>
        public string Find(string nameOrAddress, byte[] into, int offset)
        {
            if (NetEndpoint.ParseAddress(nameOrAddress, into, offset)) return null;
            NameFound name = _graph.Ask(_graph.Names, new LookupName(nameOrAddress), LookupMs) as NameFound;
            if (name != null && name.Error == null)
            {
                System.Array.Copy(name.Addresses, 0, into, offset, NetEndpoint.AddressLength);
                return null;
            }
            PeerFound found = _graph.Ask(_graph.Node, new FindPeer(nameOrAddress), AnswerMs) as PeerFound;
            if (found == null) return "The node is busy or stopped and did not answer in time.";
            if (found.PeerId == 0) return name != null && name.Busy ? name.Error : found.Error;
            return NetEndpoint.ParseAddress(found.Address, into, offset) ? null : "The peer \"" + nameOrAddress + "\" has no address.";
        }
    }
}
