namespace MicroLink.Drivers
{
    /// <summary>Where random bytes come from. Machines take it as a parameter so that a simulation repeats from its seed.</summary>
    public interface IEntropy
    {
        /// <summary>Fills <paramref name="count"/> bytes with cryptographically strong random data (seeded data in simulations).</summary>
        void Fill(byte[] buffer, int offset, int count);
    }
}
