namespace MicroLink.Runtime
{
    /// <summary>What a full mailbox does with one more message. Every drop is counted.</summary>
    public static class Overflow
    {
        /// <summary>Tell returns false and the sender keeps the message (and may try again).</summary>
        public const int Reject = 0;
        /// <summary>The oldest message is discarded, the new one is queued: for news where the latest matters.</summary>
        public const int DropOldest = 1;
        /// <summary>The new message is taken and discarded: for work where what was promised first is done first.</summary>
        public const int DropNewest = 2;
    }
}
