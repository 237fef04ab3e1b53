using System;
using System.Collections.Generic;
using System.Text;
using MicroLink.Drivers;
using MicroLink.Drivers.Simulated;
using MicroLink.Runtime;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Simulation
{
    /// <summary>The simulated network by itself: what it promises to the scenarios.</summary>
    public sealed class SimNetworkTests
    {
        private readonly VirtualClock _time = new VirtualClock { Ms = 1000 };
        private readonly SimNetwork _network;
        private readonly List<string> _got = new List<string>();

        public SimNetworkTests()
        {
            _network = new SimNetwork(_time, 1);
        }

        [Fact]
        public void A_datagram_arrives_after_the_latency_of_both_hosts()
        {
            SimHost a = _network.AddPublicHost("a"), b = _network.AddPublicHost("b");
            a.LatencyMs = 7;
            b.LatencyMs = 3;
            Listen(b, 100);
            a.SendUdp(5, new SimEndpoint(b.Address, 100), new byte[] { 1 });
            Advance(9);
            Assert.Empty(_got);
            Advance(1);
            Assert.Equal("b: 1 from 198.51.100.10:5", Assert.Single(_got));
        }

        [Fact]
        public void An_endpoint_independent_nat_shows_one_port_and_lets_in_only_those_written_to()
        {
            SimNat nat = _network.AddNat(SimNatKind.EndpointIndependent);
            SimHost inside = _network.AddHostBehind(nat, "in"), x = _network.AddPublicHost("x"), y = _network.AddPublicHost("y");
            int xPort = Listen(x, 1), yPort = Listen(y, 1);
            Listen(inside, 500);
            inside.SendUdp(500, new SimEndpoint(x.Address, xPort), new byte[] { 1 });
            inside.SendUdp(500, new SimEndpoint(y.Address, yPort), new byte[] { 2 });
            Advance(100);
            string outside = SimEndpoint.AddressText(nat.PublicAddress) + ":500";
            Assert.Equal(new[] { "x: 1 from " + outside, "y: 2 from " + outside }, _got);

            SimHost z = _network.AddPublicHost("z");
            x.SendUdp(xPort, new SimEndpoint(nat.PublicAddress, 500), new byte[] { 3 });
            x.SendUdp(77, new SimEndpoint(nat.PublicAddress, 500), new byte[] { 4 });
            z.SendUdp(1, new SimEndpoint(nat.PublicAddress, 500), new byte[] { 5 });
            Advance(100);
            Assert.Equal("in: 3 from " + SimEndpoint.AddressText(x.Address) + ":1", _got[2]);
            Assert.Equal(3, _got.Count);
        }

        [Fact]
        public void A_symmetric_nat_shows_another_port_to_each_destination()
        {
            SimNat nat = _network.AddNat(SimNatKind.Symmetric);
            SimHost inside = _network.AddHostBehind(nat, "in"), x = _network.AddPublicHost("x"), y = _network.AddPublicHost("y");
            Listen(x, 1);
            Listen(y, 1);
            inside.SendUdp(500, new SimEndpoint(x.Address, 1), new byte[] { 1 });
            inside.SendUdp(500, new SimEndpoint(y.Address, 1), new byte[] { 1 });
            inside.SendUdp(500, new SimEndpoint(x.Address, 1), new byte[] { 1 });
            Advance(100);
            Assert.Equal(_got[0], _got[2]);
            Assert.NotEqual(_got[0].Split(':')[2], _got[1].Split(':')[2]);
        }

        [Fact]
        public void Idle_mappings_are_forgotten()
        {
            SimNat nat = _network.AddNat(SimNatKind.EndpointIndependent);
            SimHost inside = _network.AddHostBehind(nat, "in"), x = _network.AddPublicHost("x");
            Listen(inside, 500);
            inside.SendUdp(500, new SimEndpoint(x.Address, 1), new byte[] { 1 });
            Advance(120100);
            x.SendUdp(1, new SimEndpoint(nat.PublicAddress, 500), new byte[] { 2 });
            Advance(100);
            Assert.Empty(_got);
        }

        [Fact]
        public void Neighbours_behind_one_nat_talk_directly_and_strangers_do_not()
        {
            SimNat nat = _network.AddNat(SimNatKind.Symmetric), other = _network.AddNat(SimNatKind.EndpointIndependent);
            SimHost a = _network.AddHostBehind(nat, "a"), b = _network.AddHostBehind(nat, "b"), c = _network.AddHostBehind(other, "c");
            Listen(b, 9);
            a.SendUdp(5, new SimEndpoint(b.Address, 9), new byte[] { 1 });
            c.SendUdp(5, new SimEndpoint(b.Address, 9), new byte[] { 2 });
            Advance(100);
            Assert.Equal("b: 1 from " + SimEndpoint.AddressText(a.Address) + ":5", Assert.Single(_got));
            Assert.Equal(1, _network.Unroutable);
        }

        [Fact]
        public void Direct_paths_are_possible_as_the_nat_kinds_allow()
        {
            SimNat cone = _network.AddNat(SimNatKind.EndpointIndependent), cone2 = _network.AddNat(SimNatKind.EndpointIndependent);
            SimNat sym = _network.AddNat(SimNatKind.Symmetric), sym2 = _network.AddNat(SimNatKind.Symmetric);
            SimHost open = _network.AddPublicHost("o"), a = _network.AddHostBehind(cone, "a"), b = _network.AddHostBehind(cone2, "b");
            SimHost s = _network.AddHostBehind(sym, "s"), s2 = _network.AddHostBehind(sym2, "s2"), sLan = _network.AddHostBehind(sym,
                "sLan");
            Assert.True(SimNetwork.DirectPathPossible(a, b));
            Assert.True(SimNetwork.DirectPathPossible(a, open));
            Assert.True(SimNetwork.DirectPathPossible(s, open));
            Assert.True(SimNetwork.DirectPathPossible(s, sLan));
            Assert.False(SimNetwork.DirectPathPossible(s, s2));
            Assert.False(SimNetwork.DirectPathPossible(s, a));
            Assert.False(SimNetwork.DirectPathPossible(a, s));
        }

        [Fact]
        public void Loss_is_as_asked_for_and_repeats_from_the_seed()
        {
            Assert.Equal(Survivors(7), Survivors(7));
            Assert.NotEqual(Survivors(7), Survivors(8));
            Assert.InRange(Survivors(7).Length, 700, 900);
        }

        [Fact]
        public void A_stream_delivers_everything_in_order_in_no_more_buffers_at_a_time_than_agreed()
        {
            SimHost client = _network.AddPublicHost("client"), server = _network.AddPublicHost("server");
            _network.AddName("server.sim", server.Address);
            _network.LossPermille = 100;
            EchoService echo = null;
            server.Serve(443, connection => echo = new EchoService(connection));
            TestSystem system = new TestSystem(_time, 8);
            Probe owner = system.NewProbe("owner");
            new SimStreamDialer(client).Dial(new StreamTarget { Host = "server.sim", Port = 443, Tls = true }, owner.Ref);
            Advance(59, system);
            owner.ExpectNone();
            Advance(1, system);
            IByteStream stream = ((StreamOpened)owner.Expect(typeof(StreamOpened))).Stream;

            byte[] sent = new byte[300000];
            new Random(3).NextBytes(sent);
            int written = 0, read = 0;
            byte[] got = new byte[sent.Length];
            for (int round = 0; round < 100000 && read < sent.Length; round++)
            {
                written += stream.Write(sent, written, Math.Min(5000, sent.Length - written));
                Advance(1, system);
                int lent = 0;
                PacketBuffer[] held = new PacketBuffer[StreamLimits.Buffers + 1];
                while (owner.Count > 0)
                {
                    if (owner.Next() is PacketBuffer buffer)
                    {
                        held[lent++] = buffer;
                        Array.Copy(buffer.Bytes, 0, got, read, buffer.Count);
                        read += buffer.Count;
                    }
                }
                Assert.InRange(lent, 0, StreamLimits.Buffers);
                for (int i = 0; i < lent; i++) held[i].Return();
            }
            Assert.True(sent.AsSpan().SequenceEqual(got));
            echo.Connection.CloseDown("done");
            Advance(2000, system);
            while (owner.Count > 1) Assert.IsNotType<StreamClosed>(owner.Next());
            Assert.IsType<StreamClosed>(owner.Next());
        }

        [Fact]
        public void Dials_fail_as_real_ones_do()
        {
            SimHost client = _network.AddPublicHost("client"), server = _network.AddPublicHost("server");
            TestSystem system = new TestSystem(_time, 8);
            Probe owner = system.NewProbe("owner");
            SimStreamDialer dialer = new SimStreamDialer(client);
            Assert.Equal(StreamFailure.NameNotFound, Fail(dialer, "nowhere.sim", owner, system));
            Assert.Equal(StreamFailure.Refused, Fail(dialer, SimEndpoint.AddressText(server.Address), owner, system));
            Assert.Equal(StreamFailure.Timeout, Fail(dialer, "198.51.100.250", owner, system));
            server.IsOnline = false;
            Assert.Equal(StreamFailure.Timeout, Fail(dialer, SimEndpoint.AddressText(server.Address), owner, system));
            client.IsOnline = false;
            Assert.Equal(StreamFailure.Unreachable, Fail(dialer, SimEndpoint.AddressText(server.Address), owner, system));
        }

        [Fact]
        public void Going_offline_breaks_streams_on_both_sides()
        {
            SimHost client = _network.AddPublicHost("client"), server = _network.AddPublicHost("server");
            EchoService echo = null;
            server.Serve(80, connection => echo = new EchoService(connection));
            TestSystem system = new TestSystem(_time, 8);
            Probe owner = system.NewProbe("owner");
            new SimStreamDialer(client).Dial(new StreamTarget { Address = SimEndpoint.AddressText(server.Address), Port = 80 }, owner.Ref);
            Advance(100, system);
            owner.Expect(typeof(StreamOpened));
            client.IsOnline = false;
            Advance(10, system);
            Assert.Equal("the network is gone", ((StreamClosed)owner.Expect(typeof(StreamClosed))).Reason);
            Assert.True(echo.IsClosed);
        }

        private int Fail(SimStreamDialer dialer, string host, Probe owner, TestSystem system)
        {
            dialer.Dial(new StreamTarget { Host = host, Port = 80, TimeoutMs = 3000 }, owner.Ref);
            Advance(3000, system);
            return ((StreamFailed)owner.Expect(typeof(StreamFailed))).Failure;
        }

        private static string Survivors(long seed)
        {
            VirtualClock time = new VirtualClock();
            SimNetwork network = new SimNetwork(time, seed) { LossPermille = 200 };
            SimHost a = network.AddPublicHost("a"), b = network.AddPublicHost("b");
            StringBuilder text = new StringBuilder();
            int port = b.OpenUdp(1, (source, datagram) => text.Append((char)datagram[0]));
            for (int i = 0; i < 1000; i++) a.SendUdp(1, new SimEndpoint(b.Address, port), new[] { (byte)('a' + i % 26) });
            for (; time.Ms < 100; time.Ms++) network.RunDue();
            return text.ToString();
        }

        private int Listen(SimHost host, int port)
        {
            return host.OpenUdp(port, (source, datagram) => _got.Add(host.Name + ": " + datagram[0] + " from " + source));
        }

        private void Advance(long ms, TestSystem system = null)
        {
            long end = _time.Ms + ms;
            while (true)
            {
                while (_network.RunDue())
                {
                }
                system?.RunToQuiet();
                if (_network.NextMs <= _time.Ms) continue;
                if (_network.NextMs > end) break;
                _time.Ms = _network.NextMs;
            }
            _time.Ms = end;
        }

        private sealed class EchoService : ISimService
        {
            public readonly SimConnection Connection;
            public bool IsClosed;

            public EchoService(SimConnection connection)
            {
                Connection = connection;
            }

            public void Receive(byte[] bytes) => Connection.SendDown(bytes);

            public void Closed() => IsClosed = true;

            public void Writable()
            {
            }
        }
    }
}
