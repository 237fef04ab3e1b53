using MicroLink.NetMap;
using MicroLink.Runtime;

namespace MicroLink.Derp
{
    /// <summary>To the relay pool: traffic for this region waits, or a reverse route needs it. Opens a connection or keeps it open.</summary>
    public sealed class RelayWanted : Message
    {
        public readonly int Region;
        public RelayWanted(int region) { Region = region; }
    }

    /// <summary>To the relay pool: this region is home (0 = none yet). Its connection is permanent.</summary>
    public sealed class RelayHome : Message
    {
        public readonly int Region;
        public RelayHome(int region) { Region = region; }
    }

    /// <summary>To one relay slot: serve this region; null = close.</summary>
    public sealed class RelayAssign : Message
    {
        public readonly DerpRegion Region;
        public readonly bool Home;
        public RelayAssign(DerpRegion region, bool home) { Region = region; Home = home; }
    }

    /// <summary>A relay connection is usable.</summary>
    public sealed class RelayUp : Message
    {
        public readonly int Region;
        public RelayUp(int region) { Region = region; }
    }

    /// <summary>A relay connection is gone; it is being retried.</summary>
    public sealed class RelayDown : Message
    {
        public readonly int Region;
        public readonly string Reason;
        public RelayDown(int region, string reason) { Region = region; Reason = reason; }
    }

    /// <summary>To the writer of a relay connection: the native framer has bytes to send.</summary>
    public sealed class RelayKick : Message
    {
        public static readonly RelayKick Instance = new RelayKick();
    }
}
