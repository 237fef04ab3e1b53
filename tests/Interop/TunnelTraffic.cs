using System;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Xunit;

namespace MicroLink.Tests.Interop
{
    /// <summary>What programs do through a tunnel: real sockets in two network namespaces, every byte compared.</summary>
    internal static class TunnelTraffic
    {
        private const int PatienceMs = 120000;

        /// <summary>Sends so many bytes by TCP from one namespace to an address of the other, and compares them there.</summary>
        public static void Tcp(string fromSpace, string toSpace, string toAddress, long bytes)
        {
            IPAddress address = IPAddress.Parse(toAddress);
            Socket listener = NetSpace.Run(toSpace, () =>
            {
                Socket socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(address, 0));
                socket.Listen(1);
                return socket;
            });
            using (listener)
            {
                int port = ((IPEndPoint)listener.LocalEndPoint).Port;
                using Socket sender = NetSpace.Run(fromSpace, () =>
                {
                    Socket socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { SendTimeout = PatienceMs };
                    socket.Connect(address, port);
                    return socket;
                });
                using Socket receiver = listener.Accept();
                receiver.ReceiveTimeout = PatienceMs;
                Task sending = Task.Factory.StartNew(() => SendPattern(sender, bytes), TaskCreationOptions.LongRunning);
                Compare(receiver, bytes);
                sending.Wait();
            }
        }

        private static void SendPattern(Socket socket, long bytes)
        {
            byte[] block = new byte[1 << 16];
            for (long at = 0; at < bytes; at += block.Length)
            {
                Fill(block, at);
                int count = (int)Math.Min(block.Length, bytes - at);
                for (int sent = 0; sent < count; ) sent += socket.Send(block, sent, count - sent, SocketFlags.None);
            }
            socket.Shutdown(SocketShutdown.Send);
        }

        private static void Compare(Socket socket, long bytes)
        {
            byte[] block = new byte[1 << 16], wanted = new byte[1 << 16];
            long at = 0;
            while (true)
            {
                int filled = 0, count;
                do
                {
                    count = socket.Receive(block, filled, block.Length - filled, SocketFlags.None);
                    filled += count;
                }
                while (count > 0 && filled < block.Length);
                Fill(wanted, at);
                if (!block.AsSpan(0, filled).SequenceEqual(wanted.AsSpan(0, filled))) Assert.Fail("bytes differ after " + at);
                at += filled;
                if (filled < block.Length) break;
            }
            Assert.Equal(bytes, at);
        }

        /// <summary>Differs from block to block, so that nothing can be left out or exchanged unseen.</summary>
        private static void Fill(byte[] block, long at)
        {
            ulong state = (ulong)at * 0x9e3779b97f4a7c15 + 1;
            for (int i = 0; i < block.Length; i += 8)
            {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                BitConverter.TryWriteBytes(block.AsSpan(i), state);
            }
        }
    }
}
