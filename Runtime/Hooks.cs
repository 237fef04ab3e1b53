using System;

namespace MicroLink.Runtime
{
    /// <summary>Makes a fresh actor: called at start and again at every restart.</summary>
    public delegate Actor ActorFactory();

    /// <summary>A message on its way into an actor, on the dispatcher's thread: look, but do not keep it. <paramref name="sender"/> may be null.</summary>
    public delegate void DeliverHook(long nowMs, ActorRef sender, ActorRef target, Message message);

    /// <summary>Chooses a <see cref="Directive"/> for a failure.</summary>
    public delegate int Decider(Exception reason);

    /// <summary>
    /// A failure that no parent could be told. Runs on the dispatcher thread. A device writes a crash note and reboots, a desktop program
    /// ends with an exit code.
    /// </summary>
    public delegate void RootFailedHook(ActorRef actor, Exception reason);

    /// <summary>
    /// A message that nobody will handle. Look, but do not keep it: its owner or the kernel discards it next. Runs on the thread that posted
    /// it, outside the kernel's lock.
    /// <paramref name="target"/> is null when a reply had no asker.
    /// </summary>
    public delegate void DeadLetterHook(ActorRef target, Message message, string reason);
}
