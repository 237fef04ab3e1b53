using System;
using System.Threading.Tasks;

namespace MicroLink.Tests.Interop.Network
{
    /// <summary>All hosts of <see cref="NetworkTests"/>, started once: most of the time goes into starting, and pairs do not disturb each other.</summary>
    public sealed class NetworkWorld : IDisposable
    {
        // RFC 4787's kinds in nftables. Linux keeps the inside port when it is free and lets in only what was written to.
        private const string PortPreserving = "table ip n { chain p { type nat hook postrouting priority 100; oifname \"wan\" masquerade; }; }";
        private const string Symmetric =
            "table ip n { chain p { type nat hook postrouting priority 100; oifname \"wan\" masquerade fully-random; }; }";
        private const string NoUdp = "table ip f { chain f { type filter hook forward priority 0; meta l4proto udp drop; }; }";
        private const string Loss =
            "table ip f { chain f { type filter hook forward priority 0; meta l4proto udp numgen random mod 100 < 30 drop; }; }";

        internal readonly NetworkLab Lab;
        internal LabHost Open1, Open2, Kept1, Kept2, Symmetric1, Symmetric2, Cone, Double, NoUdpHost, V6a, V6b, Hairpin1, Hairpin2,
                         Lossy1, Lossy2, Slow1, Slow2, Late1, Late2, Moving, MappedHost;

        public NetworkWorld()
        {
            if (NetworkLab.WhyNot() != null) return;
            Lab = new NetworkLab();
            try
            {
                MakeHosts();
                Lab.StartLab();
                foreach (LabHost host in Lab.Hosts) host.Start(host == MappedHost ? new[] { "--port-map" } : new string[0]);
                Parallel.ForEach(Lab.Hosts, host => host.MustConnect());
            }
            catch
            {
                Lab.Dispose();
                throw;
            }
        }

        private void MakeHosts()
        {
            Open1 = Lab.AddOpen("open1", 11);
            Open2 = Lab.AddOpen("open2", 12);
            Lab.AddNat("n1", 21, PortPreserving);
            Kept1 = Lab.AddBehind("n1", "kept1", 1);
            Lab.AddNat("n2", 22, PortPreserving);
            Kept2 = Lab.AddBehind("n2", "kept2", 2);
            Lab.AddNat("n3", 23, Symmetric);
            Symmetric1 = Lab.AddBehind("n3", "symmetric1", 3);
            Lab.AddNat("n4", 24, Symmetric);
            Symmetric2 = Lab.AddBehind("n4", "symmetric2", 4);
            Lab.AddNat("n5", 25, OnePort(5, 50001) + "\n" + PortPreserving.Replace(" n ", " m "));
            Cone = Lab.AddBehind("n5", "cone", 5);
            Lab.AddNat("n6", 26, PortPreserving);
            Lab.AddNatBehind("n7", "n6", 6, PortPreserving);
            Double = Lab.AddBehind("n7", "double", 7);
            Lab.AddNat("n8", 28, PortPreserving + "\n" + NoUdp);
            NoUdpHost = Lab.AddBehind("n8", "noudp", 8);
            V6a = Lab.AddOpen("v6a", 31, false, true);
            V6b = Lab.AddOpen("v6b", 32, false, true);
            Lab.AddNat("n9", 29, Hairpin());
            Hairpin1 = Lab.AddBehind("n9", "hairpin1", 9);
            Hairpin2 = Lab.AddBehind("n9", "hairpin2", 10);
            Lab.AddNat("n10", 41, PortPreserving + "\n" + Loss);
            Lossy1 = Lab.AddBehind("n10", "lossy1", 11);
            Lossy2 = Lab.AddOpen("lossy2", 42);
            Slow1 = Lab.AddOpen("slow1", 43);
            Slow2 = Lab.AddOpen("slow2", 44);
            foreach (LabHost slow in new[] { Slow1, Slow2 }) Lab.Tc(slow.Name, "qdisc add dev wan root tbf rate 10mbit burst 32kbit latency 50ms");
            Lab.AddNatAt("n11", "5.1.1.47", Symmetric);
            MappedHost = Lab.AddBehind("n11", "mapped", 12);
            if (PortMapDaemon.WhyNot == null) PortMapDaemon.Start(Lab, "n11", "5.1.1.47");
            Late1 = Lab.AddDelayed("late1", 45, 20, 15);
            Late2 = Lab.AddOpen("late2", 46);
            Moving = Lab.AddOpen("moving", 48);
        }

        public void Dispose()
        {
            Lab?.Dispose();
        }

        /// <summary>One inside port has one outside port, for everybody, in both directions.</summary>
        private static string OnePort(int net, int port)
        {
            return "table ip n { chain p { type nat hook postrouting priority 90; oifname \"wan\" ip saddr 10." + net
                + ".0.2 udp sport 41641 snat to WAN:" + port + "; }; chain d { type nat hook prerouting priority -100; ip daddr WAN udp dport "
                + port + " dnat to 10." + net + ".0.2:41641; }; }";
        }

        /// <summary>Two networks behind one router that forwards between them only what comes by its outside address.</summary>
        private static string Hairpin()
        {
            return "table ip n { chain d { type nat hook prerouting priority -100; "
                + "ip daddr WAN udp dport 50009 dnat to 10.9.0.2:41641; ip daddr WAN udp dport 50010 dnat to 10.10.0.2:41641; };"
                + " chain p { type nat hook postrouting priority 100; ip saddr 10.9.0.2 udp sport 41641 snat to WAN:50009;"
                + " ip saddr 10.10.0.2 udp sport 41641 snat to WAN:50010; oifname \"wan\" masquerade; }; }"
                + "\ntable ip f { chain f { type filter hook forward priority 0; iifname \"lan*\" oifname \"lan*\" ct status and dnat == 0 drop; }; }";
        }
    }
}
