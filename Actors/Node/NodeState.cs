namespace MicroLink.Node
{
    /// <summary>The states that status prints. Programs read them: they are added to, never renamed.</summary>
    public static class NodeState
    {
        public const string Stopped = "stopped";
        public const string NoLink = "nolink";
        public const string Connecting = "connecting";
        public const string NeedsLogin = "needslogin";
        public const string NeedsApproval = "needsapproval";
        public const string Connected = "connected";
        public const string Reconnecting = "reconnecting";
        public const string Error = "error";
    }

    /// <summary>Told by the node actor, on the actors' thread: return quickly.</summary>
    public interface INodeListener
    {
        /// <param name="state">A value of <see cref="NodeState"/>.</param>
        /// <param name="reason">One plain sentence.</param>
        /// <param name="authUrl">The login page while the state is NeedsLogin, else null.</param>
        void StateChanged(string state, string reason, string authUrl);

        /// <summary>The node key was replaced and the new one is stored: build the graph anew (a device reboots).</summary>
        void NodeKeyChanged();
    }
}
