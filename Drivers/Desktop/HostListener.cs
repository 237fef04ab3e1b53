using System;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// A TCP port on one of our tunnel addresses in the host's kernel, for what comes by the TUN device only: a neighbour that sends to a tunnel
    /// address over the local network finds nobody. One thread accepts, one serves each connection.
    /// </summary>
    internal sealed class HostListener : IDisposable
    {
        private const int SolSocket = 1, BindToDevice = 25;
        private const int PatienceMs = 10000;

        private readonly Socket _listener;
        private readonly SemaphoreSlim _places;
        private readonly Action<Socket> _serve;
        private volatile bool _closed;

        private HostListener(Socket listener, int most, Action<Socket> serve)
        {
            _listener = listener;
            _places = new SemaphoreSlim(most);
            _serve = serve;
        }

        public int Port => ((IPEndPoint)_listener.LocalEndPoint).Port;

        /// <summary>Null when the port is in use or the device does not have the address (yet).</summary>
        /// <param name="port">0 = any.</param>
        /// <param name="most">Connections served at once; further ones wait in the kernel.</param>
        public static HostListener Open(IPAddress address, int port, string device, int most, Action<Socket> serve)
        {
            Socket listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                listener.SetRawSocketOption(SolSocket, BindToDevice, Encoding.ASCII.GetBytes(device + "\0"));
                listener.Bind(new IPEndPoint(address, port));
                listener.Listen(16);
            }
            catch (SocketException)
            {
                listener.Dispose();
                return null;
            }
            HostListener made = new HostListener(listener, most, serve);
            new Thread(made.Run) { IsBackground = true, Name = "microlink-host" }.Start();
            return made;
        }

        public void Dispose()
        {
            _closed = true;
            _listener.Dispose();
        }

        private void Run()
        {
            while (!_closed)
            {
                _places.Wait();
                Socket client;
                try
                {
                    client = _listener.Accept();
                }
                catch (SocketException) when (!_closed)
                {
                    _places.Release();
                    Thread.Sleep(50);   // out of files, say
                    continue;
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    return;             // Dispose closed it
                }
                new Thread(() => Serve(client)) { IsBackground = true, Name = "microlink-host" }.Start();
            }
        }

        private void Serve(Socket client)
        {
            try
            {
                client.ReceiveTimeout = PatienceMs;
                client.SendTimeout = PatienceMs;
                _serve(client);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The client went away, or was silent for too long.
            }
            finally
            {
                client.Dispose();
                _places.Release();
            }
        }
    }
}
