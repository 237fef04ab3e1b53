using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Drivers.Desktop;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Runtime;
using MicroLink.Stun;
using Xunit;

namespace MicroLink.Tests.Interop
{
    /// <summary>
    /// Our network check, with its actors, native gate and UDP pump, against coturn's STUN server on real loopback sockets (testbed.md 5).
    /// </summary>
    public sealed class CoturnTests
    {
        [CoturnFact]
        public void Coturn_sees_our_one_socket_on_v4_and_v6_and_two_servers_agree()
        {
            using Coturn coturn = new Coturn();
            using CheckingNode node = new CheckingNode();
            NetCheckReport report = node.Check(Map(coturn, "127.0.0.1", "::1", coturn.Port, coturn.AltPort));
            Assert.Equal("127.0.0.1:" + node.Port, Endpoint(report, 0));
            Assert.Equal("[::1]:" + node.Port, Endpoint(report, 1));
            Assert.Equal(OwnEndpointList.Stun, report.EndpointTypes[0]);
            Assert.Equal(OwnEndpointList.Stun, report.EndpointTypes[1]);
            Assert.Equal((NetCheck.True, NetCheck.True, NetCheck.False), (report.WorkingUdp, report.WorkingIPv6, report.MappingVaries));
            Assert.Equal(900, report.HomeRelay);
            Assert.InRange(report.LatenciesMs[0], 0, 200);
        }

        [CoturnTheory]
        [InlineData("127.0.0.1", "none")]
        [InlineData("none", "::1")]
        public void One_family_alone_works(string v4, string v6)
        {
            using Coturn coturn = new Coturn();
            using CheckingNode node = new CheckingNode();
            NetCheckReport report = node.Check(Map(coturn, v4, v6, coturn.Port));
            Assert.Equal((v6 == "none" ? "127.0.0.1:" : "[::1]:") + node.Port, Endpoint(report, 0));
            Assert.Equal(v6 == "none" ? NetCheck.False : NetCheck.True, report.WorkingIPv6);
            Assert.Equal(NetCheck.Unknown, report.MappingVaries);
        }

        [CoturnFact]
        public void A_name_is_resolved_by_the_driver()
        {
            using Coturn coturn = new Coturn();
            using CheckingNode node = new CheckingNode();
            DerpMap map = Map(coturn, "", "", coturn.Port);
            map.Regions[0].Nodes[0].HostName = "localhost";
            Assert.Equal(NetCheck.True, node.Check(map).WorkingUdp);
        }

        private static string Endpoint(NetCheckReport report, int index)
        {
            return NetEndpoint.Format(report.Endpoints, index * NetEndpoint.Length);
        }

        private static DerpMap Map(Coturn coturn, string v4, string v6, params int[] ports)
        {
            DerpNode[] nodes = new DerpNode[ports.Length];
            for (int i = 0; i < ports.Length; i++)
                nodes[i] = new DerpNode { Name = "900" + i, HostName = "coturn.test", IPv4 = v4, IPv6 = v6, StunPort = ports[i] };
            return new DerpMap { Regions = new[] { new DerpRegion { Id = 900, Code = "coturn", Nodes = nodes } } };
        }

        /// <summary>The part of a node that network checks need, on a dispatcher thread of its own.</summary>
        private sealed class CheckingNode : IDisposable
        {
            private readonly ActorSystem _system = new ActorSystem(new DesktopClock(), 8);
            private readonly ActorRef _check;
            private readonly Thread _thread;
            private readonly Listener _listener = new Listener();
            private readonly UdpPacketPort _port = new UdpPacketPort();
            private readonly int _plane = DataPlane.Create(4, 1024, 32, 32768, 65536);

            public CheckingNode()
            {
                SystemEntropy entropy = new SystemEntropy();
                byte[] seed = new byte[32];
                entropy.Fill(seed, 0, 32);
                DataPlane.Seed(_plane, seed);
                PacketPlane plane = new PacketPlane(_plane, 4, _port);
                ActorRef others = _system.Declare("others", null);
                ActorRef netIo = _system.Declare("netio", null);
                _check = _system.Declare("netcheck", null);
                _system.Bind(others, Props.From(() => _listener).WithMailbox(64));
                _system.Bind(_check, Props.From(() => new NetCheckActor(others, others, others, plane, _port, new DesktopResolver(), entropy, new NetCheckOptions())));
                _system.Bind(netIo, Props.From(() => new NetIoActor(plane, new BufferPool(16, DataPlane.MaxEvent), 0, entropy, others, others, _check, others, others, null))
                    .WithTimers(NetIoActor.TimerSlots));
                _system.Start();
                _thread = new Thread(_system.RunForever) { IsBackground = true };
                _thread.Start();
                Assert.True(_listener.PortKnown.Wait(5000), "the UDP port did not open");
            }

