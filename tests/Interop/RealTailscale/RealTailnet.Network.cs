using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace MicroLink.Tests.Interop.RealTailscale
{
    /// <summary>What travels through the tailnet, and what its wire can be made of.</summary>
    internal sealed partial class RealTailnet
    {
        private readonly List<string> _routers = new List<string>();

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
        /// Puts a router between one of the nodes and the bridge, or changes its rule. Ours gets 192.168.9.2 on a wire of its own, theirs 192.168.8.2.
        /// What comes from outside unasked is dropped, as at home: answered, it would take the port that the node behind is about to ask for.
        /// </summary>
        public void PutBehindNat(string space, string rule)
        {
            (string router, string lan, string wan) = space == Ours ? ("n", "192.168.9.", "3") : ("m", "192.168.8.", "2");
            if (!_routers.Contains(router))
            {
                _routers.Add(router);
                Must("ip", "netns", "add", _prefix + router);
                Must("ip", "-n", _prefix + space, "link", "set", "eth0", "netns", _prefix + router);
                Must("ip", "-n", _prefix + space, "link", "add", "eth0", "type", "veth", "peer", "name", "lan", "netns", _prefix + router);
                foreach (string step in new[]
                {
                    router + " addr add " + _net + wan + "/24 dev eth0", router + " addr add " + lan + "1/24 dev lan", router + " link set eth0 up",
                    router + " link set lan up", router + " link set lo up", space + " addr add " + lan + "2/24 dev eth0", space + " link set eth0 up",
                    space + " route add default via " + lan + "1",
                })
                    Must("ip", ["-n", _prefix + step[..1], .. step[2..].Split(' ')]);
                In(router, "sysctl", "-qw", "net.ipv4.ip_forward=1");
            }
            In(router, "nft", "flush ruleset");
            foreach (string line in new[]
            {
                "add table ip n", "add chain ip n post { type nat hook postrouting priority 100; }", "add rule ip n post oifname eth0 " + rule,
                "add chain ip n passing { type filter hook forward priority 0; policy drop; }", "add rule ip n passing iifname lan accept",
                "add rule ip n passing ct state established,related accept",
                "add chain ip n here { type filter hook input priority 0; policy drop; }", "add rule ip n here iifname lan accept",
            })
                Nft(router, line);
        }

        /// <summary>A node that carries the packets of others gives them its own address.</summary>
        public void Masquerade(string space)
        {
            Nft(space, "add table ip n");
            Nft(space, "add chain ip n post { type nat hook postrouting priority 100; }");
            Nft(space, "add rule ip n post oifname eth0 ip saddr 100.64.0.0/10 masquerade");
        }

        /// <summary>What is sent from behind the router of ours.</summary>
        public void BlockUdp() => Nft("n", "insert rule ip n passing meta l4proto udp drop");

        /// <summary>On the bridge, between all.</summary>
        public void BlockAllUdp(bool blocked)
        {
            if (!blocked)
            {
                Nft("s", "delete table bridge f");
                return;
            }
            Nft("s", "add table bridge f");
            Nft("s", "add chain bridge f passing { type filter hook forward priority 0; policy accept; }");
            Nft("s", "add rule bridge f passing meta l4proto udp drop");
        }

        private void Nft(string space, string line) => Must("ip", "netns", "exec", _prefix + space, "nft", line);
    }
}
