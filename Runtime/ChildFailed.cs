using System;

namespace MicroLink.Runtime
{
    /// <summary>
    /// To a parent, in the urgent lane: a child failed too often (it is restarted at its slowest pace), was stopped by its policy, or
    /// escalates. A parent that wants to fail with it throws; one that wants a stopped child back calls Actor.Restart.
    /// </summary>
    public sealed class ChildFailed : Message
    {
        public readonly ActorRef Child;
        public readonly Exception Reason;
        /// <summary>One of <see cref="Runtime.Directive"/>: Restart, Stop or Escalate.</summary>
        public readonly int Directive;

        public ChildFailed(ActorRef child, Exception reason, int directive)
        {
            Child = child;
            Reason = reason;
            Directive = directive;
        }
    }
}
