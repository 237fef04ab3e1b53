namespace MicroLink.Derp
{
    /// <summary>One control frame that the hello machine wants sent. Reusable.</summary>
    public sealed class DerpFrame
    {
        public int Type;
        public readonly byte[] Payload = new byte[DerpWire.ClientInfoLength];
        public int Count;
    }

    /// <summary>Something that the hello machine tells its actor. Reusable.</summary>
    public sealed class DerpEvent
    {
        /// <summary>The server answered 101: bytes from DerpClient.Consumed on belong to the framer.</summary>
        public const int Upgraded = 1;
        /// <summary>The server accepted us (ServerInfo came).</summary>
        public const int Ready = 2;
        /// <summary>A peer that we heard through this connection is gone from it; Key says which, Reason why (DerpWire.Gone...).</summary>
        public const int PeerGone = 3;
        /// <summary>The server says something about itself; empty = healthy again.</summary>
        public const int Health = 4;
        /// <summary>The server will restart: come back after ReconnectInMs.</summary>
        public const int Restarting = 5;

        /// <summary>The server answered our ping after LatencyMs.</summary>
        public const int Ponged = 6;

        public int Kind;
        public readonly byte[] Key = new byte[DerpWire.KeyLength];
        public int Reason;
        public string Text;
        public int ReconnectInMs, TryForMs, LatencyMs;
        /// <summary>Of Ready: the server's token bucket for what we send; 0 = none.</summary>
        public int BytesPerSecond, BurstBytes;
    }
}
