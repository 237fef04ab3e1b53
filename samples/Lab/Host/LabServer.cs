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
        public LabFlavor Flavor = LabFlavor.Headscale;
        /// <summary>Null = as the flavor does it.</summary>
        public bool? EarlyNoise;
        public int FakePeers;
        public WireGuardOnlyPeer[] WireGuardOnly = new WireGuardOnlyPeer[0];
        public int Regions = 1;
        /// <summary>Where the CA's certificate is written; null = a file in a temporary folder, removed at the end.</summary>
        public string CaFile;
        public Action<string> Print = Console.WriteLine;
        /// <summary>Addresses to listen on, at most one of each family; empty = loopback, 127.0.0.1 and ::1.</summary>
        public IPAddress[] Listen = new IPAddress[0];
        /// <summary>Somebody else's relay (derper) in place of ours, with STUN at 3478; nodes are told not to check its certificate.</summary>
        public IPEndPoint Relay;
        public LabMasquerade[] Masquerades = new LabMasquerade[0];
    }

    /// <summary>
    /// Real sockets around LabCore, on loopback unless told otherwise: control on TCP, relays on TLS, STUN on UDP. One lock makes the core single-threaded;
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
        private readonly IPAddress _v4, _v6;
        private readonly List<(Socket Listener, int Region)> _relays = new List<(Socket, int)>();
        private readonly HashSet<Stream> _relayStreams = new HashSet<Stream>();
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
            _v4 = Address(AddressFamily.InterNetwork, IPAddress.Loopback);
            _v6 = Socket.OSSupportsIPv6 ? Address(AddressFamily.InterNetworkV6, IPAddress.IPv6Loopback) : null;
            _control = Listen(options.Port);
            Port = ((IPEndPoint)_control.LocalEndPoint).Port;
            if (options.CaFile == null) _temporaryFolder = Directory.CreateTempSubdirectory("microlink-lab-").FullName;
            CaFile = Path.GetFullPath(options.CaFile ?? Path.Combine(_temporaryFolder, "ca.pem"));
            File.WriteAllText(CaFile, _certificates.CaPem);
            var labOptions = new LabOptions
            {
                AuthKey = options.AuthKey,
                Flavor = options.Flavor,
                EarlyNoise = options.EarlyNoise ?? options.Flavor.EarlyNoise,
                FakePeers = options.FakePeers,
                PublicUrl = ControlUrl,
                UnixMsAtZero = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - NowMs,
            };
            labOptions.Masquerades.AddRange(options.Masquerades);
            labOptions.WireGuardOnly.AddRange(options.WireGuardOnly);
            var relays = new List<Socket>();
            if (options.Relay != null) labOptions.Regions.Add(Foreign(options.Relay));
            for (int i = 0; i < options.Regions && options.Relay == null; i++) relays.Add(AddRegion(labOptions, i));
            _core = new LabCore(labOptions, new SystemEntropy(), (nowMs, text) => Print(text));
            _kestrel = new NoiseKestrel(this);
            for (int i = 0; i < relays.Count; i++) StartRelay(relays[i], labOptions.Regions[i].Id);
        }

        public int Port { get; }
        public string ControlUrl => "http://" + new IPEndPoint(_v4 ?? _v6, Port);
        public string CaFile { get; }
        public string AuthKey => _options.AuthKey;
        public LabCore Core => _core;
        public long NowMs => _clock.ElapsedMilliseconds;

        public async Task StartAsync()
        {
            await _kestrel.StartAsync();
            Func<Socket, string, Task<(Stream, Func<SocketPipe, LabStream>)>> open = (socket, remote) =>
            {
                var stream = new NetworkStream(socket, true);
                return Task.FromResult<(Stream, Func<SocketPipe, LabStream>)>(
                    (stream, pipe => _core.AcceptControl(pipe, remote, NowMs, session => _kestrel.Open(session, pipe))));
            };
            _ = AcceptLoop(_control, open);
            Socket second = TryBindSecond(SocketType.Stream, Port);
            if (second == null) return;
            second.Listen(128);
            _ = AcceptLoop(second, open);
        }

        /// <summary>What a restart of the relays looks like from outside: connections break, ports refuse for so long, then serve again.</summary>
        public async Task RestartRelaysAsync(int outageMs)
        {
            Print("lab: the relays restart, away for " + outageMs + " ms");
            List<(Socket Listener, int Region)> old = new List<(Socket, int)>(_relays);
            var ports = new List<(int Port, int Region)>();
            foreach ((Socket listener, int region) in old)
            {
                var local = (IPEndPoint)listener.LocalEndPoint;
                if (local.Address.Equals(_v4 ?? _v6)) ports.Add((local.Port, region));
                listener.Dispose();
            }
            _relays.Clear();
            lock (_streams)
            {
                foreach (Stream stream in _relayStreams) stream.Dispose();
                _relayStreams.Clear();
            }
            await Task.Delay(outageMs, _stop.Token);
            foreach ((int port, int region) in ports) StartRelay(Listen(port), region);
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
                IPv4 = _v4 == null ? "none" : _v4.ToString(),
                IPv6 = _v6 != null && (v6 || _v4 == null) ? _v6.ToString() : "none",
                DerpPort = ((IPEndPoint)relay.LocalEndPoint).Port,
                StunPort = stunPort,
            });
            return relay;
        }

        private static LabRegion Foreign(IPEndPoint relay)
        {
            return new LabRegion
            {
                Code = "other", Name = "Other", HostName = relay.Address.ToString(), IPv4 = relay.Address.ToString(), IPv6 = "none",
                DerpPort = relay.Port, StunPort = 3478, InsecureForTests = true,
            };
        }

        private IPAddress Address(AddressFamily family, IPAddress loopback)
        {
            if (_options.Listen.Length == 0) return loopback;
            return Array.Find(_options.Listen, address => address.AddressFamily == family);
        }

        /// <summary>Listens on the IPv4 address, on the IPv6 address where there is no other.</summary>
        private Socket Listen(int port)
        {
            IPAddress address = _v4 ?? _v6;
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, port));
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
                lock (_streams) _relayStreams.Add(tls);
                return (tls, pipe => _core.AcceptRelay(region, pipe, remote, NowMs));
            };
            _relays.Add((listener, region));
            _ = AcceptLoop(listener, open);
            Socket v6 = TryBindSecond(SocketType.Stream, ((IPEndPoint)listener.LocalEndPoint).Port);
            if (v6 == null) return;
            v6.Listen(128);
            _relays.Add((v6, region));
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
            lock (_streams)
            {
                _streams.Remove(stream);
                _relayStreams.Remove(stream);
            }
        }

        private (int Port, bool V6) OpenStun()
        {
            IPAddress address = _v4 ?? _v6;
            var first = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            first.Bind(new IPEndPoint(address, 0));
            _sockets.Add(first);
            int port = ((IPEndPoint)first.LocalEndPoint).Port;
            _ = StunLoop(first);
            Socket v6 = TryBindSecond(SocketType.Dgram, port);
            if (v6 != null) _ = StunLoop(v6);
            return (port, v6 != null);
        }

        /// <summary>Binds the same port on the IPv6 address beside the IPv4 one; null where that is not possible.</summary>
        private Socket TryBindSecond(SocketType type, int port)
        {
            if (_v4 == null || _v6 == null) return null;
            var socket = new Socket(AddressFamily.InterNetworkV6, type, type == SocketType.Dgram ? ProtocolType.Udp : ProtocolType.Tcp);
            try
            {
                socket.DualMode = false;
                socket.Bind(new IPEndPoint(_v6, port));
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
