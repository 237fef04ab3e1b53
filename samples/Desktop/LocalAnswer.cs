using System;
using System.IO;
using System.Net.Sockets;

namespace MicroLink.Desktop
{
    /// <summary>What a request of the local socket is answered with: lines, and for some requests the connection itself afterwards.</summary>
    internal sealed class LocalAnswer : StringWriter
    {
        public LocalAnswer()
        {
            NewLine = "\n";
        }

        /// <summary>Takes a copy of the connection once the answer is written; null = nobody does.</summary>
        public Action<Socket>? TakeOver { get; set; }
    }
}
