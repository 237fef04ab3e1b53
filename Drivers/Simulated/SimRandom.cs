namespace MicroLink.Drivers.Simulated
{
    /// <summary>
    /// The one source of chance of a simulated world (splitmix64): the same seed gives the same world on every machine. System.Random would
    /// do too, but its sequence is not promised across .NET versions.
    /// </summary>
    public sealed class SimRandom
    {
        private ulong _state;

        public SimRandom(long seed)
        {
            _state = (ulong)seed * 0x9E3779B97F4A7C15UL + 0x1234567;
        }

        public ulong Next()
        {
            _state += 0x9E3779B97F4A7C15UL;
            ulong z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }

        /// <summary>0 .. below-1.</summary>
        public int Below(int below)
        {
            return (int)(Next() % (ulong)below);
        }

        public bool Chance(int permille)
        {
            return permille > 0 && Below(1000) < permille;
        }
    }

    /// <summary>Random bytes that repeat from a seed. For simulations only.</summary>
    public sealed class SeededEntropy : IEntropy
    {
        private readonly SimRandom _random;

        public SeededEntropy(long seed)
        {
            _random = new SimRandom(seed);
        }

        public void Fill(byte[] buffer, int offset, int count)
        {
            for (int i = 0; i < count; i++) buffer[offset + i] = (byte)(_random.Next() >> 24);
        }
    }
}
