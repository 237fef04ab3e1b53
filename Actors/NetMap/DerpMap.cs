namespace MicroLink.NetMap
{
    /// <summary>The relay map of protocol.md 4.8, complete and merged. Immutable once published.</summary>
    public sealed class DerpMap
    {
        public DerpRegion[] Regions = new DerpRegion[0];

        public DerpRegion Find(int regionId)
        {
            for (int i = 0; i < Regions.Length; i++)
            {
                if (Regions[i].Id == regionId) return Regions[i];
            }
            return null;
        }
    }

    public sealed class DerpRegion
    {
        public int Id;
        public string Code;
        public string Name;
        public bool NoMeasureNoHome;
        /// <summary>HomeParams.RegionScore in thousandths; 1000 = neutral.</summary>
        public int ScorePermille = 1000;
        public DerpNode[] Nodes = new DerpNode[0];
    }

    public sealed class DerpNode
    {
        public string Name;
        public string HostName;
        public string CertName;
        /// <summary>"" = resolve HostName, an address = use it, anything else = family disabled (protocol.md 4.8).</summary>
        public string IPv4 = "";
        public string IPv6 = "";
        /// <summary>0 = 3478, -1 = no STUN.</summary>
        public int StunPort;
        public bool StunOnly;
        /// <summary>0 = 443.</summary>
        public int DerpPort;
        public bool InsecureForTests;
        public bool CanPort80;
    }
}
