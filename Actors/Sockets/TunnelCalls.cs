using MicroLink.Native;
using MicroLink.Runtime;

namespace MicroLink.Sockets
{
    /// <summary>What the blocking sockets share: a question to an actor from another thread, with an exception for an answer that is none.</summary>
    internal sealed class TunnelCalls
    {
        /// <summary>The actors answer by themselves in time; this much longer is waited for the answer's way.</summary>
        private const int MarginMs = 2000;

        private readonly ActorSystem _system;
        private readonly ActorRef _actor;
        private readonly INameLookup _names;

        public TunnelCalls(ActorSystem system, ActorRef actor, INameLookup names)
        {
            _system = system;
            _actor = actor;
            _names = names;
        }

        /// <param name="timeoutMs">What the question itself allows; 0 = for ever.</param>
        public Message Ask(Message question, int timeoutMs)
        {
            Message answer = _system.AskAndWait(_actor, question, timeoutMs <= 0 ? -1 : timeoutMs + MarginMs);
            if (answer == null) throw new TunnelSocketException(Net.TimedOut, "the node is busy or stopped and did not answer");
            SocketError error = answer as SocketError;
            if (error != null) throw new TunnelSocketException(error.Code, error.Text);
            return answer;
        }

        public void Tell(Message message)
        {
            // A full mailbox is emptied by the actors' thread, which never waits for us.
            while (!_actor.Tell(message)) System.Threading.Thread.Sleep(1);
        }

        /// <summary>18 bytes: address and port.</summary>
        public byte[] Find(string nameOrAddress, int port)
        {
            byte[] endpoint = new byte[DataPlane.EndpointLength];
            string error = _names.Find(nameOrAddress, endpoint, 0);
            if (error != null) throw new TunnelSocketException(Net.Unreachable, error);
            endpoint[16] = (byte)(port >> 8);
            endpoint[17] = (byte)port;
            return endpoint;
        }
    }
}
