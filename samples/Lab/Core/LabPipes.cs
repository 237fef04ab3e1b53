using System;

namespace MicroLink.Lab.Core
{
    /// <summary>
    /// The way back to the other end of one byte connection (for relays: inside TLS). The host implements it over a socket, the simulator
    /// over virtual time. Calls come from inside LabCore's doors only, on the caller's thread.
    /// </summary>
    public interface ILabPipe
    {
        /// <summary>
        /// False while the host still holds more unsent bytes than it likes (about 64 KB). The core then keeps what it can drop.
        /// </summary>
        bool CanSend { get; }

        /// <summary>
        /// Sends bytes; the span is only valid during the call. Always accepted, also when <see cref="CanSend"/> is false.
        /// </summary>
        void Send(ReadOnlySpan<byte> bytes);

        /// <summary>Sends what is queued, then closes. The reason is for the host's log.</summary>
        void Close(string reason);
    }

    /// <summary>The server side of one byte connection.</summary>
    public abstract class LabStream
    {
        /// <summary>Bytes from the client, in any portions.</summary>
        public abstract void Receive(ReadOnlySpan<byte> bytes, long nowMs);

        /// <summary>The client closed or the connection broke. Nothing may be sent afterwards.</summary>
        public abstract void PeerClosed(long nowMs);

        /// <summary><see cref="ILabPipe.CanSend"/> became true again.</summary>
        public virtual void Writable(long nowMs) { }

        /// <summary>Absolute ms of the next thing this connection must do by itself; long.MaxValue = nothing.</summary>
        public virtual long Deadline => long.MaxValue;

        public virtual void HandleTimeout(long nowMs) { }
    }

    /// <summary>Where the answer to one HTTP request goes: Kestrel in the lab, our own HTTP/2 framing in the simulator.</summary>
    public interface ILabResponse
    {
        /// <summary>Status and headers. contentLength -1 = not known (a stream).</summary>
        void Start(int status, string contentType, int contentLength);

        /// <summary>Body bytes, valid during the call.</summary>
        void Write(ReadOnlySpan<byte> bytes);

        /// <summary>Ends the response cleanly.</summary>
        void End();

        /// <summary>Body bytes accepted but not yet taken by the client's flow-control window.</summary>
        long Backlog { get; }
    }

    /// <summary>One request as it came out of HTTP/2.</summary>
    public sealed class LabRequest
    {
        public string Method;
        /// <summary>Path with query.</summary>
        public string Path;
        public byte[] Body = new byte[0];
        /// <summary>The Noise static key of the connection, "mkey:" + 64 hex.</summary>
        public string MachineKey;
        /// <summary>Where the connection comes from, for the log.</summary>
        public string Remote = "";
    }

    /// <summary>A request whose answer may take long (map poll, login). The host reports when the client gives up.</summary>
    public abstract class LabExchange
    {
        /// <summary>The client cancelled the request, or its connection is gone.</summary>
        public abstract void Aborted(long nowMs);
    }

    /// <summary>An answer outside Noise: /key, /health, /register/ID.</summary>
    public sealed class LabReply
    {
        public int Status;
        /// <summary>Null = no Content-Type header.</summary>
        public string ContentType;
        public byte[] Body;
    }

    /// <summary>One line about something that happened, for people.</summary>
    public delegate void LabLog(long nowMs, string text);
}
