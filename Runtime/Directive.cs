namespace MicroLink.Runtime
{
    /// <summary>What happens to an actor that threw.</summary>
    public static class Directive
    {
        /// <summary>It keeps its state; only the message is lost.</summary>
        public const int Resume = 0;
        /// <summary>It is made anew after a back-off; mailbox and address stay. The default.</summary>
        public const int Restart = 1;
        /// <summary>It ends and its parent is told; its mail becomes dead letters until the parent restarts it.</summary>
        public const int Stop = 2;
        /// <summary>Its parent is told at once, and it is restarted at the slowest pace.</summary>
        public const int Escalate = 3;
    }
}
