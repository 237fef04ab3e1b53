using System.Text;
using MicroLink.Bytes;
using MicroLink.Stun;

namespace MicroLink.Node
{
    /// <summary>A NetCheck report as lines of text.</summary>
    internal static class NetcheckText
    {
        private static readonly string[] s_types = { "unknown", "local", "stun", "portmapped", "stun-localport", "explicit" };

        public static string Format(NetCheckReport report)
        {
            StringBuilder text = new StringBuilder();
            text.Append("UDP: ").Append(YesNo(report.WorkingUdp)).Append('\n');
            text.Append("IPv6: ").Append(YesNo(report.WorkingIPv6)).Append('\n');
            text.Append("mapping varies by destination: ").Append(YesNo(report.MappingVaries)).Append('\n');
            if (report.CaptivePortal == 2) text.Append("captive portal: yes, open a web page to log in\n");
            if (report.PortMapping != null) text.Append("port mapping: ").Append(report.PortMapping).Append('\n');
            text.Append("home relay: ").Append(report.HomeRelay.ToString()).Append('\n');
            for (int i = 0; i < report.Regions.Length; i++)
            {
                string latency = report.LatenciesMs[i] < 0 ? "no answer" : report.LatenciesMs[i].ToString() + " ms";
                text.Append("relay ").Append(report.Regions[i].ToString()).Append(": ").Append(latency).Append('\n');
            }
            for (int i = 0; i < report.EndpointTypes.Length; i++)
            {
                int type = report.EndpointTypes[i];
                text.Append("endpoint: ").Append(NetEndpoint.Format(report.Endpoints, i * NetEndpoint.Length)).Append(" (")
                    .Append(type < s_types.Length ? s_types[type] : s_types[0]).Append(")\n");
            }
            return text.ToString();
        }

        private static string YesNo(int triState)
        {
            return triState == 0 ? "unknown" : triState == 2 ? "yes" : "no";
        }
    }
}
