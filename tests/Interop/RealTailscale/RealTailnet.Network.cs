using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace MicroLink.Tests.Interop.RealTailscale
{
    /// <summary>What travels through the tailnet, and what its wire can be made of.</summary>
    internal sealed partial class RealTailnet
    {
        private bool _behindNat;

        /// <summary>A program in one of the namespaces, to its end.</summary>
        public (int ExitCode, string Output) In(string space, string program, params string[] arguments)
        {
            return Run("ip", ["netns", "exec", _prefix + space, program, .. arguments]);
        }

        public bool Pings(string space, string address) => In(space, "ping", "-c", "1", "-W", "1", address).ExitCode == 0;

        /// <summary>Sends so many bytes to the echo port of ours from the kernel of theirs (TUN mode), and compares what comes back.</summary>
        public bool EchoByTcp(string address, int count, string from = Theirs, int port = EchoPort)
        {
            return NetSpace.Run(_prefix + from, () =>
            {
                byte[] sent = new byte[count], back = new byte[count];
                new Random(count).NextBytes(sent);
                using Socket socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = PatienceMs };
                socket.Connect(IPAddress.Parse(address), port);
                Thread writer = new Thread(() => { for (int at = 0; at < count; ) at += socket.Send(sent, at, Math.Min(16384, count - at), SocketFlags.None); });
                writer.Start();
                int got = 0;
                for (int n = -1; got < count && n != 0; got += n) n = socket.Receive(back, got, count - got, SocketFlags.None);
                writer.Join();
                return sent.AsSpan().SequenceEqual(back);
            });
        }

        public bool EchoByUdp(string address, string from = Theirs, int port = EchoPort)
        {
            return NetSpace.Run(_prefix + from, () =>
            {
                IPEndPoint to = new IPEndPoint(IPAddress.Parse(address), port);
                using Socket socket = new Socket(to.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                byte[] sent = new byte[1200], back = new byte[1500];
                socket.SendTo(sent, to);
                return socket.Poll(1000000, SelectMode.SelectRead) && socket.Receive(back) == sent.Length;
            });
        }

        /// <summary>
        /// Puts a router between ours and the bridge, or changes its rule. Ours gets 192.168.9.2 on a wire of its own.
        /// </summary>
        public void PutOursBehindNat(string rule)
        {
            if (!_behindNat)
            {
                _behindNat = true;
                Must("ip", "netns", "add", _prefix + "n");
                Must("ip", "-n", _prefix + Ours, "link", "set", "eth0", "netns", _prefix + "n");
                Must("ip", "-n", _prefix + Ours, "link", "add", "eth0", "type", "veth", "peer", "name", "lan", "netns", _prefix + "n");
                foreach (string step in new[]
                {
                    "n addr add " + _net + "3/24 dev eth0", "n addr add 192.168.9.1/24 dev lan", "n link set eth0 up", "n link set lan up", "n link set lo up",
                    Ours + " addr add 192.168.9.2/24 dev eth0", Ours + " link set eth0 up", Ours + " route add default via 192.168.9.1",
                })
                    Must("ip", ["-n", _prefix + step[..1], .. step[2..].Split(' ')]);
                In("n", "sysctl", "-qw", "net.ipv4.ip_forward=1");
            }
            In("n", "nft", "flush ruleset");
            foreach (string line in new[]
            {
                "add table ip n", "add chain ip n post { type nat hook postrouting priority 100; }", "add rule ip n post oifname eth0 " + rule,
                "add chain ip n passing { type filter hook forward priority 0; policy drop; }", "add rule ip n passing iifname lan accept",
                "add rule ip n passing ct state established,related accept",
            })
                Must("ip", "netns", "exec", _prefix + "n", "nft", line);
        }

        public void BlockUdp() => Must("ip", "netns", "exec", _prefix + "n", "nft", "insert rule ip n passing meta l4proto udp drop");
    }
}
