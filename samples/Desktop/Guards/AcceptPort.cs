#nullable enable
using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace MicroLink.Desktop
{
    /// <summary>
    /// A TCP port of this host whose callers wait for something: for the peer, or for the caller's next byte. One thread accepts, one serves each
    /// caller until its connection is handed over; the pool's few threads move the bytes of relays and control.
    /// </summary>
    internal sealed class AcceptPort : IDisposable
    {
        private const int Backlog = 512, OutOfFilesMs = 50, StackBytes = 256 * 1024;

        private readonly Socket _listener;
        private readonly SemaphoreSlim _places;
        private readonly Action<Socket> _serve;
        private readonly string _name;
        private readonly Thread _accepting;
        private volatile bool _closed;

        /// <summary>Throws SocketException when the port cannot be used.</summary>
        /// <param name="places">Callers served at once; more wait in the kernel's accept queue.</param>
        public AcceptPort(IPEndPoint local, string name, SemaphoreSlim places, Action<Socket> serve)
        {
            _name = name;
            _places = places;
            _serve = serve;
            _listener = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                _listener.Bind(local);
                _listener.Listen(Backlog);
            }
            catch (SocketException)
            {
                _listener.Dispose();
                throw;
            }
            _accepting = new Thread(Accept) { IsBackground = true, Name = name };
            _accepting.Start();
        }

        public IPEndPoint Local => (IPEndPoint)_listener.LocalEndPoint!;

        public void Dispose()
        {
            _closed = true;
            _listener.Dispose();
            _accepting.Join();
        }

        private void Accept()
        {
            while (!_closed)
            {
                _places.Wait();
                try
                {
                    Socket client = _listener.Accept();
                    new Thread(() => Serve(client), StackBytes) { IsBackground = true, Name = _name }.Start();
                }
                catch (SocketException) when (!_closed)
                {
                    _places.Release();
                    Thread.Sleep(OutOfFilesMs);   // out of files, say: the caller waits in the kernel's queue
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    _places.Release();
                    return;   // Dispose closed the listener
                }
            }
        }

        private void Serve(Socket client)
        {
            try
            {
                _serve(client);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The client went away before the tunnel was open; nobody is left to tell.
            }
            finally
            {
                client.Dispose();
                _places.Release();
            }
        }
    }
}
