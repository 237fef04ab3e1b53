namespace MicroLink.Drivers
{
    /// <summary>The slow fields of every known peer, kept across reboots so that tunnels start before control answers.</summary>
    public interface IPeerStore
    {
        /// <summary>Appends or replaces the row of a peer; nothing is written when its bytes did not change. Rows are at most 1 KB.</summary>
        void Put(long peerId, byte[] row, int offset, int count);
        void Remove(long peerId);
        /// <summary>Reads the row of one peer; returns its length, or -1 when there is none.</summary>
        int Get(long peerId, byte[] into, int offset);
        /// <summary>Reads row <paramref name="index"/> into the buffer; returns its length, or -1 after the last.</summary>
        int Read(int index, byte[] into, int offset, out long peerId);
        void Clear();
        /// <summary>Hands what is pending to the storage thread.</summary>
        void Flush();
    }
}
