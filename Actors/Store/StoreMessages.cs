using MicroLink.NetMap;
using MicroLink.Runtime;

namespace MicroLink.Store
{
    /// <summary>To the store: keep this value; null removes it. Commits are gathered for a moment.</summary>
    public sealed class StoreSetting : Message
    {
        public readonly string Key;
        public readonly byte[] Value;
        public StoreSetting(string key, byte[] value) { Key = key; Value = value; }
    }

    /// <summary>To the store: tell me every stored peer as <see cref="StoredPeerRow"/>, then <see cref="StoredPeersEnd"/>.</summary>
    public sealed class StoredPeersQuery : Message
    {
        public static readonly StoredPeersQuery Instance = new StoredPeersQuery();
        private StoredPeersQuery() { }
    }

    public sealed class StoredPeerRow : Message
    {
        public readonly PeerRow Row;
        public StoredPeerRow(PeerRow row) { Row = row; }
    }

    public sealed class StoredPeersEnd : Message
    {
        /// <summary>How many rows were told.</summary>
        public readonly int Count;
        public StoredPeersEnd(int count) { Count = count; }
    }

    /// <summary>To the store: factory reset. Settings, keys and peers are gone when the process starts next.</summary>
    public sealed class EraseState : Message
    {
        public static readonly EraseState Instance = new EraseState();
        private EraseState() { }
    }

    /// <summary>From the store to the node: saving fails (one plain sentence; it is being retried), or works again (null).</summary>
    public sealed class StoreTrouble : Message
    {
        public readonly string Error;
        public StoreTrouble(string error) { Error = error; }
    }

    /// <summary>The store actor's own timers.</summary>
    public sealed class StoreTimer : Message
    {
        public static readonly StoreTimer Commit = new StoreTimer();
        public static readonly StoreTimer FlushPeers = new StoreTimer();
        public static readonly StoreTimer NextPeer = new StoreTimer();
        private StoreTimer() { }
    }
}
