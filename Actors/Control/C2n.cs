using System;
using MicroLink.Bytes;

namespace MicroLink.Control
{
    /// <summary>
    /// Control-to-node requests (protocol.md 4.9): a raw HTTP/1.x request in the Payload of a PingRequest, answered by posting the raw
    /// response. Served: /echo, which gives the body back. Every other path gets 400, as Tailscale answers.
    /// <code>
    ///   POST /echo HTTP/1.1 CR LF ... Content-Length: 5 CR LF CR LF hello   ->   HTTP/1.1 200 OK ... CR LF CR LF hello
    /// </code>
    /// </summary>
    public static class C2n
    {
        private const string PlainText = "\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n";

        /// <summary>The response to one request; never null, whatever the bytes are.</summary>
        public static byte[] Answer(byte[] request)
        {
            int lineEnd = request == null ? -1 : AsciiText.IndexOf(request, 0, request.Length, '\n');
            int first = lineEnd < 0 ? -1 : AsciiText.IndexOf(request, 0, lineEnd, ' ');
            int second = first < 0 ? -1 : AsciiText.IndexOf(request, first + 1, lineEnd - first - 1, ' ');
            if (second < 0) return Error("400 Bad Request", "malformed request");
            int pathEnd = AsciiText.IndexOf(request, first + 1, second - first - 1, '?');
            if (pathEnd < 0) pathEnd = second;
            if (!AsciiText.Equal(request, first + 1, pathEnd - first - 1, "/echo")) return Error("400 Bad Request", "unknown c2n path");
            int body = BodyAt(request, lineEnd + 1);
            if (body < 0) return Error("400 Bad Request", "malformed request");
            int length = ContentLength(request, lineEnd + 1, body);
            if (length < 0 || length > request.Length - body) return Error("400 Bad Request", "malformed request");
            byte[] head = AsciiText.ToBytes("HTTP/1.1 200 OK" + PlainText + "\r\n");
            byte[] answer = new byte[head.Length + length];
            Array.Copy(head, 0, answer, 0, head.Length);
            Array.Copy(request, body, answer, head.Length, length);
            return answer;
        }

        private static byte[] Error(string status, string text)
        {
            return AsciiText.ToBytes("HTTP/1.1 " + status + PlainText + "X-Content-Type-Options: nosniff\r\n\r\n" + text + "\n");
        }

        // Behind the first empty line; -1 when there is none.
        private static int BodyAt(byte[] request, int at)
        {
            while (at < request.Length)
            {
                int end = AsciiText.IndexOf(request, at, request.Length - at, '\n');
                if (end < 0) return -1;
                if (end == at || (end == at + 1 && request[at] == (byte)'\r')) return end + 1;
                at = end + 1;
            }
            return -1;
        }

        private static int ContentLength(byte[] request, int at, int end)
        {
            const string Name = "content-length:";
            while (at < end)
            {
                int lineEnd = AsciiText.IndexOf(request, at, end - at, '\n');
                if (lineEnd - at > Name.Length && AsciiText.EqualIgnoreCase(request, at, Name.Length, Name))
                {
                    int from = at + Name.Length;
                    int to = lineEnd;
                    while (from < to && request[from] == (byte)' ') from++;
                    while (to > from && request[to - 1] <= 32) to--;
                    bool number = AsciiText.TryParseNumber(request, from, to - from, out long length);
                    return number && length <= request.Length ? (int)length : -1;
                }
                at = lineEnd + 1;
            }
            return 0;
        }
    }
}
