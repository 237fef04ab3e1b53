using System;
using System.Collections.Generic;
using System.Text;

namespace MicroLink.Lab.Core
{
    /// <summary>An HTTP/1.1 request head, collected from bytes in any portions. Heads above 16 KB are refused.</summary>
    internal sealed class LabHttpHead
    {
        public const int MaxHead = 16 << 10;

        private readonly List<byte> _bytes = new List<byte>();

        public string Method { get; private set; }
        public string Target { get; private set; }
        /// <summary>Null, or why this is no request.</summary>
        public string Error { get; private set; }

        private readonly Dictionary<string, string> _headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

        /// <summary>The header's value, "" when absent; several are joined by commas.</summary>
        public string Header(string name) => _headers.GetValueOrDefault(name, "");

        /// <summary>Takes bytes up to the blank line; true when the head is complete (or broken). The rest stays with the caller.</summary>
        public bool Feed(ReadOnlySpan<byte> bytes, out int consumed)
        {
            for (consumed = 0; consumed < bytes.Length;)
            {
                _bytes.Add(bytes[consumed++]);
                int n = _bytes.Count;
                if (n >= 4 && _bytes[n - 1] == '\n' && _bytes[n - 2] == '\r' && _bytes[n - 3] == '\n' && _bytes[n - 4] == '\r')
                {
                    Parse(Encoding.Latin1.GetString(_bytes.ToArray(), 0, n - 4));
                    return true;
                }
                if (n < MaxHead) continue;
                Error = "the request head is longer than 16 KB";
                return true;
            }
            return false;
        }

        private void Parse(string text)
        {
            string[] lines = text.Split("\r\n");
            string[] first = lines[0].Split(' ');
            if (first.Length != 3 || first[0].Length == 0 || first[1].Length == 0)
            {
                Error = "the request line is broken";
                return;
            }
            if (first[2] != "HTTP/1.1")
            {
                Error = "only HTTP/1.1 is served here, not " + first[2];
                return;
            }
            Method = first[0];
            Target = first[1];
            for (int i = 1; i < lines.Length; i++)
            {
                int colon = lines[i].IndexOf(':');
                if (colon <= 0 || lines[i][0] == ' ')
                {
                    Error = "a header line is broken";
                    return;
                }
                string name = lines[i][..colon], value = lines[i][(colon + 1)..].Trim();
                _headers[name] = _headers.TryGetValue(name, out string before) ? before + ", " + value : value;
            }
            if (Header("Host").Length == 0) Error = "the Host header is missing";
        }

        /// <summary>A complete response with a Content-Length.</summary>
        public static byte[] Response(int status, string contentType, byte[] body, string extraHeaders = "")
        {
            string head = "HTTP/1.1 " + status + " " + Reason(status) + "\r\n" + extraHeaders
                + (contentType == null ? "" : "Content-Type: " + contentType + "\r\n")
                + (status == 204 ? "" : "Content-Length: " + body.Length + "\r\n") + "\r\n";
            byte[] bytes = new byte[head.Length + body.Length];
            Encoding.ASCII.GetBytes(head, bytes);
            body.CopyTo(bytes, head.Length);
            return bytes;
        }

        private static string Reason(int status) => status switch
        {
            101 => "Switching Protocols",
            200 => "OK",
            204 => "No Content",
            400 => "Bad Request",
            404 => "Not Found",
            405 => "Method Not Allowed",
            426 => "Upgrade Required",
            500 => "Internal Server Error",
            501 => "Not Implemented",
            _ => "Status",
        };
    }
}
