using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading;
using System.Threading.Tasks;
using MicroLink.Lab.Core;

namespace MicroLink.Lab
{
    /// <summary>How to start the lab. Port 0 = any free one.</summary>
    internal sealed class LabServerOptions
    {
        public int Port;
        public string AuthKey = "tskey-auth-lab";
        public bool EarlyNoise = true;
        public int Regions = 1;
        /// <summary>Where the CA's certificate is written; null = a file in a temporary folder, removed at the end.</summary>
        public string CaFile;
        public Action<string> Print = Console.WriteLine;
    }

    /// <summary>
    /// Real sockets around LabCore, on loopback only: control on TCP, relays on TLS, STUN on UDP. One lock makes the core single-threaded;
    /// nothing inside the lock blocks.
    /// </summary>
    internal sealed class LabServer : IAsyncDisposable
    {
        private readonly LabServerOptions _options;
        private readonly LabCore _core;
        private readonly Lock _gate = new Lock();
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly CancellationTokenSource _stop = new CancellationTokenSource();
        private readonly List<Socket> _sockets = new List<Socket>();
        private readonly HashSet<Stream> _streams = new HashSet<Stream>();
        private readonly Timer _timer;
        private readonly NoiseKestrel _kestrel;
        private readonly LabCertificates _certificates = new LabCertificates();
        private readonly string _temporaryFolder;
        private readonly Socket _control;
        private long _timerAt = long.MaxValue;

        public LabServer(LabServerOptions options)
        {
            _options = options;
            _timer = new Timer(_ => Locked(core =>
            {
                // The timer may fire a fraction of a millisecond early: then it must be set again, for the same deadline.
                _timerAt = long.MinValue;
                core.HandleTimeout(NowMs);
            }));
            _control = Listen(options.Port);
            Port = ((IPEndPoint)_control.LocalEndPoint).Port;
            if (options.CaFile == null) _temporaryFolder = Directory.CreateTempSubdirectory("microlink-lab-").FullName;
            CaFile = Path.GetFullPath(options.CaFile ?? Path.Combine(_temporaryFolder, "ca.pem"));
            File.WriteAllText(CaFile, _certificates.CaPem);
            var labOptions = new LabOptions
            {
                AuthKey = options.AuthKey,
                EarlyNoise = options.EarlyNoise,
                PublicUrl = ControlUrl,
                UnixMsAtZero = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - NowMs,
            };
            var relays = new List<Socket>();
            for (int i = 0; i < options.Regions; i++) relays.Add(AddRegion(labOptions, i));
            _core = new LabCore(labOptions, new SystemEntropy(), (nowMs, text) => Print(text));
            _kestrel = new NoiseKestrel(this);
            for (int i = 0; i < relays.Count; i++) StartRelay(relays[i], labOptions.Regions[i].Id);
        }

        public int Port { get; }
        public string ControlUrl => "http://127.0.0.1:" + Port;
        public string CaFile { get; }
        public string AuthKey => _options.AuthKey;
        public LabCore Core => _core;
        public long NowMs => _clock.ElapsedMilliseconds;

        public async Task StartAsync()
        {
            await _kestrel.StartAsync();
            _ = AcceptLoop(_control, (socket, remote) =>
            {
                var stream = new NetworkStream(socket, true);
                return Task.FromResult<(Stream, Func<SocketPipe, LabStream>)>(
                    (stream, pipe => _core.AcceptControl(pipe, remote, NowMs, session => _kestrel.Open(session, pipe))));
            });
        }

        /// <summary>Calls the core under its lock and sets the one timer.</summary>
        public void Locked(Action<LabCore> call)
        {
            lock (_gate)
            {
                call(_core);
                long deadline = _core.Deadline;
                if (deadline == _timerAt) return;
                _timerAt = deadline;
                _timer.Change(deadline == long.MaxValue ? Timeout.Infinite : Math.Clamp(deadline - NowMs, 0, int.MaxValue),
                    Timeout.Infinite);
            }
        }

        public async ValueTask DisposeAsync()
        {
            _stop.Cancel();
            foreach (Socket socket in _sockets) socket.Dispose();
            Locked(core => core.Control.EndPolls(NowMs));
            lock (_streams)
            {
                foreach (Stream stream in _streams) stream.Dispose();
            }
            await _kestrel.StopAsync();
            await _timer.DisposeAsync();
            _certificates.Dispose();
            if (_temporaryFolder != null) Directory.Delete(_temporaryFolder, true);
        }

        private void Print(string text)
        {
            string seconds = (NowMs / 1000.0).ToString("0.000", System.Globalization.CultureInfo.InvariantCulture);
            _options.Print(seconds.PadLeft(8) + "  " + text);
        }

        private static readonly (string Code, string Name)[] RegionNames =
        {
            ("lab", "Lab"), ("lab2", "Lab 2"), ("lab3", "Lab 3"), ("lab4", "Lab 4"),
        };

