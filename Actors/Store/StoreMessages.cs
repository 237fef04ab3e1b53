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

    /// <summary>From the store to the node: the new node key is on the disk, a start from now on uses it.</summary>
    public sealed class NodeKeyStored : Message
    {
        public static readonly NodeKeyStored Instance = new NodeKeyStored();
        private NodeKeyStored() { }
    }

    /// <summary>Asked of the store: the row behind that id; answered with <see cref="StoredRow"/>. One at a time: nothing queues.</summary>
    public sealed class StoredRowQuery : Message
    {
        /// <summary>StoredIds.BeforeAll for the first.</summary>
        public readonly long AfterId;
        public StoredRowQuery(long afterId) { AfterId = afterId; }
    }

    public sealed class StoredRow : Message
    {
        /// <summary>A peer's id, or one of StoredIds.</summary>
        public readonly long Id;
        /// <summary>A peer or this node itself; null when the row is a region, cannot be read, or there are no more.</summary>
        public readonly PeerRow Row;
        public readonly DerpRegion Region;
        /// <summary>There was no row behind that id.</summary>
        public readonly bool End;
        public StoredRow(long id, PeerRow row, DerpRegion region, bool end) { Id = id; Row = row; Region = region; End = end; }
    }

    /// <summary>
    /// From the store to coordination: the flash has taken so many more peer rows, and there is room again. Without room coordination holds
    /// the row back and reads no further, so that a slow flash slows the download instead of growing a queue.
    /// </summary>
    public sealed class StoreCredit : Message
    {
        /// <summary>Rows that may be under way at a time.</summary>
        public const int Window = 16;

        public readonly int Rows;
        public StoreCredit(int rows) { Rows = rows; }
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
        public static readonly StoreTimer Flash = new StoreTimer();
        public static readonly StoreTimer Credit = new StoreTimer();
        private StoreTimer() { }
    }
}
