namespace MicroLink.Bytes
{
    /// <summary>What a machine has ready after an input: the bits every Handle... door returns (design section 3).</summary>
    public static class Output
    {
        public const int None = 0;
        /// <summary>PollTransmit has bytes.</summary>
        public const int Transmit = 1;
        /// <summary>PollEvent has an event.</summary>
        public const int Event = 2;
        /// <summary>Deadline changed.</summary>
        public const int Deadline = 4;
        /// <summary>PollJob has a Diffie-Hellman job.</summary>
        public const int Job = 8;
        /// <summary>The machine has failed for good; its Failure says why.</summary>
        public const int Failed = 16;

        /// <summary>A deadline that never comes.</summary>
        public const long Never = long.MaxValue;
    }
}