        private Socket AddRegion(LabOptions options, int index)
        {
            Socket relay = Listen(0);
            (int stunPort, bool v6) = OpenStun();
            options.Regions.Add(new LabRegion
            {
                Id = 900 + index,
                Code = RegionNames[index].Code,
                Name = RegionNames[index].Name,
                HostName = "localhost",
                IPv4 = "127.0.0.1",
                IPv6 = v6 ? "::1" : "none",
                DerpPort = ((IPEndPoint)relay.LocalEndPoint).Port,
                StunPort = stunPort,
            });
            return relay;
        }

        /// <summary>Listens on 127.0.0.1, and on ::1 with the same number where there is IPv6.</summary>
        private Socket Listen(int port)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(128);
            _sockets.Add(socket);
            return socket;
        }

        private void StartRelay(Socket listener, int region)
        {
            Func<Socket, string, Task<(Stream, Func<SocketPipe, LabStream>)>> open = async (socket, remote) =>
            {
                var tls = new SslStream(new NetworkStream(socket, true));
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                limit.CancelAfter(10_000);
                try
                {
                    await tls.AuthenticateAsServerAsync(_certificates.ServerOptions, limit.Token);
                }
                catch (Exception e) when (e is IOException or OperationCanceledException or AuthenticationException)
                {
                    Print("relay " + region + ": refused (" + remote + "): TLS: " + e.Message);
                    await tls.DisposeAsync();
                    return (null, null);
                }
                return (tls, pipe => _core.AcceptRelay(region, pipe, remote, NowMs));
            };
            _ = AcceptLoop(listener, open);
            Socket v6 = TryBind(SocketType.Stream, ((IPEndPoint)listener.LocalEndPoint).Port);
            if (v6 == null) return;
            v6.Listen(128);
            _ = AcceptLoop(v6, open);
        }

        private async Task AcceptLoop(Socket listener, Func<Socket, string, Task<(Stream, Func<SocketPipe, LabStream>)>> open)
        {
            try
            {
                while (true)
                {
                    Socket socket = await listener.AcceptAsync(_stop.Token);
                    socket.NoDelay = true;
                    _ = Serve(socket, open);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // The lab ends.
            }
        }

        private async Task Serve(Socket socket, Func<Socket, string, Task<(Stream, Func<SocketPipe, LabStream>)>> open)
        {
            (Stream stream, Func<SocketPipe, LabStream> accept) = await open(socket, socket.RemoteEndPoint.ToString());
            if (stream == null) return;
            lock (_streams) _streams.Add(stream);
            LabStream connection = null;
            var pipe = new SocketPipe(stream, _ => Locked(core => connection?.Writable(NowMs)));
            Task writing = pipe.RunAsync();
            Locked(core => connection = accept(pipe));
            byte[] buffer = new byte[16 << 10];
            try
            {
                while (true)
                {
                    int n = await stream.ReadAsync(buffer, _stop.Token);
                    if (n == 0) break;
                    Locked(core => connection.Receive(buffer.AsSpan(0, n), NowMs));
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or SocketException)
            {
                // Same as an end.
            }
            catch (Exception e)
            {
                Print("lab: error in the lab itself, this connection ends: " + e);
            }
            Locked(core => connection.PeerClosed(NowMs));
            pipe.Close("the client closed");
            await writing;
            lock (_streams) _streams.Remove(stream);
        }

        private (int Port, bool V6) OpenStun()
        {
            var v4 = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            v4.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _sockets.Add(v4);
            int port = ((IPEndPoint)v4.LocalEndPoint).Port;
            _ = StunLoop(v4);
            Socket v6 = TryBind(SocketType.Dgram, port);
            if (v6 != null) _ = StunLoop(v6);
            return (port, v6 != null);
        }

        /// <summary>Binds [::1]:port, null where that is not possible.</summary>
        private Socket TryBind(SocketType type, int port)
        {
            if (!Socket.OSSupportsIPv6) return null;
            var socket = new Socket(AddressFamily.InterNetworkV6, type, type == SocketType.Dgram ? ProtocolType.Udp : ProtocolType.Tcp);
            try
            {
                socket.DualMode = false;
                socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, port));
                _sockets.Add(socket);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
                return null;
            }
        }

        private async Task StunLoop(Socket socket)
        {
            byte[] datagram = new byte[2048];
            EndPoint any = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
            try
            {
                while (true)
                {
                    SocketReceiveFromResult received = await socket.ReceiveFromAsync(datagram, any, _stop.Token);
                    var from = (IPEndPoint)received.RemoteEndPoint;
                    byte[] endpoint = new byte[18], response = new byte[LabStun.MaxResponse];
                    from.Address.MapToIPv6().TryWriteBytes(endpoint, out _);
                    endpoint[16] = (byte)(from.Port >> 8);
                    endpoint[17] = (byte)from.Port;
                    int n = 0;
                    Locked(core => n = core.Stun.Answer(datagram.AsSpan(0, received.ReceivedBytes), endpoint, response));
                    if (n > 0) await socket.SendToAsync(response.AsMemory(0, n), from, _stop.Token);
                    else Print("stun: ignored (" + from + "): " + _core.Stun.LastReason);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // The lab ends.
            }
        }
    }
}
