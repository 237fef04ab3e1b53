using MicroLink.Bytes;
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
        private const int AnswerMs = 3000;

        private readonly NodeGraph _graph;

        internal TunnelNode(NodeGraph graph, BufferPool pool)
        {
            _graph = graph;
            Udp = new TunnelUdp(graph.Graph.System, graph.Udp, pool, this);
            Tcp = new TunnelTcp(graph.Graph.System, graph.Tcp, pool, this);
        }

        public readonly TunnelUdp Udp;
        public readonly TunnelTcp Tcp;

        public string Find(string nameOrAddress, byte[] into, int offset)
        {
            if (NetEndpoint.ParseAddress(nameOrAddress, into, offset)) return null;
            PeerFound found = _graph.Ask(_graph.Node, new FindPeer(nameOrAddress), AnswerMs) as PeerFound;
            if (found == null) return "The node is busy or stopped and did not answer in time.";
            if (found.PeerId == 0) return found.Error;
            return NetEndpoint.ParseAddress(found.Address, into, offset) ? null : "The peer \"" + nameOrAddress + "\" has no address.";
        }
    }
}
