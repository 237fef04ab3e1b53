using MicroLink.Runtime;

namespace MicroLink.Drivers
{
    /// <summary>Values of PacketBuffer.Kind.</summary>
    public static class BufferKind
    {
        /// <summary>Bytes of a stream; Tag is the <see cref="IByteStream"/>.</summary>
        public const int StreamData = 1;
        /// <summary>One event record of the native data plane (Actors/NetIo/NetEvent.cs).</summary>
        public const int NetEvent = 2;
    }

    /// <summary>Why a dial failed. The text is one plain sentence for the user.</summary>
    public static class StreamFailure
    {
        public const int NameNotFound = 1, Refused = 2, Timeout = 3, Unreachable = 4, CertificateRejected = 5, Tls = 6, Other = 7;
    }

    public sealed class StreamOpened : Message
    {
        public readonly int Dial;
        public readonly IByteStream Stream;
        public StreamOpened(int dial, IByteStream stream) { Dial = dial; Stream = stream; }
    }

    public sealed class StreamFailed : Message
    {
        public readonly int Dial;
        public readonly int Failure;
        public readonly string Text;
        public StreamFailed(int dial, int failure, string text) { Dial = dial; Failure = failure; Text = text; }
    }

    /// <summary>There is room for more bytes after a Write that took fewer than offered.</summary>
    public sealed class StreamWritable : Message
    {
        public readonly IByteStream Stream;
        public StreamWritable(IByteStream stream) { Stream = stream; }
    }

    /// <summary>The other side closed, or the connection broke. The last message of a stream.</summary>
    public sealed class StreamClosed : Message
    {
        public readonly IByteStream Stream;
        public readonly string Reason;
        public StreamClosed(IByteStream stream, string reason) { Stream = stream; Reason = reason; }
    }
}
