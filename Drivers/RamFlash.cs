using System;
using MicroLink.Runtime;
using MicroLink.Store;

namespace MicroLink.Drivers
{
    /// <summary>
    /// The peer store of a node that has no other: in memory, a sector at a time as it is needed, gone with the process. Done at once.
    /// </summary>
    public sealed class RamFlash : IFlash
    {
        private readonly byte[][] _sectors;

        public RamFlash(int sectors)
        {
            _sectors = new byte[sectors][];
        }

        public int SectorCount { get { return _sectors.Length; } }

        public int ErasedFrom
        {
            get
            {
                int count = _sectors.Length;
                while (count > 0 && _sectors[count - 1] == null) count--;
                return count * PeerFlash.SectorBytes;
            }
        }

        public bool Open(out string error)
        {
            error = null;
            return true;
        }

        public void Read(int address, byte[] into, int offset, int count)
        {
            byte[] sector = _sectors[address / PeerFlash.SectorBytes];
            if (sector != null) Array.Copy(sector, address % PeerFlash.SectorBytes, into, offset, count);
            else Fill(into, offset, count);
        }

        public void Program(int address, byte[] from, int offset, int count, ActorRef owner)
        {
            int index = address / PeerFlash.SectorBytes;
            if (_sectors[index] == null)
            {
                byte[] sector = new byte[PeerFlash.SectorBytes];
                Fill(sector, 0, sector.Length);
                _sectors[index] = sector;
            }
            Array.Copy(from, offset, _sectors[index], address % PeerFlash.SectorBytes, count);
            if (owner != null) owner.Tell(new FlashDone(null));
        }

        public void Erase(int sector, ActorRef owner)
        {
            _sectors[sector] = null;
            if (owner != null) owner.Tell(new FlashDone(null));
        }

        // Copies that double: a loop over 4096 bytes takes an interpreter milliseconds.
        private static void Fill(byte[] into, int offset, int count)
        {
            if (count > 0) into[offset] = 0xFF;
            for (int done = 1; done < count; done *= 2)
                Array.Copy(into, offset, into, offset + done, done < count - done ? done : count - done);
        }
    }
}
