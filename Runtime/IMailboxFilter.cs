namespace MicroLink.Runtime
{
    /// <summary>Stands in front of a mailbox (ActorGraph.Intercept): tests that drop, delay or reorder, recorders, probes.</summary>
    public interface IMailboxFilter
    {
        /// <summary>
        /// True: queue the message as usual. False: the filter has taken it, and delivers it later with ActorRef.Deliver, or never. Called on
        /// the thread that posts.
        /// </summary>
        bool Pass(ActorRef target, Message message, ActorRef sender, int ticket, bool urgent);
    }
}
