namespace MicroLink.WireGuard
{
    /// <summary>What came of handshakes: drops by <see cref="WireGuardError"/>, and totals. Shared with whoever prints status.</summary>
    public sealed class WireGuardCounters
    {
        private readonly int[] _errors = new int[WireGuardError.Count];

        public int InitiationsSent, ResponsesSent, Sessions, GivenUp, Evictions;

        /// <summary>Counts a negative code.</summary>
        public void Add(int error)
        {
            int index = -error;
            if (index > 0 && index < _errors.Length) _errors[index]++;
        }

        /// <summary>How often this code came; <paramref name="error"/> is negative.</summary>
        public int Get(int error)
        {
            int index = -error;
            return index > 0 && index < _errors.Length ? _errors[index] : 0;
        }
    }
}
