using System;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Xunit;

namespace MicroLink.Tests.Interop.KernelWireGuard
{
    /// <summary>
    /// Our node with a TUN device against the WireGuard of a Linux kernel: what most WireGuard peers in the world are. The guest runs on an
    /// emulated processor, so it is slow: a few megabytes instead of the two hundred that wireguard-go gets.
    /// </summary>
    public sealed class KernelWireGuardTests : IClassFixture<KernelPeer>
    {
        private const int BulkBytes = 3_000_000, BadWireBytes = 100_000;
        private readonly KernelPeer _kernel;

        public KernelWireGuardTests(KernelPeer kernel)
        {
            _kernel = kernel;
        }

        private WireGuardGoNode Node(int port)
        {
            byte[] endpoint = port == 0 ? null : WireGuardGoNetwork.Endpoint(port == KernelPeer.PeerPort ? KernelPeer.PeerAddress : KernelPeer.OurAddress, port);
            return new WireGuardGoNode(_kernel.OurPrivate, _kernel.PeerPublic, endpoint, KernelPeer.OurPort, _kernel.Space, "mlktun", 1);
        }

        private void TellEndpoint(int port)
        {
            _kernel.Guest($"wg set wg0 peer {Convert.ToBase64String(_kernel.OurPublic)} endpoint {KernelPeer.OurAddress}:{port}");
        }

        private UdpRelay Relay(int seed)
        {
            return new UdpRelay(_kernel.Space, KernelPeer.OurAddress, new IPEndPoint(IPAddress.Parse(KernelPeer.PeerAddress), KernelPeer.PeerPort), seed);
        }

        private string Ping() => _kernel.Shell($"ip netns exec {_kernel.Space} ping -c 3 -i 0.2 -W 10 {KernelPeer.Peer}");

        [KernelFact]
        public void We_initiate_and_bytes_come_back_as_they_went()
        {
            using WireGuardGoNode node = Node(KernelPeer.PeerPort);
            Ping();
            Echo(BulkBytes);
            Assert.Equal((1, 0, 1), (node.Counters.InitiationsSent, node.Counters.ResponsesSent, node.Counters.Sessions));
        }

        [KernelFact]
        public void It_initiates_and_bytes_come_back_as_they_went()
        {
            using WireGuardGoNode node = Node(0);
            TellEndpoint(KernelPeer.OurPort);
            // It may still have a session with the node of another test, of which we know nothing: it notices after 15 s of silence.
            Assert.Contains("0% packet loss", _kernel.Guest($"ip link set wg0 down; ip link set wg0 up; ip route add {KernelPeer.Us}/32 dev wg0;"
                + $" sleep 6; ping -c 3 -W 10 {KernelPeer.Us}"));
            Echo(BulkBytes);
            Assert.Equal((0, 1), (node.Counters.InitiationsSent, node.Counters.ResponsesSent));
        }

        [KernelFact]
        public void Loss_reordering_repetition_and_a_move()
        {
            using UdpRelay relay = Relay(60);
            using WireGuardGoNode node = Node(relay.NearPort);
            Ping();
            relay.DelayedPercent = relay.RepeatedPercent = 10;
            Echo(BadWireBytes * 4);
            relay.Move();
            relay.LostPercent = 20;
            Echo(BadWireBytes);
            relay.LostPercent = relay.DelayedPercent = relay.RepeatedPercent = 0;
            int sessions = node.Counters.Sessions;
            Assert.True(relay.ReplayAll() > 200);
            Ping();
            Assert.True(node.Dropped("drop: replayed") > 100, node.Describe());
            Assert.Equal(sessions, node.Counters.Sessions);
        }

        /// <summary>Two hundred megabytes each way, and longer than a key may be used: minutes on an emulated processor.</summary>
        [KernelSoakFact]
        public void Two_hundred_megabytes_come_back_across_a_change_of_keys()
        {
            using WireGuardGoNode node = Node(KernelPeer.PeerPort);
            Ping();
            Stopwatch watch = Stopwatch.StartNew();
            Echo(200_000_000);
            TimeSpan bulk = watch.Elapsed;
            while (watch.ElapsedMilliseconds < 130_000) Echo(BulkBytes);
            Console.WriteLine($"kernel WireGuard: 200 MB there and back in {bulk.TotalSeconds:0} s, {node.Counters.Sessions} sessions in {watch.Elapsed.TotalSeconds:0} s");
            Assert.True(node.Counters.Sessions >= 2, node.Describe());
            Ping();
        }

        /// <summary>The guest's port 7 sends back what it gets.</summary>
        private void Echo(int bytes)
        {
            using Socket socket = NetSpace.Run(_kernel.Space, () =>
            {
                Socket made = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 60000, SendTimeout = 60000 };
                made.Connect(IPAddress.Parse(KernelPeer.Peer), 7);
                return made;
            });
            Task sending = Task.Factory.StartNew(() =>
            {
                Random pattern = new Random(bytes);
                byte[] block = new byte[50_000];
                for (int left = bytes; left > 0; left -= block.Length)
                {
                    pattern.NextBytes(block);
                    int count = Math.Min(left, block.Length);
                    for (int at = 0; at < count; ) at += socket.Send(block, at, count - at, SocketFlags.None);
                }
            }, TaskCreationOptions.LongRunning);
            Random same = new Random(bytes);
            byte[] wanted = new byte[50_000], received = new byte[50_000];
            for (int left = bytes; left > 0; left -= wanted.Length)
            {
                same.NextBytes(wanted);
                int size = Math.Min(left, wanted.Length);
                for (int at = 0, count; at < size; at += count)
                {
                    count = socket.Receive(received, at, size - at, SocketFlags.None);
                    Assert.True(count > 0, "the connection ended after " + (bytes - left + at) + " bytes");
                }
                Assert.True(wanted.AsSpan(0, size).SequenceEqual(received.AsSpan(0, size)), "bytes differ after " + (bytes - left));
            }
            sending.Wait();
        }
    }

    /// <summary>Skipped with the reason where QEMU or the kernel are missing.</summary>
    public sealed class KernelFactAttribute : FactAttribute
    {
        private static readonly string s_whyNot = KernelPeer.WhyNot();

        public KernelFactAttribute() { Skip = s_whyNot; }
    }

    /// <summary>As KernelFact, in ./test --soak only.</summary>
    public sealed class KernelSoakFactAttribute : FactAttribute
    {
        public KernelSoakFactAttribute()
        {
            Skip = Environment.GetEnvironmentVariable("MICROLINK_SOAK") != "1" ? "takes minutes; ./test interop --soak runs it" : KernelPeer.WhyNot();
        }
    }
}
