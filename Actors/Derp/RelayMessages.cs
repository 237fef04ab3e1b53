using MicroLink.Drivers;
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

    /// <summary>From NetIo to the relay pool: the framer of this region has bytes to send. The pool hands it to the writer of that region.</summary>
    public sealed class RelayKickRegion : Message
    {
        public readonly int Region;
        public RelayKickRegion(int region) { Region = region; }
    }

    /// <summary>To the writer of a relay connection: this stream is open; send the upgrade request first, then whatever the framer has.</summary>
    public sealed class RelayAttach : Message
    {
        public readonly IByteStream Stream;
        public readonly int Region;
        public readonly byte[] Request;
        public readonly int RequestCount;
        public RelayAttach(IByteStream stream, int region, byte[] request, int requestCount)
        {
            Stream = stream; Region = region; Request = request; RequestCount = requestCount;
        }
    }

    /// <summary>To the writer of a relay connection: the server lets us send this much (protocol.md 5.3); 0 = no limit.</summary>
    public sealed class RelayLimit : Message
    {
        public readonly int BytesPerSecond, BurstBytes;
        public RelayLimit(int bytesPerSecond, int burstBytes) { BytesPerSecond = bytesPerSecond; BurstBytes = burstBytes; }
    }

    /// <summary>From the writer of a relay connection to its reader: the writer is new and has no stream.</summary>
    public sealed class RelayWriterStarted : Message
    {
        public static readonly RelayWriterStarted Instance = new RelayWriterStarted();
        private RelayWriterStarted() { }
    }

    /// <summary>To the writer of a relay connection: the stream is gone.</summary>
    public sealed class RelayDetach : Message
    {
        public readonly IByteStream Stream;
        public RelayDetach(IByteStream stream) { Stream = stream; }
    }

    /// <summary>From one relay slot to the pool: where its connection stands, in one plain sentence.</summary>
    public sealed class RelayState : Message
    {
        public const int Down = 0, Connecting = 1, Up = 2;
        public readonly int Slot, Region, State;
        public readonly string Reason;
        public RelayState(int slot, int region, int state, string reason) { Slot = slot; Region = region; State = state; Reason = reason; }
    }

    /// <summary>What a relay server says about itself (protocol.md 5.4, Health); an empty text is "healthy again". To the node.</summary>
    public sealed class RelayHealth : Message
    {
        public readonly int Region;
        public readonly string Text;
        public RelayHealth(int region, string text) { Region = region; Text = text; }
    }

    /// <summary>A peer is not behind this relay any more: the way back through it is closed (protocol.md 5.4). Reason: DerpWire.Gone...</summary>
    public sealed class RelayPeerGone : Message
    {
        public readonly int Region;
        public readonly byte[] Key;
        public readonly int Reason;
        public RelayPeerGone(int region, byte[] key, int reason) { Region = region; Key = key; Reason = reason; }
    }
}
