using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// Several addresses of one name, tried 200 ms apart; the first connection wins and the others are closed (RFC 8305, simple form).
    /// </summary>
    internal static class AddressRace
    {
        private const int NextAfterMs = 200;
        private const int AddressesMax = 8;
        private const int SolSocket = 1, SoMark = 36;

        /// <summary>Families alternate, IPv4 first, so that a dead family costs 200 ms at most.</summary>
        public static IPAddress[] Interleave(IPAddress[] found)
        {
            List<IPAddress> v4 = new List<IPAddress>();
            List<IPAddress> v6 = new List<IPAddress>();
            foreach (IPAddress address in found) (address.AddressFamily == AddressFamily.InterNetwork ? v4 : v6).Add(address);
            List<IPAddress> order = new List<IPAddress>();
            for (int i = 0; i < Math.Max(v4.Count, v6.Count) && order.Count < AddressesMax; i++)
            {
                if (i < v4.Count) order.Add(v4[i]);
                if (i < v6.Count) order.Add(v6[i]);
            }
            return order.ToArray();
        }

        /// <param name="mark">SO_MARK of the connections, so that they are not routed into our own tunnel; 0 = none.</param>
        /// <exception cref="SocketException">Every address failed; the error of the first one.</exception>
        public static async Task<Socket> ConnectAsync(IPAddress[] addresses, int port, int mark, CancellationToken cancel)
        {
            if (addresses.Length == 1) return await ConnectOneAsync(addresses[0], port, mark, cancel).ConfigureAwait(false);
            using CancellationTokenSource losers = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            List<Task<Socket>> running = new List<Task<Socket>>();
            Exception firstError = null;
            int next = 0;
            while (next < addresses.Length || running.Count > 0)
            {
                if (next < addresses.Length) running.Add(ConnectOneAsync(addresses[next++], port, mark, losers.Token));
                Task<Socket> done = await FirstOrDelayAsync(running, next < addresses.Length, cancel).ConfigureAwait(false);
                if (done == null) continue;
                running.Remove(done);
                if (done.IsCompletedSuccessfully)
                {
                    losers.Cancel();
                    foreach (Task<Socket> loser in running) _ = DisposeAsync(loser);
                    return done.Result;
                }
                if (firstError == null) firstError = done.Exception != null ? done.Exception.InnerException
                    : new OperationCanceledException(cancel);
            }
            throw firstError;
        }

        /// <summary>The first task that ended, or null after 200 ms when there is another address to start.</summary>
        private static async Task<Task<Socket>> FirstOrDelayAsync(List<Task<Socket>> running, bool more, CancellationToken cancel)
        {
            Task<Task<Socket>> any = Task.WhenAny(running);
            if (!more) return await any.ConfigureAwait(false);
            await Task.WhenAny(any, Task.Delay(NextAfterMs, cancel)).ConfigureAwait(false);
            return any.IsCompleted ? any.Result : null;
        }

        private static async Task<Socket> ConnectOneAsync(IPAddress address, int port, int mark, CancellationToken cancel)
        {
            Socket socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                if (mark != 0) socket.SetRawSocketOption(SolSocket, SoMark, BitConverter.GetBytes(mark));
                await socket.ConnectAsync(address, port, cancel).ConfigureAwait(false);
                return socket;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        private static async Task DisposeAsync(Task<Socket> loser)
        {
            try
            {
                (await loser.ConfigureAwait(false)).Dispose();
            }
            catch (Exception error) when (error is SocketException || error is OperationCanceledException)
            {
                // A loser that failed has closed its socket itself.
            }
        }
    }
}
