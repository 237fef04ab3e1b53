using System.Threading;
using System.Threading.Tasks;
using MicroLink.Runtime;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// Tells that must arrive. A bounded mailbox may be full for a moment; a driver can wait where an actor cannot, so it offers the
    /// message again every 2 ms until it is taken or the driver is closed.
    /// </summary>
    internal static class ReliableTell
    {
        private const int AgainMs = 2;

        public static void Send(ActorRef owner, Message message)
        {
            if (!owner.Tell(message)) _ = SendAsync(owner, message, CancellationToken.None);
        }

        /// <returns>False when cancelled before the message was taken.</returns>
        public static async Task<bool> SendAsync(ActorRef owner, Message message, CancellationToken cancel)
        {
            while (!cancel.IsCancellationRequested)
            {
                if (owner.Tell(message)) return true;
                await Task.Delay(AgainMs, CancellationToken.None).ConfigureAwait(false);
            }
            return false;
        }
    }
}
