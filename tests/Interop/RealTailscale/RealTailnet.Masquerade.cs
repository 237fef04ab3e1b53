using System;
using System.Collections.Concurrent;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading;
using Xunit;

namespace MicroLink.Tests.Interop.RealTailscale
{
    /// <summary>Addresses that only one peer sees, and echo services in the kernels' namespaces that tell who calls.</summary>
    internal sealed partial class RealTailnet
    {
        private readonly ConcurrentDictionary<string, string> _callers = new ConcurrentDictionary<string, string>();

        /// <summary>HOST:PORT inside control's namespace, where POST /masq takes a list of SetMasqueradeAddresses' pairs.</summary>
        public static string Admin => Named("TESTCONTROL_ADMIN");

        /// <summary>What ours is for theirs, and theirs for ours; null = nothing special.</summary>
        public void Masquerade(string ours, string theirs)
        {
            string pairs = string.Join(",", new[] { Pair("ours", "theirs", ours), Pair("theirs", "ours", theirs) }.Where(pair => pair != null));
            (int exitCode, string output) = In(Control, "curl", "-sf", "-d", "[" + pairs + "]", "http://" + Admin + "/masq");
            Assert.True(exitCode == 0, "TESTCONTROL_ADMIN does not take masquerade addresses: " + output);
        }

        private static string Pair(string node, string peer, string address) =>
            address == null ? null : $$"""{"Node":"{{node}}","Peer":"{{peer}}","As":"{{address}}"}""";

        public void PingTheirAddress(string address, string kind)
        {
            Until("ours does not reach " + address + " by " + kind, () => IsAnswer(Microlink("ping", address, "--timeout-ms", "2000", kind)));
        }

        public void PingOurAddress(string address, string kind)
        {
            // Without a kind the flag says that one answer is enough.
            Until("theirs does not reach " + address + " by " + kind, () =>
                IsAnswer(Tailscale("ping", "--c", "1", "--timeout", "2s", kind, address)));
        }

        private static bool IsAnswer((int ExitCode, string Output) ping) =>
            ping.ExitCode == 0 && (ping.Output.Contains("pong from") || ping.Output.Contains("hit peerapi"));

        public string TheirOwn(string family) => Tailscale("ip", family).Output.Trim();

        /// <summary>Of the one peer in our status.</summary>
        public string TheirAddress(int index)
        {
            using JsonDocument status = JsonDocument.Parse(Microlink("status", "--json").Output);
            return status.RootElement.GetProperty("peers")[0].GetProperty("addresses")[index].GetString();
        }

        public string KnownAs()
        {
            using JsonDocument status = JsonDocument.Parse(Microlink("status", "--json").Output);
            return status.RootElement.GetProperty("peers")[0].TryGetProperty("knowsUsAs", out JsonElement list) ? list[0].GetString() : "";
        }

        /// <summary>Who called the echo service of this namespace last.</summary>
        public string Caller(string space) => _callers[space];

        /// <summary>An echo service for TCP and UDP on all addresses of a namespace, until it is disposed.</summary>
        public IDisposable Echo(string space)
        {
            Socket[] sockets = NetSpace.Run(_prefix + space, () => new[] { SocketType.Stream, SocketType.Dgram }.Select(type =>
            {
                Socket socket = new Socket(AddressFamily.InterNetworkV6, type, ProtocolType.Unspecified) { DualMode = true };
                socket.Bind(new IPEndPoint(IPAddress.IPv6Any, EchoPort));
                if (type == SocketType.Stream) socket.Listen(4);
                return socket;
            }).ToArray());
            Repeat(() =>
            {
                Socket caller = sockets[0].Accept();
                Note(space, caller.RemoteEndPoint);
                Repeat(() => EchoBlock(caller));
            });
            byte[] datagram = new byte[2048];
            Repeat(() =>
            {
                EndPoint from = new IPEndPoint(IPAddress.IPv6Any, 0);
                int count = sockets[1].ReceiveFrom(datagram, ref from);
                Note(space, from);
                sockets[1].SendTo(datagram, count, SocketFlags.None, from);
            });
            return new Sockets(sockets);
        }

        private static void EchoBlock(Socket caller)
        {
            byte[] block = new byte[16384];
            int count = caller.Receive(block);
            if (count == 0) throw new SocketException((int)SocketError.Shutdown);
            for (int at = 0; at < count; ) at += caller.Send(block, at, count - at, SocketFlags.None);
        }

        private void Note(string space, EndPoint from)
        {
            IPAddress address = ((IPEndPoint)from).Address;
            _callers[space] = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
        }

        /// <summary>On a thread of its own, until a socket ends it.</summary>
        private static void Repeat(Action step)
        {
            new Thread(() =>
            {
                try { for (; ; ) step(); }
                catch (Exception e) when (e is SocketException or ObjectDisposedException) { }
            }) { IsBackground = true }.Start();
        }

        /// <summary>A datagram from the kernel of theirs to a port that nobody has comes back as ICMP "port unreachable".</summary>
        public bool IsRefusedByUdp(string address)
        {
            return NetSpace.Run(_prefix + Theirs, () =>
            {
                using Socket socket = new Socket(SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000 };
                socket.Connect(IPAddress.Parse(address), 9999);
                socket.Send(new byte[100]);
                SocketException error = Assert.Throws<SocketException>(() => socket.Receive(new byte[100]));
                return error.SocketErrorCode == SocketError.ConnectionRefused;
            });
        }

        private sealed class Sockets : IDisposable
        {
            private readonly Socket[] _all;
            public Sockets(Socket[] all) { _all = all; }
            public void Dispose() { foreach (Socket socket in _all) socket.Dispose(); }
        }
    }
}
