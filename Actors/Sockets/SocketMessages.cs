using MicroLink.Runtime;

namespace MicroLink.Sockets
{
    /// <summary>From the node: no peer has this address.</summary>
    public sealed class NobodyHas : Message
    {
        public readonly byte[] Address;
        public NobodyHas(byte[] address) { Address = address; }
    }

    /// <summary>To the node: null, or why there are no sockets inside the tunnel, as one plain sentence.</summary>
    public sealed class SocketsTrouble : Message
    {
        public readonly string Error;
        public SocketsTrouble(string error) { Error = error; }
    }

    /// <summary>The answer to a question that could not be done: a code of Native.Net and one plain sentence.</summary>
    public sealed class SocketError : Message
    {
        public readonly int Code;
        public readonly string Text;
        public SocketError(int code) { Code = code; Text = Native.Net.Describe(code); }
        public SocketError(int code, string text) { Code = code; Text = text; }
    }

    /// <summary>The answer to a question that was done: the bytes were taken, the socket closed.</summary>
    public sealed class SocketDone : Message
    {
        public static readonly SocketDone Instance = new SocketDone();
    }

    internal sealed class SocketTimer : Message
    {
        public static readonly SocketTimer Tick = new SocketTimer(), Told = new SocketTimer(), Deadline = new SocketTimer();
    }
}
