using MicroLink.Runtime;

namespace MicroLink.TestKit
{
    internal sealed class ProbeActor : Actor
    {
        private readonly Probe _probe;

        internal ProbeActor(Probe probe)
        {
            _probe = probe;
        }

        protected override void OnStart()
        {
            _probe.Started(this, Self);
        }

        protected override void OnReceive(Message message)
        {
            _probe.Add(message, Sender, Ticket);
        }

        internal bool Answer(ActorRef asker, int ticket, Message answer)
        {
            return ReplyTo(asker, ticket, answer);
        }

        internal bool SendTo(ActorRef target, Message message)
        {
            return Send(target, message);
        }
    }
}
