using System;
using System.Threading.Tasks;

namespace MicroLink.Tests.Interop.Network
{
    /// <summary>
    /// Nodes with TUN devices in one tailnet, started once for <see cref="TunTests"/>.
    /// <code>
    ///   net 203.0.113.1: lab     alice .11   bob .12   carol .13 (accepts routes)   dave .14 (exit node bob)   frank .15 (relay only)
    ///                                         |
    ///                                  10.77.0.1, 10.77.0.2 lan: also 198.51.100.1, "the rest of the world"
    /// </code>
    /// </summary>
    public sealed class TunWorld : IDisposable
    {
        public const string Device = "ml0", LanAddress = "10.77.0.2", WorldAddress = "198.51.100.1";

        internal readonly NetworkLab Lab;
        internal LabHost Alice, Bob, Carol, Dave, Frank;

        public TunWorld()
        {
            if (NetworkLab.WhyNot() != null) return;
            Lab = new NetworkLab();
            try
            {
                Alice = Lab.AddOpen("alice", 11);
                Bob = Lab.AddOpen("bob", 12);
                Carol = Lab.AddOpen("carol", 13);
                Dave = Lab.AddOpen("dave", 14);
                Frank = Lab.AddOpen("frank", 15);
                Lab.AddLan("bob", "lan", 77);
                Lab.In("lan", "ip addr add " + WorldAddress + "/32 dev lo");
                Lab.In("bob", "ip route add default via " + LanAddress);
                Lab.StartLab();
                Alice.Start("--tun", Device);
                Bob.Start("--tun", Device, "--advertise-routes", "10.77.0.0/24,0.0.0.0/0,::/0");
                Carol.Start("--tun", Device, "--accept-routes");
                Dave.Start("--tun", Device, "--exit-node", "bob");
                Frank.Start("--tun", Device, "--force-relay");
                Parallel.ForEach(Lab.Hosts, host => host.MustConnect());
            }
            catch
            {
                Lab.Dispose();
                throw;
            }
        }

        /// <summary>The tunnel address of a node, from the device: the second family's for v6.</summary>
        internal string Address(LabHost host, bool v6)
        {
            string found = null;
            NetworkLab.Wait(() =>
            {
                string output = Lab.Read(host.Name, $"ip -o {(v6 ? "-6" : "-4")} addr show dev {Device} scope global");
                int at = output.IndexOf(v6 ? "inet6 " : "inet ", StringComparison.Ordinal);
                if (at < 0) return false;
                found = output.Substring(at).Split(' ', '/')[1];
                return true;
            }, host.Name + " has an address");
            return found;
        }

        public void Dispose()
        {
            Lab?.Dispose();
        }
    }
}
