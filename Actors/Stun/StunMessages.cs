using MicroLink.NetMap;
using MicroLink.Runtime;

namespace MicroLink.Stun
{
    /// <summary>Asked of NetCheck; answered with the <see cref="NetCheckReport"/> of a report that was begun for it, or after a few seconds of the last one.</summary>
    public sealed class NetCheckQuery : Message
    {
        public static readonly NetCheckQuery Instance = new NetCheckQuery();
        private NetCheckQuery() { }
    }

    /// <summary>To the HTTP prober: UDP is blocked here, measure these regions by HTTPS. A new one replaces the one before.</summary>
    public sealed class MeasureRelays : Message
    {
        public readonly DerpMap Map;
        /// <summary>In the order of the map's regions.</summary>
        public readonly bool[] Wanted;
        /// <summary>Look for a captive portal too.</summary>
        public readonly bool Portal;
        public MeasureRelays(DerpMap map, bool[] wanted, bool portal) { Map = map; Wanted = wanted; Portal = portal; }
    }

    /// <summary>A relay answered by HTTPS.</summary>
    public sealed class RelayMeasured : Message
    {
        public readonly int Region, LatencyMs;
        public RelayMeasured(int region, int latencyMs) { Region = region; LatencyMs = latencyMs; }
    }

    /// <summary>The measurement by HTTPS is over. Portal: 0 not known, 1 no, 2 a login page answers in place of the relay.</summary>
    public sealed class RelaysMeasured : Message
    {
        public readonly int Portal;
        public RelaysMeasured(int portal) { Portal = portal; }
    }

    /// <summary>To the node: a sentence for health about the network around us; null = nothing to say.</summary>
    public sealed class NetworkTrouble : Message
    {
        public readonly string Text;
        public NetworkTrouble(string text) { Text = text; }
    }

    /// <summary>What `microlink netcheck` prints.</summary>
    public sealed class NetCheckReport : Message
    {
        /// <summary>Region ids and, in the same order, their latency in milliseconds; -1 = no answer.</summary>
        public readonly int[] Regions, LatenciesMs;
        public readonly int HomeRelay;
        /// <summary>18 bytes each, and their types (OwnEndpointList).</summary>
        public readonly byte[] Endpoints, EndpointTypes;
        /// <summary>0 unknown, 1 false, 2 true.</summary>
        public readonly int MappingVaries, WorkingUdp, WorkingIPv6;
        /// <summary>As above: a login page answers in place of the relays.</summary>
        public int CaptivePortal;
        /// <summary>"mapped by PCP", or why there is none; null = not asked for.</summary>
        public string PortMapping;
        public NetCheckReport(int[] regions, int[] latenciesMs, int homeRelay, byte[] endpoints, byte[] endpointTypes,
                              int mappingVaries, int workingUdp, int workingIPv6)
        {
            Regions = regions; LatenciesMs = latenciesMs; HomeRelay = homeRelay; Endpoints = endpoints; EndpointTypes = endpointTypes;
            MappingVaries = mappingVaries; WorkingUdp = workingUdp; WorkingIPv6 = workingIPv6;
        }
    }
}
