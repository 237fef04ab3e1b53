using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using MicroLink.Runtime;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>Name resolution by the host's resolver, on the thread pool; every question is answered within five seconds.</summary>
    public sealed class DesktopResolver : IResolver
    {
        private const int TimeoutMs = 5000;

        public void Resolve(string host, ActorRef owner, int tag)
        {
            if (IPAddress.TryParse(host, out IPAddress literal))
            {
                ReliableTell.Send(owner, new Resolved(tag, AddressBytes.Of(new[] { literal }), null));
                return;
            }
            Task.Run(() => ResolveAsync(host, owner, tag));
        }

        private static async Task ResolveAsync(string host, ActorRef owner, int tag)
        {
            Resolved answer;
            try
            {
                IPAddress[] addresses = await LookUpAsync(host, TimeoutMs, CancellationToken.None).ConfigureAwait(false);
                answer = addresses.Length == 0
                    ? new Resolved(tag, new byte[0], NotFoundText(host))
                    : new Resolved(tag, AddressBytes.Of(addresses), null);
            }
            catch (TimeoutException)
            {
                answer = new Resolved(tag, new byte[0], "The name " + host
                    + " was not resolved within 5 seconds; check the DNS of this host.");
            }
            catch (Exception error) when (error is SocketException || error is ArgumentException)
            {
                answer = new Resolved(tag, new byte[0], NotFoundText(host));
            }
            await ReliableTell.SendAsync(owner, answer, CancellationToken.None).ConfigureAwait(false);
        }

        /// <summary>
        /// The host's resolver with a hard limit: getaddrinfo itself cannot be cancelled, so its answer is abandoned then.
        /// </summary>
        /// <exception cref="TimeoutException">No answer in time.</exception>
        internal static async Task<IPAddress[]> LookUpAsync(string host, int timeoutMs, CancellationToken cancel)
        {
            return await System.Net.Dns.GetHostAddressesAsync(host, CancellationToken.None)
                .WaitAsync(TimeSpan.FromMilliseconds(timeoutMs), cancel).ConfigureAwait(false);
        }

        internal static string NotFoundText(string host)
        {
            return "The name " + host + " was not found; check the spelling or the DNS of this host.";
        }
    }
}
