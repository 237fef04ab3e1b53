using System;
using Xunit;

namespace MicroLink.Tests.Interop.RealTailscale
{
    /// <summary>
    /// Control gives nodes other addresses for one peer (testcontrol's SetMasqueradeAddresses; tailscaled's own test of it is TestNATPing): ours,
    /// theirs and both, in each family, with everything that travels between them.
    /// </summary>
    [Collection("real tailscale")]
    public sealed class MasqueradeTests
    {
        [MasqueradeTheory]
        [InlineData("netstack")]
        [InlineData("tun")]
        public void One_peer_knows_us_by_another_address(string mode)
        {
            using RealTailnet net = new RealTailnet();
            net.StartControl();
            net.StartTheirs("tailscale0");
            net.JoinTheirs();
            string[,] theirs = { { net.TheirOwn("-4"), "100.64.2.1" }, { net.TheirOwn("-6"), "fd7a:115c:a1e0::1b" } };
            if (mode == "tun") net.StartOurs("--tun", "ml0");
            else net.StartOurs(["--echo", RealTailnet.EchoPort.ToString(), .. Forwards(theirs)]);
            net.PingTheirs("--icmp");
            using IDisposable echo = net.Echo(RealTailnet.Theirs), ours = mode == "tun" ? net.Echo(RealTailnet.Ours) : null;
            for (int family = 0; family < 2; family++)
            {
                string ourOther = family == 0 ? "100.64.1.1" : "fd7a:115c:a1e0::1a", own = net.OurAddress(family), their = theirs[family, 0];
                for (int which = 0; which < 4; which++)
                {
                    string us = (which & 1) == 0 ? own : ourOther, them = theirs[family, which >> 1];
                    net.Masquerade((which & 1) == 0 ? null : ourOther, (which & 2) == 0 ? null : them);
                    net.Until("the map did not come", () => net.TheirAddress(family) == them && net.Tailscale("ip", "ours").Output.Contains(us + "\n"));
                    foreach (string kind in new[] { "--disco", "--tsmp", "--icmp", "--peerapi" }) net.PingTheirAddress(them, kind);
                    foreach (string kind in new[] { "--until-direct=false", "--tsmp", "--icmp", "--peerapi" }) net.PingOurAddress(us, kind);
                    Assert.Equal((which & 1) == 0 ? "" : us, net.KnownAs());
                    Travels(net, mode, us, them, their, 7001 + 2 * family + (which >> 1));
                }
            }
        }

        /// <summary>Ports 7001 to 7004 of ours lead to each of their addresses.</summary>
        private static string[] Forwards(string[,] theirs)
        {
            string[] options = new string[16];
            for (int i = 0; i < 8; i++)
            {
                options[2 * i] = "--forward";
                options[2 * i + 1] = (i % 2 == 0 ? "" : "udp:") + (7001 + i / 2) + ":[" + theirs[i / 4, i / 2 % 2] + "]:" + RealTailnet.EchoPort;
            }
            return options;
        }

        /// <summary>TCP and UDP both ways; each side sees the other by the address that control gave it.</summary>
        private static void Travels(RealTailnet net, string mode, string us, string them, string their, int port)
        {
            Assert.True(net.EchoByTcp(us, 500000));
            Assert.True(net.EchoByUdp(us));
            if (mode == "tun")
            {
                Assert.True(net.EchoByTcp(them, 500000, RealTailnet.Ours));
                Assert.True(net.EchoByUdp(them, RealTailnet.Ours));
                Assert.Equal((us, them), (net.Caller(RealTailnet.Theirs), net.Caller(RealTailnet.Ours)));
                Assert.True(net.Pings(RealTailnet.Ours, them));
                Assert.True(net.Pings(RealTailnet.Theirs, us));
            }
            else
            {
                Assert.True(net.EchoByTcp("127.0.0.1", 500000, RealTailnet.Ours, port), "no TCP " + us + " to " + them);
                Assert.True(net.EchoByUdp("127.0.0.1", RealTailnet.Ours, port), "no UDP " + us + " to " + them);
                Assert.True(net.Pings(RealTailnet.Theirs, us), "no ping by " + us + " for " + them);
            }
            // A port that nobody has. tailscaled does not change the packet inside the error, so it can be known only where theirs has no other address.
            if (them == their) Assert.True(net.IsRefusedByUdp(us), "no refusal by " + us);
        }
    }

    /// <summary>Skipped with the reason where testcontrol has no door for it.</summary>
    public sealed class MasqueradeTheoryAttribute : TheoryAttribute
    {
        public MasqueradeTheoryAttribute()
        {
            Skip = RealTailnet.WhyNot() ?? (string.IsNullOrEmpty(RealTailnet.Admin)
                ? "the variable TESTCONTROL_ADMIN names no door through which testcontrol is told of masquerade addresses (docs/testing.md)" : null);
        }
    }
}
