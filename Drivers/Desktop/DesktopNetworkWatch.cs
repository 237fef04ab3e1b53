using System;
using System.IO;
using System.Net.NetworkInformation;
using System.Text;
using System.Threading;
using MicroLink.Runtime;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// Listens to the kernel's address and route messages (.NET's NetworkChange, a netlink route socket on Linux). A burst counts once:
    /// the owner is told when 15 ms have passed without another message, at the latest 40 ms after the first, and only when our usable
    /// addresses or the IPv4 default routes are others than before.
    /// </summary>
    public sealed class DesktopNetworkWatch : INetworkWatch
    {
        private const int QuietMs = 15, LatestMs = 40;

        private readonly object _gate = new object();
        private readonly Timer _timer;
        private ActorRef _owner;
        private string _addresses, _routes;
        private long _firstMs;
        private bool _pending;

        public DesktopNetworkWatch()
        {
            _timer = new Timer(_ => Settle());
        }

        public void Start(ActorRef owner)
        {
            _owner = owner;
            _addresses = AddressesText();
            _routes = RoutesText();
            NetworkChange.NetworkAddressChanged += OnAddresses;
            NetworkChange.NetworkAvailabilityChanged += OnAvailability;
        }

        public void Stop()
        {
            NetworkChange.NetworkAddressChanged -= OnAddresses;
            NetworkChange.NetworkAvailabilityChanged -= OnAvailability;
            _timer.Dispose();
        }

        private void OnAddresses(object sender, EventArgs args) => Note();

        private void OnAvailability(object sender, NetworkAvailabilityEventArgs args) => Note();

        private void Note()
        {
            lock (_gate)
            {
                long nowMs = Environment.TickCount64;
                if (!_pending) _firstMs = nowMs;
                _pending = true;
                long waitMs = Math.Min(QuietMs, Math.Max(0, _firstMs + LatestMs - nowMs));
                try
                {
                    _timer.Change(waitMs, Timeout.Infinite);
                }
                catch (ObjectDisposedException)
                {
                    // Stop came in between.
                }
            }
        }

        private void Settle()
        {
            lock (_gate)
            {
                if (!_pending) return;
                _pending = false;
            }
            string addresses = AddressesText(), routes = RoutesText();
            bool same = addresses == _addresses;
            if (same && routes == _routes) return;
            LocalNetworkChanged changed = new LocalNetworkChanged(same ? "the default route of this host changed" : "the addresses of this host changed");
            if (_owner.Tell(changed)) (_addresses, _routes) = (addresses, routes);
            else Note();                                           // its mailbox is full: again in a moment
        }

        private static string RoutesText()
        {
            StringBuilder text = new StringBuilder();
            try
            {
                foreach (string line in File.ReadLines("/proc/net/route"))
                {
                    string[] fields = line.Split('\t');
                    if (fields.Length > 7 && fields[1] == "00000000" && fields[7] == "00000000") text.Append(fields[0]).Append(fields[2]).Append(fields[6]);
                }
            }
            catch (IOException)
            {
                return "";   // no /proc: addresses have to do
            }
            return text.ToString();
        }

        /// <summary>Sorted, because the kernel's order changes with every interface that comes and goes.</summary>
        private static string AddressesText()
        {
            byte[] bytes = new byte[64 * AddressBytes.Length];
            int count = AddressBytes.WriteLocal(bytes, 0);
            string[] texts = new string[count];
            for (int i = 0; i < count; i++) texts[i] = Convert.ToHexString(bytes, i * AddressBytes.Length, AddressBytes.Length);
            Array.Sort(texts, StringComparer.Ordinal);
            return string.Join(' ', texts);
        }
    }
}
