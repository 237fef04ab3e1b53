using System.IO;
using Xunit;

namespace MicroLink.Tests.Interop.Network
{
    /// <summary>Debian's miniupnpd on a router of the small internet: PCP, NAT-PMP and UPnP from somebody else's hand.</summary>
    internal static class PortMapDaemon
    {
        private const string Program = "/usr/sbin/miniupnpd";

        public static string WhyNot => File.Exists(Program) ? null : "miniupnpd is not installed (apt-get install miniupnpd-nftables)";

        public static void Start(NetworkLab lab, string nat, string wan)
        {
            // What the Debian package's init script makes: the chains that it hooks its rules into.
            lab.Nft(nat, "table inet filter { chain forward { type filter hook forward priority 0; policy accept; jump miniupnpd; }; chain miniupnpd { };"
                + " chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }; chain prerouting_miniupnpd { };"
                + " chain postrouting { type nat hook postrouting priority 90; jump postrouting_miniupnpd; }; chain postrouting_miniupnpd { }; }");
            string config = Path.Combine(lab.Folder, nat + "-miniupnpd.conf");
            File.WriteAllText(config, string.Join('\n', new[]
            {
                "ext_ifname=wan", "listening_ip=lan12", "enable_natpmp=yes", "enable_upnp=yes", "secure_mode=yes",
                "upnp_table_name=filter", "upnp_nat_table_name=filter", "upnp_forward_chain=miniupnpd", "upnp_nat_chain=prerouting_miniupnpd",
                "upnp_nat_postrouting_chain=postrouting_miniupnpd", "uuid=00000000-0000-0000-0000-000000000000", "bitrate_up=1000000",
                "bitrate_down=10000000", "allow 1024-65535 10.12.0.0/24 1024-65535", "deny 0-65535 0.0.0.0/0 0-65535", "",
            }));
            lab.StartHelper($"netns exec {lab.Ns(nat)} {Program} -d -f {config} -P {config}.pid");
        }
    }

    /// <summary>Runs where <see cref="NetworkFactAttribute"/> does and miniupnpd is installed.</summary>
    public sealed class PortMapFactAttribute : FactAttribute
    {
        private static readonly string s_whyNot = NetworkLab.WhyNot() ?? PortMapDaemon.WhyNot;

        public PortMapFactAttribute()
        {
            Skip = s_whyNot;
        }
    }
}
