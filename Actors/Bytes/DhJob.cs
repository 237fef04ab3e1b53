namespace MicroLink.Bytes
{
    /// <summary>
    /// One X25519 operation that a machine asks for and somebody else computes (design section 3). The machine fills Private and Public,
    /// the worker fills Result and Ok; Generation lets the machine ignore an answer for a handshake that it has dropped meanwhile.
    /// </summary>
    public sealed class DhJob
    {
        public const int KeyLength = 32;

        public readonly byte[] Private = new byte[KeyLength];
        public readonly byte[] Public = new byte[KeyLength];
        public readonly byte[] Result = new byte[KeyLength];

        /// <summary>True: Result = X25519(Private, base point); Public is ignored.</summary>
        public bool BasePoint;
        /// <summary>False when the result was all zero (a low-order point): the handshake must be dropped.</summary>
        public bool Ok;
        /// <summary>Set by the machine, compared when the answer arrives.</summary>
        public int Generation;
        /// <summary>The machine's own name for the operation (es, ss, ee, se).</summary>
        public int Step;
        /// <summary>Whoever submitted the job; the actor routes the answer by it.</summary>
        public object Owner;
    }
}
