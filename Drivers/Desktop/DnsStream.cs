using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using MicroLink.Bytes;
using MicroLink.NetIo;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// DNS over TCP (RFC 7766): messages behind their length, u16 big endian, one after the other. A question goes to the node's resolver; when
    /// what comes back was cut by somebody else's resolver, that one is asked over TCP, too.
    /// </summary>
    internal static class DnsStream
    {
        private const int LeastBytes = 12, MostBytes = 4096, AnswerMs = 15000, DialMs = 3000;

        /// <summary>A question under way: the mark of its ServiceQuery.</summary>
        internal sealed class Question
        {
            internal readonly byte[] Bytes;
            internal readonly ManualResetEventSlim Answered = new ManualResetEventSlim();
            internal ServiceReply Reply;

            internal Question(byte[] bytes) { Bytes = bytes; }
        }

        /// <summary>Serves one connection until it ends or is silent. <paramref name="ask"/> may be called from this thread.</summary>
        public static void Serve(Socket client, Action<Question> ask)
        {
            byte[] head = new byte[2];
            while (Read(client, head, 2))
            {
                int count = head[0] << 8 | head[1];
                if (count < LeastBytes || count > MostBytes) return;
                Question question = new Question(new byte[count]);
                if (!Read(client, question.Bytes, count)) return;
                ask(question);
                if (!question.Answered.Wait(AnswerMs)) return;
                ServiceReply reply = question.Reply;
                byte[] whole = reply.Resolvers == null ? null : AskByTcp(question.Bytes, reply.Resolvers);
                Write(client, whole ?? reply.Bytes, whole == null ? reply.Count : whole.Length);
            }
        }

        /// <summary>The first answer with the question's number, or null. Resolvers: 18 bytes each.</summary>
        private static byte[] AskByTcp(byte[] question, byte[] resolvers)
        {
            for (int at = 0; at + NetEndpoint.Length <= resolvers.Length; at += NetEndpoint.Length)
            {
                IPAddress address = new IPAddress(resolvers.AsSpan(at, 16));
                if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
                using Socket socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = DialMs, SendTimeout = DialMs };
                try
                {
                    // On Linux the time to send limits a connection attempt, too.
                    socket.Connect(address, NetEndpoint.Port(resolvers, at));
                    Write(socket, question, question.Length);
                    byte[] head = new byte[2];
                    if (!Read(socket, head, 2)) continue;
                    byte[] answer = new byte[head[0] << 8 | head[1]];
                    if (answer.Length >= LeastBytes && Read(socket, answer, answer.Length) && answer[0] == question[0] && answer[1] == question[1]) return answer;
                }
                catch (SocketException)
                {
                    // The next one; without any the client gets the answer that is cut.
                }
            }
            return null;
        }

        private static void Write(Socket socket, byte[] message, int count)
        {
            byte[] framed = new byte[2 + count];
            framed[0] = (byte)(count >> 8);
            framed[1] = (byte)count;
            Buffer.BlockCopy(message, 0, framed, 2, count);
            for (int at = 0; at < framed.Length; ) at += socket.Send(framed, at, framed.Length - at, SocketFlags.None);
        }

        private static bool Read(Socket socket, byte[] into, int count)
        {
            for (int at = 0, read; at < count; at += read)
            {
                read = socket.Receive(into, at, count - at, SocketFlags.None);
                if (read == 0) return false;
            }
            return true;
        }
    }
}
