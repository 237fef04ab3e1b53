namespace MicroLink.Runtime
{
    /// <summary>
    /// What actors send each other. A message owns its bytes and is not changed after it was sent; frequent ones are singletons or pooled.
    /// </summary>
    public abstract class Message
    {
        /// <summary>
        /// The kernel gives up a message that it had accepted (a mailbox that drops, a stopped actor, a late answer). Pooled messages go
        /// back to their pool here.
        /// </summary>
        protected internal virtual void OnDiscarded() { }
    }
}
