using System;
using System.IO;
using System.Text;
using MicroLink.Bytes;
using MicroLink.Native;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// The TUN device of the node: made before anything else, because it is what a user may not be allowed to do; joined to a UDP port each
    /// time one is opened. Closing it removes the device with its addresses, routes and rules.
    /// </summary>
    public sealed class TunDevice : IDisposable
    {
        private const int NotPermitted = 1, NoEntry = 2, NoDevice = 6, AccessDenied = 13, Busy = 16, NotThere = 19, Invalid = 22;

        private int _handle, _pump;

        private TunDevice(string name, int handle)
        {
            Name = name;
            AddressBytes.TunnelName = name;
            _handle = handle;
        }

        public string Name { get; }

        /// <summary>Makes the device, or returns null and says why not in one plain sentence.</summary>
        public static TunDevice Open(string name, out string error)
        {
            error = null;
            if (!IsName(name))
            {
                error = $"\"{name}\" is no name for a network device; give --tun 1 to 15 letters, digits, dots or dashes, such as ml0.";
                return null;
            }
            int handle = Tun.Create(name, 0);
            if (handle > 0) return new TunDevice(name, handle);
            error = Refusal(name, -handle);
            return null;
        }

        /// <summary>Null, or why packets cannot pass.</summary>
        public string Start(int pump)
        {
            _pump = pump;
            int result = Tun.Start(_handle, pump);
            return result == 0 ? null : $"The TUN device {Name} could not be joined to the UDP port (error {-result}); the node goes on trying.";
        }

        public void Stop()
        {
            _pump = 0;
            Tun.Stop(_handle);
        }

        /// <summary>Somebody has removed the device from outside.</summary>
        public bool IsGone => _handle <= 0 || Tun.IsGone(_handle);

        /// <summary>Makes the device anew, without addresses and routes. Null, or why it could not be done.</summary>
        public string Reopen()
        {
            if (_handle > 0) Tun.Close(_handle);
            _handle = Tun.Create(Name, 0);
            if (_handle <= 0) return Refusal(Name, -_handle);
            return _pump == 0 ? null : Start(_pump);
        }

        /// <summary>An address of this host in the tunnel, a prefix of 17 bytes. Null, or what went wrong.</summary>
        public string SetAddress(byte[] prefixes, int offset, bool add)
        {
            return Sentence(Tun.Address(_handle, prefixes, offset, add), "address", prefixes, offset, add);
        }

        public string SetRoute(byte[] prefixes, int offset, bool add)
        {
            return Sentence(Tun.Route(_handle, prefixes, offset, add), "route", prefixes, offset, add);
        }

        /// <summary>With an exit node, answers to our marked packets come from where nothing unmarked would be sent: without this setting a
        /// strict reverse path filter drops them (ip-sysctl.rst, src_valid_mark).</summary>
        public static void AllowMarkedAnswers()
        {
            Write("/proc/sys/net/ipv4/conf/all/src_valid_mark", "1");
        }

        /// <summary>Null, or the sentence for a host that advertises routes and does not forward packets.</summary>
        public static string WhyNotForwarding(byte[] routes)
        {
            bool v4 = false, v6 = false;
            for (int at = 0; at + NetEndpoint.PrefixLength <= routes.Length; at += NetEndpoint.PrefixLength)
            {
                if (NetEndpoint.IsV4(routes, at)) v4 = true;
                else v6 = true;
            }
            string off = "";
            if (v4 && Reads("/proc/sys/net/ipv4/ip_forward", "0")) off = " net.ipv4.ip_forward=1";
            if (v6 && Reads("/proc/sys/net/ipv6/conf/all/forwarding", "0")) off += " net.ipv6.conf.all.forwarding=1";
            return off.Length == 0 ? null
                : "This host does not forward packets, so peers will not get through to the advertised routes; to turn it on: sysctl -w" + off;
        }

        public void Dispose()
        {
            if (_handle > 0) Tun.Close(_handle);
            _handle = 0;
        }

        private static string Refusal(string name, int errno)
        {
            switch (errno)
            {
                case NoEntry:
                case NoDevice:
                case NotThere:
                    return "This kernel has no /dev/net/tun; load the tun module, or leave --tun out and use the node's own IP stack.";
                case NotPermitted:
                case AccessDenied:
                    return "A TUN device needs root or CAP_NET_ADMIN; run this as root, or leave --tun out and use the node's own IP stack.";
                case Busy:
                case Invalid:
                    return $"The network device {name} is in use or of another kind; choose another name with --tun.";
                default:
                    return $"The TUN device {name} could not be made (error {errno}); leave --tun out and use the node's own IP stack.";
            }
        }

        private string Sentence(int result, string what, byte[] prefixes, int offset, bool add)
        {
            if (result == 0) return null;
            string verb = add ? "set" : "removed";
            return $"The {what} {NetEndpoint.FormatPrefix(prefixes, offset)} could not be {verb} on {Name} (error {-result}).";
        }

        private static bool IsName(string name)
        {
            if (string.IsNullOrEmpty(name) || Encoding.UTF8.GetByteCount(name) > 15 || name == "." || name == "..") return false;
            foreach (char c in name)
                if (!char.IsAsciiLetterOrDigit(c) && c != '.' && c != '-' && c != '_') return false;
            return true;
        }

        private static bool Reads(string path, string value)
        {
            try
            {
                return File.ReadAllText(path).Trim() == value;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;   // this kernel has no such switch
            }
        }

        private static void Write(string path, string value)
        {
            try
            {
                File.WriteAllText(path, value);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Read-only in containers; only hosts with a strict filter need it, and those see no answers: docs/troubleshooting.md.
            }
        }
    }
}
