namespace MicroLink.Runtime
{
    /// <summary>Nobody answered an Ask in time. Ticket says which one, Sender is the actor that was asked.</summary>
    public sealed class AskTimeout : Message
    {
        public static readonly AskTimeout Instance = new AskTimeout();
        private AskTimeout() { }
    }
}
