using System;
using System.Collections.Generic;
using MicroLink.Drivers;
using MicroLink.Runtime;
using MicroLink.Store;

namespace MicroLink.Tests.Unit.Store
{
    /// <summary>Flash in memory: bits only go from 1 to 0 until a sector is erased. Operations of an actor are done at once, or held.</summary>
    internal sealed class MemoryFlash : IFlash
    {
        public readonly byte[] Bytes;
        public readonly Queue<(ActorRef Owner, Action Act)> Waiting = new();
        public bool Hold;
        public string Error;
        public int Programs, Erases;

        public MemoryFlash(int sectors)
        {
            Bytes = new byte[sectors * PeerFlash.SectorBytes];
            Array.Fill(Bytes, (byte)0xFF);
        }

        public int SectorCount => Bytes.Length / PeerFlash.SectorBytes;
        public int ErasedFrom => KnownErasedFrom ?? Bytes.Length;
        public int? KnownErasedFrom;

        public bool Open(out string error)
        {
            error = null;
            return true;
        }

        public void Read(int address, byte[] into, int offset, int count)
        {
            if (address + count > ErasedFrom) throw new InvalidOperationException("read behind what is known to be erased, at " + address);
            Array.Copy(Bytes, address, into, offset, count);
        }

        public void Program(int address, byte[] from, int offset, int count, ActorRef owner)
        {
            byte[] copy = from[offset..(offset + count)];
            Programs++;
            Do(owner, () => ProgramNow(address, copy, count));
        }

        public void Erase(int sector, ActorRef owner)
        {
            Erases++;
            Do(owner, () => EraseNow(sector, PeerFlash.SectorBytes));
        }

        public void ProgramNow(int address, byte[] from, int count)
        {
            for (int i = 0; i < count; i++)
            {
                // A real chip would give the AND of both: whoever programs twice has a bug, unless it is the same byte again.
                if (Bytes[address + i] != 0xFF && Bytes[address + i] != from[i]) throw new InvalidOperationException("programmed twice at " + (address + i));
                Bytes[address + i] = from[i];
            }
        }

        /// <summary>The first bytes only when the power goes in the middle.</summary>
        public void EraseNow(int sector, int count) => Array.Fill(Bytes, (byte)0xFF, sector * PeerFlash.SectorBytes, count);

        public void Release()
        {
            Hold = false;
            while (Waiting.Count > 0)
            {
                (ActorRef owner, Action act) = Waiting.Dequeue();
                Do(owner, act);
            }
        }

        private void Do(ActorRef owner, Action act)
        {
            if (Hold)
            {
                Waiting.Enqueue((owner, act));
                return;
            }
            if (Error == null) act();
            if (owner != null) owner.Tell(new FlashDone(Error));
        }
    }
}
