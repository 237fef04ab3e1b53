using MicroLink.Runtime;

namespace MicroLink.Tests.Device
{
    /// <summary>Two actors that send one message to and fro for ever.</summary>
    internal sealed class PingPong : Actor
    {
        private readonly ActorGraph _graph;
        private readonly string _other;
        private ActorRef _to;

        private PingPong(ActorGraph graph, string other)
        {
            _graph = graph;
            _other = other;
        }

        internal static void Pair(ActorSystem system)
        {
            ActorGraph graph = new ActorGraph(system);
            ActorRef ping = system.Spawn("ping", Props.From(() => new PingPong(graph, "pong")));
            system.Spawn("pong", Props.From(() => new PingPong(graph, "ping")));
            ping.Tell(new Note(0));
        }

        /// <summary>Exactly this many messages.</summary>
        internal static void Run(ActorSystem system, int messages)
        {
            for (int i = 0; i < messages; i++) system.Step();
        }

        protected override void OnStart()
        {
            _to = _graph.Find(_other);
        }

        protected override void OnReceive(Message message)
        {
            Send(_to, message);
        }
    }
}