            public int Port => _listener.Port;

            public NetCheckReport Check(DerpMap map)
            {
                _check.Tell(new DerpMapChanged(map));
                return Assert.IsType<NetCheckReport>(_system.AskAndWait(_check, NetCheckQuery.Instance, 8000));
            }

            public void Dispose()
            {
                _system.Stop();
                _thread.Join(5000);
                _port.Close();
                DataPlane.Destroy(_plane);
            }
        }

        /// <summary>Stands for all neighbours; notes the port.</summary>
        private sealed class Listener : Actor
        {
            public readonly ManualResetEventSlim PortKnown = new ManualResetEventSlim();
            public int Port;

            protected override void OnReceive(Message message)
            {
                if (message is UdpPortChanged changed)
                {
                    Port = changed.Port;
                    PortKnown.Set();
                }
                if (message is PacketBuffer buffer) buffer.Return();
            }
        }

        /// <summary>One turnserver process that only does STUN, on two ports of both loopback addresses.</summary>
        private sealed class Coturn : IDisposable
        {
            private readonly Process _process;
            private readonly string _folder = Path.Combine(Path.GetTempPath(), "microlink-coturn-" + Guid.NewGuid().ToString("N"));

            public Coturn()
            {
                Directory.CreateDirectory(_folder);
                Port = FreePort();
                AltPort = FreePort();
                string arguments = "-n --no-auth --no-tls --no-dtls --no-cli --stun-only -L 127.0.0.1 -L ::1 -p " + Port + " --alt-listening-port " + AltPort
                    + " --log-file stdout --pidfile " + Path.Combine(_folder, "pid") + " --db " + Path.Combine(_folder, "db");
                ProcessStartInfo start = new ProcessStartInfo("turnserver", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };
                _process = Process.Start(start);
                _process.OutputDataReceived += (_, _) => { };
                _process.ErrorDataReceived += (_, _) => { };
                _process.BeginOutputReadLine();
                _process.BeginErrorReadLine();
                WaitUntilItAnswers();
            }

            public int Port { get; }
            public int AltPort { get; }

            public void Dispose()
            {
                _process.Kill();
                _process.WaitForExit();
                _process.Dispose();
                Directory.Delete(_folder, true);
            }

            /// <summary>Asks by a plain socket until all four listeners answer: coturn opens them one after the other.</summary>
            private void WaitUntilItAnswers()
            {
                Stopwatch waited = Stopwatch.StartNew();
                foreach (IPAddress address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
                {
                    foreach (int port in new[] { Port, AltPort })
                    {
                        while (!Answers(new IPEndPoint(address, port)))
                            if (waited.ElapsedMilliseconds > 15000) throw new InvalidOperationException("coturn does not answer on " + address + " port " + port);
                    }
                }
            }

            private static bool Answers(IPEndPoint server)
            {
                using Socket socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 200 };
                byte[] request = new byte[StunWire.RequestLength], response = new byte[1500], endpoint = new byte[18];
                StunWire.WriteRequest(request, 0, new byte[12], 0);
                try
                {
                    socket.Connect(server);
                    socket.Send(request);
                    return StunWire.ReadResponse(response, 0, socket.Receive(response), endpoint, 0) == StunWire.Ok;
                }
                catch (SocketException)
                {
                    return false;
                }
            }

            private static int FreePort()
            {
                using Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                return ((IPEndPoint)socket.LocalEndPoint).Port;
            }
        }
    }

    /// <summary>Skipped, with what to install, where coturn is missing.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class CoturnFactAttribute : FactAttribute
    {
        internal static readonly string WhyNot = Find();

        public CoturnFactAttribute() { Skip = WhyNot; }

        private static string Find()
        {
            foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
                if (folder.Length > 0 && File.Exists(Path.Combine(folder, "turnserver"))) return null;
            return "coturn is not installed (apt install coturn)";
        }
    }

    /// <summary>As <see cref="CoturnFactAttribute"/>.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class CoturnTheoryAttribute : TheoryAttribute
    {
        public CoturnTheoryAttribute() { Skip = CoturnFactAttribute.WhyNot; }
    }
}
