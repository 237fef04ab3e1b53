using System;
using System.Threading.Tasks;
using MicroLink.Native;

namespace MicroLink.Tests.Interop.Network
{
    /// <summary>
    /// Nodes with TUN devices in one tailnet, started once for <see cref="TunTests"/>.
    /// <code>
    ///   net 203.0.113.1: lab     alice .11   bob .12   carol .13 (accepts routes)   dave .14 (exit node bob)   frank .15 (relay only)
    ///                                         |
    ///        gina .17 (exit node mull)      |      mull .18: wireguard-go, also told at .250, where nobody is
    ///                                  10.77.0.1, 10.77.0.2 lan: also 198.51.100.1, "the rest of the world"
    /// </code>
    /// </summary>
    public sealed class TunWorld : IDisposable
    {
        public const string Device = "ml0", LanAddress = "10.77.0.2", WorldAddress = "198.51.100.1";

        internal readonly NetworkLab Lab;
        internal LabHost Alice, Bob, Carol, Dave, Frank, Gina;
        internal readonly byte[] MullPrivate = WireGuardGoNode.NewPrivate();

        /// <summary>The WireGuard-only exit node: where it is, how it knows gina, what it has of "the rest of the world".</summary>
        public const string Mull = "203.0.113.18:51820", NobodyThere = "203.0.113.250:51820", MullKnowsUsAs = "10.64.5.5", MullWorld = "198.51.100.7";

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
                Gina = Lab.AddOpen("gina", 17);
                Lab.AddBare("mull", 18);
                byte[] mull = new byte[32];
                Cipher.X25519Base(MullPrivate, 0, mull, 0);
                Lab.AddLan("bob", "lan", 77);
                Lab.In("lan", "ip addr add " + WorldAddress + "/32 dev lo");
                Lab.In("bob", "ip route add default via " + LanAddress);
                Lab.StartLab("--wireguard-only", $"mull,{Convert.ToBase64String(mull)},{NobodyThere},{Mull}", "--masquerade", $"gina={MullKnowsUsAs}@mull");
                Alice.Start("--tun", Device);
                Bob.Start("--tun", Device, "--advertise-routes", "10.77.0.0/24,0.0.0.0/0,::/0");
                Carol.Start("--tun", Device, "--accept-routes");
                Dave.Start("--tun", Device, "--exit-node", "bob");
                Frank.Start("--tun", Device, "--force-relay");
                Gina.Start("--tun", Device, "--exit-node", "mull");
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
