using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using MicroLink.Bytes;
using MicroLink.Drivers.Desktop;
using MicroLink.Native;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit.Drivers
{
    public sealed class DesktopPartsTests
    {
        [Fact]
        public void The_ring_keeps_order_and_never_takes_more_than_fits()
        {
            const int Seed = 99;
            Random random = new Random(Seed);
            OutputRing ring = new OutputRing(64);
            byte next = 0, expected = 0;
            for (int round = 0; round < 10000; round++)
            {
                byte[] offer = new byte[random.Next(0, 90)];
                for (int i = 0; i < offer.Length; i++) offer[i] = (byte)(next + i);
                int free = ring.Free;
                int taken = ring.Put(offer, 0, offer.Length);
                Assert.True(taken == Math.Min(offer.Length, free), "seed " + Seed + " round " + round);
                next += (byte)taken;
                ReadOnlySpan<byte> piece = ring.Peek().Span;
                int used = random.Next(0, piece.Length + 1);
                for (int i = 0; i < used; i++) Assert.True(piece[i] == expected++, "seed " + Seed + " round " + round);
                ring.Drop(used);
            }
        }

        [Fact]
        public void Addresses_alternate_between_the_families_v4_first()
        {
            IPAddress[] found = { IPAddress.Parse("::2"), IPAddress.Parse("::3"), IPAddress.Parse("::4"), IPAddress.Parse("10.0.0.1"),
                IPAddress.Parse("10.0.0.2") };
            Assert.Equal("10.0.0.1 ::2 10.0.0.2 ::3 ::4", string.Join(" ", (object[])AddressRace.Interleave(found)));
        }

        [Fact]
        public void Addresses_have_sixteen_bytes()
        {
            byte[] bytes = AddressBytes.Of(new[] { IPAddress.Parse("1.2.3.4"), IPAddress.Parse("2001:db8::1") });
            Assert.Equal("00000000000000000000FFFF01020304" + "20010DB8000000000000000000000001", Convert.ToHexString(bytes));
            Assert.Equal("1.2.3.4", AddressBytes.Read(bytes, 0).ToString());
            Assert.Equal("2001:db8::1", AddressBytes.Read(bytes, 16).ToString());
        }

        [Fact]
        public void A_datagram_port_of_short_life_sends_from_another_port_and_hears_answers_to_the_one_before()
        {
            TestSystem system = new TestSystem();
            Probe owner = system.NewProbe("owner");
            system.RunToQuiet();
            using Socket resolver = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000 };
            resolver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            byte[] endpoint = new byte[NetEndpoint.Length];
            AddressBytes.Write(IPAddress.Loopback, endpoint, 0);
            NetEndpoint.SetPort(endpoint, 0, ((IPEndPoint)resolver.LocalEndPoint).Port);
            DesktopDatagramPort port = new DesktopDatagramPort(1);
            port.Attach(owner.Ref);
            EndPoint[] from = new EndPoint[3];
            for (int i = 0; i < from.Length; i++)
            {
                long sent = Environment.TickCount64;
                Assert.True(port.Send(new byte[] { 7 }, 1, endpoint), port.Error);
                from[i] = new IPEndPoint(IPAddress.Any, 0);
                resolver.ReceiveFrom(new byte[10], ref from[i]);
                SpinWait.SpinUntil(() => Environment.TickCount64 - sent > 2);
            }
            Assert.True(!from[0].Equals(from[1]) && !from[1].Equals(from[2]), from[0] + " " + from[1] + " " + from[2]);
            resolver.SendTo(new byte[] { 1 }, from[1]);
            resolver.SendTo(new byte[] { 2 }, from[2]);
            Assert.True(SpinWait.SpinUntil(() => { system.RunToQuiet(); return owner.Count == 2; }, 5000));
            port.Close();
        }

        [Fact]
        public void The_desktop_clock_is_the_clock_of_the_native_pump()
        {
            DesktopClock clock = new DesktopClock();
            long before = clock.NowMs, native = Pump.NowMs(), after = clock.NowMs;
            Assert.InRange(native, before, after);
        }

        [Fact]
        public void Diffie_hellman_jobs_are_computed_and_low_order_points_refused()
        {
            DhJob job = new DhJob { BasePoint = true };
            job.Private[0] = 8;
            job.Private[31] = 64;
            DesktopDhWorker.Compute(job);
            Assert.True(job.Ok);
            DhJob low = new DhJob();
            low.Private[0] = 8;
            low.Private[31] = 64;
            DesktopDhWorker.Compute(low);   // the public key is all zero
            Assert.False(low.Ok);
        }
    }
}
