using MicroLink.NetIo;
using MicroLink.Runtime;

namespace MicroLink.Dns
{
    /// <summary>One question that is being answered: a query from the tunnel, or a name that somebody in this program asked for.</summary>
    internal sealed class DnsPending
    {
        internal readonly DnsQuestion Question = new DnsQuestion();
        internal readonly DnsVerdict Verdict = new DnsVerdict();

        internal bool Busy;
        internal ActorRef Asker;
        internal int AskerTicket;
        /// <summary>Ticket of our own question to the node, 0 = none.</summary>
        internal int Ticket;

        /// <summary>The query, null when a name was asked for.</summary>
        internal ServiceQuery Query;

        /// <summary>Full names to try in turn; with each first A, then AAAA.</summary>
        internal string[] Names;
        internal int NameIndex;
        internal byte[] Found;
        internal int FoundCount;
        internal string Typed;

        internal void Clear()
        {
            Busy = false;
            Asker = null;
            AskerTicket = 0;
            Ticket = 0;
            Query = null;
            Names = null;
            NameIndex = 0;
            Found = null;
            FoundCount = 0;
            Typed = null;
        }
    }
}
