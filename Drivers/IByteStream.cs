namespace MicroLink.Drivers
{
    /// <summary>
    /// One open connection (TCP or TLS). No call blocks. The owner actor receives <see cref="MicroLink.Runtime.PacketBuffer"/>s of kind
    /// <see cref="BufferKind.StreamData"/> whose Tag is this stream, then one <see cref="StreamClosed"/>. A stream leases at most
    /// <see cref="StreamLimits.Buffers"/> buffers at a time and reads no further until the owner has returned one: that is the whole flow control.
    /// </summary>
    public interface IByteStream
    {
        /// <summary>Queues up to <paramref name="count"/> bytes. Returns how many were taken; when fewer, <see cref="StreamWritable"/> follows.</summary>
        int Write(byte[] buffer, int offset, int count);

        /// <summary>Closes at once. Nothing of this stream reaches the owner afterwards except messages already in its mailbox.</summary>
        void Close();

        /// <summary>The remote address as text, for logs and status: "127.0.0.1:443".</summary>
        string RemoteText { get; }

        /// <summary>The address of ours that the connection hangs on, 16 bytes (IPv4 as v4-mapped); null = unknown. When the host loses it,
        /// the connection is dead, although nobody says so.</summary>
        byte[] LocalAddress { get; }
    }

    /// <summary>What drivers and owners of a stream agree on.</summary>
    public static class StreamLimits
    {
        /// <summary>Buffers that one stream leases at most. An owner that keeps them has places for as many.</summary>
        public const int Buffers = 8;
    }
}
