namespace MicroLink.Runtime
{
    /// <summary>
    /// How failures of one actor are handled: restarts with a doubling back-off. More than MaxRestarts within WindowMs: the parent gets
    /// <see cref="ChildFailed"/> and restarts go on at BackoffMaxMs until the actor has run for a whole window. No policy ends in silence.
    /// </summary>
    public sealed class Supervision
    {
        public static readonly Supervision Default = new Supervision(5, 60000, 500, 30000);

        public readonly int MaxRestarts, WindowMs, BackoffMinMs, BackoffMaxMs;
        /// <summary>Null: every failure restarts.</summary>
        public readonly Decider Decide;

        public Supervision(int maxRestarts, int windowMs, int backoffMinMs, int backoffMaxMs)
            : this(maxRestarts, windowMs, backoffMinMs, backoffMaxMs, null)
        {
        }

        public Supervision(int maxRestarts, int windowMs, int backoffMinMs, int backoffMaxMs, Decider decide)
        {
            MaxRestarts = maxRestarts;
            WindowMs = windowMs;
            BackoffMinMs = backoffMinMs;
            BackoffMaxMs = backoffMaxMs;
            Decide = decide;
        }

        /// <summary>The pause before restart number <paramref name="restart"/> (1 = first) of the current window.</summary>
        internal int BackoffMs(int restart)
        {
            if (restart > MaxRestarts) return BackoffMaxMs;
            long delay = (long)BackoffMinMs << (restart < 24 ? restart - 1 : 23);
            return delay > BackoffMaxMs ? BackoffMaxMs : (int)delay;
        }
    }
}
