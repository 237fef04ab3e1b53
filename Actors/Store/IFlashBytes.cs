namespace MicroLink.Store
{
    /// <summary>What a machine may do with flash memory by itself: read it. Reading is immediate (memory mapped on a device).</summary>
    public interface IFlashBytes
    {
        /// <summary>Sectors of <see cref="PeerFlash.SectorBytes"/>; erased bytes are 0xFF.</summary>
        int SectorCount { get; }

        /// <summary>
        /// Everything at and behind this address is erased, which the start then need not read: 8 MB took a desktop 30 ms. The end of the
        /// memory where nothing is known.
        /// </summary>
        int ErasedFrom { get; }

        void Read(int address, byte[] into, int offset, int count);
    }

    /// <summary>What the machine wants done with the flash; filled by PeerFlash.PollOp.</summary>
    public sealed class FlashOp
    {
        public const int None = 0, Program = 1, Erase = 2;

        public int Kind;
        /// <summary>Program: where to; the bytes are Bytes[Offset .. Offset + Count) and do not change until it is done.</summary>
        public int Address;
        public byte[] Bytes;
        public int Offset;
        public int Count;
        /// <summary>Erase: which sector.</summary>
        public int Sector;
    }
}
