using MicroLink.Bytes;

namespace MicroLink.WireGuard
{
    // 12 bytes, big endian (protocol.md 8.3):
    //
    //    0  8  0x400000000000000A + Unix seconds
    //    8  4  nanoseconds, the low 24 bits zero (steps of about 16.8 ms, so that the stamp does not tell our exact time)

    /// <summary>
    /// The stamps of our initiations. A peer drops every initiation whose stamp is not above the last it saw, so each one is above all before
    /// it and above the floor that was persisted before the last reboot, whatever the wall clock says. Floor in, newest stamp out: who
    /// persists it is not this class's business.
    /// </summary>
    public sealed class Tai64n
    {
        private const ulong Epoch = 0x400000000000000A;
        /// <summary>2^24 ns, one step of the masked nanoseconds.</summary>
        private const int StepShift = 24;
        /// <summary>Steps whose masked nanoseconds stay below a second: 0..59.</summary>
        private const int StepsPerSecond = 60;

        // The last stamp given out: seconds and step within the second.
        private long _seconds;
        private int _step = -1;
        private long _floorMs;

        /// <summary>Unix milliseconds of the last stamp, 0 = none yet.</summary>
        public long LastMs { get { return _step < 0 ? 0 : _seconds * 1000 + (((long)_step << StepShift) + 999999) / 1000000; } }

        /// <summary>Every stamp will be above this; a lower floor than before changes nothing.</summary>
        public void SetFloor(long unixMs)
        {
            if (unixMs > _floorMs) _floorMs = unixMs;
        }

        /// <summary>Writes the next stamp: the wall time when it moves forward, else one step above the last or the floor.</summary>
        public void Next(long unixMs, byte[] into, int offset)
        {
            if (unixMs <= _floorMs) unixMs = _floorMs + 1;
            long seconds = unixMs / 1000;
            int step = (int)(unixMs % 1000 * 1000000 >> StepShift);
            // Masking rounds down; at the floor it must round up.
            if (unixMs == _floorMs + 1) step++;
            if (seconds < _seconds || (seconds == _seconds && step <= _step))
            {
                seconds = _seconds;
                step = _step + 1;
            }
            if (step >= StepsPerSecond)
            {
                seconds++;
                step = 0;
            }
            _seconds = seconds;
            _step = step;
            Write(seconds, (int)((long)step << StepShift), into, offset);
        }

        public static void Write(long unixSeconds, int nanoseconds, byte[] into, int offset)
        {
            ByteOrder.StoreU64BE(into, offset, Epoch + (ulong)unixSeconds);
            ByteOrder.StoreU32BE(into, offset + 8, (uint)nanoseconds);
        }

        /// <summary>Whether stamp a is above stamp b, byte by byte.</summary>
        public static bool IsAbove(byte[] a, int aOffset, byte[] b, int bOffset)
        {
            for (int i = 0; i < WireGuardWire.StampLength; i++)
            {
                if (a[aOffset + i] != b[bOffset + i]) return a[aOffset + i] > b[bOffset + i];
            }
            return false;
        }
    }
}
