using MicroLink.Runtime;

namespace MicroLink.Stun
{
    /// <summary>Asked of NetCheck; answered with the <see cref="NetCheckReport"/> of a report that was begun for it, or after a few seconds of the last one.</summary>
    public sealed class NetCheckQuery : Message
    {
        public static readonly NetCheckQuery Instance = new NetCheckQuery();
        private NetCheckQuery() { }
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
        public NetCheckReport(int[] regions, int[] latenciesMs, int homeRelay, byte[] endpoints, byte[] endpointTypes,
                              int mappingVaries, int workingUdp, int workingIPv6)
        {
            Regions = regions; LatenciesMs = latenciesMs; HomeRelay = homeRelay; Endpoints = endpoints; EndpointTypes = endpointTypes;
            MappingVaries = mappingVaries; WorkingUdp = workingUdp; WorkingIPv6 = workingIPv6;
        }
    }
}
