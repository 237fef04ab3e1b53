using System;

namespace MicroLink.Sockets
{
    /// <summary>What the blocking sockets throw: a code of Native.Net and one plain sentence.</summary>
    public sealed class TunnelSocketException : Exception
    {
        public readonly int Code;
        public TunnelSocketException(int code, string text) : base(text) { Code = code; }
    }
}
