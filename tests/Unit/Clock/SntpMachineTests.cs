using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using MicroLink.Bytes;
using MicroLink.Clock;
using MicroLink.Tests.Unit.Disco;
using Xunit;

namespace MicroLink.Tests.Unit.Clock
{
    /// <summary>The SNTP client against servers of every kind (RFC 4330).</summary>
    public sealed class SntpMachineTests
    {
        private const long Nov2026 = 1795824000000;

        private long _now = 5000;

        [Theory]
        [InlineData(0)]
        [InlineData(120)]
        [InlineData(4000)]
        public void A_lone_server_gives_the_date_with_half_the_round_trip_added(int tripMs)
        {
            SntpMachine sntp = Start("a");
            Request request = Assert.Single(Ask(sntp));
            Assert.Equal(0x23, request.Packet[0]);
            Assert.All(request.Packet[1..40], b => Assert.Equal(0, b));
            _now += tripMs;
            Answer(sntp, request, Nov2026 - tripMs / 2);
            Assert.True(sntp.TakeTime());
            Assert.False(sntp.TakeTime());
            Assert.Equal(Nov2026, _now + sntp.OffsetMs);
            Assert.Equal(_now + SntpMachine.RepeatMs, sntp.Deadline);
            Assert.Null(sntp.Trouble);
        }

        [Fact]
        public void Two_of_three_decide_at_once_and_a_liar_is_outvoted()
        {
            SntpMachine sntp = Start("a", "b", "c");
            List<Request> requests = Ask(sntp);
            Answer(sntp, requests[0], 4102444799000);
            Assert.False(sntp.TakeTime());
            Answer(sntp, requests[1], Nov2026);
            Assert.False(sntp.TakeTime());
            Answer(sntp, requests[2], Nov2026 + 900);
            Assert.True(sntp.TakeTime());
            Assert.InRange(_now + sntp.OffsetMs, Nov2026, Nov2026 + 900);
        }

        [Fact]
        public void Servers_that_contradict_each_other_give_nothing()
        {
            SntpMachine sntp = Start("a", "b");
            List<Request> requests = Ask(sntp);
            Answer(sntp, requests[0], Nov2026);
            Answer(sntp, requests[1], Nov2026 + 86400000);
            Assert.False(sntp.TakeTime());
            Assert.Equal("The time servers contradict each other.", sntp.Trouble);
            Assert.Equal(_now + SntpMachine.FirstPauseMs, sntp.Deadline);
        }

        [Fact]
        public void One_answer_counts_when_the_others_stay_silent()
        {
            SntpMachine sntp = Start("a", "b", "c");
            Answer(sntp, Ask(sntp)[1], Nov2026);
            Assert.False(sntp.TakeTime());
            _now = sntp.Deadline;
            sntp.HandleTimeout(_now);
            Assert.True(sntp.TakeTime());
        }

        [Theory]
        [InlineData(0, 0x23)]       // a client's packet
        [InlineData(0, 0xE4)]       // leap 3: the server's clock is not set
        [InlineData(0, 0x2C)]       // version 5
        [InlineData(1, 16)]         // stratum 16: not synchronised
        [InlineData(4, 0x01)]       // root delay of 256 s
        [InlineData(24, 0x55)]      // not our nonce
        [InlineData(40, 0)]         // sent in 1900 or 2036, before it was received
        public void Other_packets_are_no_answer(int at, byte value)
        {
            SntpMachine sntp = Start("a");
            Request request = Ask(sntp)[0];
            byte[] packet = Packet(request, Nov2026);
            packet[at] = value;
            if (at == 40) packet[41] = packet[42] = packet[43] = 0;
            sntp.HandleDatagram(packet, packet.Length, request.Endpoint, _now);
            sntp.HandleDatagram(packet, 47, request.Endpoint, _now);
            Assert.False(sntp.TakeTime());
            // What is nothing of ours changes nothing: the right answer still counts.
            bool foreign = at is 24 || value == 0x23;
            Answer(sntp, request, Nov2026);
            Assert.Equal(foreign, sntp.TakeTime());
        }

        [Fact]
        public void An_answer_from_elsewhere_or_for_an_earlier_request_does_not_count()
        {
            SntpMachine sntp = Start("a");
            Request old = Ask(sntp)[0];
            byte[] elsewhere = (byte[])old.Endpoint.Clone();
            elsewhere[15] ^= 1;
            byte[] packet = Packet(old, Nov2026);
            sntp.HandleDatagram(packet, 48, elsewhere, _now);
            Assert.False(sntp.TakeTime());
            Next(sntp);
            Next(sntp);
            Ask(sntp);
            sntp.HandleDatagram(packet, 48, old.Endpoint, _now);
            Assert.False(sntp.TakeTime());
        }

        [Theory]
        [InlineData(1596412800000)]     // 2020
        [InlineData(4102444800000)]     // 2100
        public void A_time_that_cannot_be_is_no_time(long unixMs)
        {
            SntpMachine sntp = Start("a");
            Answer(sntp, Ask(sntp)[0], unixMs);
            Assert.False(sntp.TakeTime());
            Assert.NotNull(sntp.Trouble);
        }

        [Fact]
        public void The_seconds_go_on_behind_2036()
        {
            const long In2037 = 2130000000000;
            SntpMachine sntp = Start("a");
            Answer(sntp, Ask(sntp)[0], In2037);
            Assert.True(sntp.TakeTime());
            Assert.Equal(In2037, _now + sntp.OffsetMs);
        }

        [Fact]
        public void A_kiss_of_death_keeps_a_server_unasked_for_an_hour()
        {
            SntpMachine sntp = Start("a", "b");
            List<Request> requests = Ask(sntp);
            byte[] kiss = Packet(requests[0], Nov2026);
            kiss[1] = 0;
            sntp.HandleDatagram(kiss, 48, requests[0].Endpoint, _now);
            Next(sntp);
            int asked = 0;
            while (sntp.Deadline < SntpMachine.RefusedMs)
            {
                Next(sntp);
                foreach (Request request in Ask(sntp))
                {
                    Assert.Equal(requests[1].Endpoint, request.Endpoint);
                    asked++;
                }
            }
            Assert.InRange(asked, 3, 12);
            for (int i = 0; i < 10; i++) Next(sntp);
            Assert.Contains(Ask(sntp, 10), r => r.Endpoint.SequenceEqual(requests[0].Endpoint));
        }

        /// <summary>RFC 4330 section 10: never more often than every 15 s, and ever more rarely.</summary>
        [Fact]
        public void Silent_servers_are_asked_ever_more_rarely_and_for_ever()
        {
            SntpMachine sntp = Start("a");
            List<long> times = new List<long>();
            while (_now < 24 * 3600000L)
            {
                if (Ask(sntp).Count > 0) times.Add(_now);
                Next(sntp);
            }
            for (int i = 1; i < times.Count; i++) Assert.InRange(times[i] - times[i - 1], 15000, 1100000);
            Assert.InRange(times.Count, 70, 120);
            Assert.Equal("No time server answered.", sntp.Trouble);
        }

        [Fact]
        public void Without_a_network_the_names_are_tried_every_half_minute()
        {
            SntpMachine sntp = Start("a");
            int asked = 0;
            while (_now < 3600000)
            {
                for (string name = sntp.PollResolve(out int tag); name != null; name = sntp.PollResolve(out tag))
                {
                    asked++;
                    sntp.HandleResolved(tag, new byte[0], _now);
                }
                Next(sntp);
            }
            Assert.InRange(asked, 100, 140);
            Assert.Contains("network", sntp.Trouble);
            // The network comes.
            Request request = Assert.Single(Ask(sntp));
            Answer(sntp, request, Nov2026);
            Assert.True(sntp.TakeTime());
        }

        [Fact]
        public void A_stopped_client_asks_nobody_and_may_start_again()
        {
            SntpMachine sntp = Start("a");
            Request request = Ask(sntp)[0];
            sntp.HandleStop();
            Assert.Equal(Output.Never, sntp.Deadline);
            Answer(sntp, request, Nov2026);
            Assert.False(sntp.TakeTime());
            Assert.Empty(Ask(sntp));
            sntp.HandleStart(_now);
            Assert.Single(Ask(sntp));
        }

        [Fact]
        public void Random_packets_never_throw_and_never_give_a_date()
        {
            Random random = new Random(7);
            SntpMachine sntp = Start("a", "b", "c", "d");
            for (int i = 0; i < 20000; i++)
            {
                List<Request> requests = Ask(sntp);
                foreach (Request request in requests)
                {
                    byte[] packet = Packet(request, Nov2026);
                    // Damaged in the nonce in any case.
                    packet[24 + random.Next(8)] ^= (byte)(1 << random.Next(8));
                    for (int n = random.Next(6); n > 0; n--) packet[random.Next(24)] = (byte)random.Next(256);
                    sntp.HandleDatagram(packet, random.Next(49), request.Endpoint, _now);
                }
                Next(sntp);
                Assert.False(sntp.TakeTime());
            }
        }

        private SntpMachine Start(params string[] names)
        {
            SntpMachine sntp = new SntpMachine(names, new SeedEntropy(1));
            sntp.HandleStart(_now);
            return sntp;
        }

        private void Next(SntpMachine sntp)
        {
            _now = Math.Max(_now, sntp.Deadline);
            sntp.HandleTimeout(_now);
        }

        private List<Request> Ask(SntpMachine sntp, int rounds)
        {
            List<Request> all = new List<Request>();
            for (int i = 0; i < rounds; i++)
            {
                all.AddRange(Ask(sntp));
                Next(sntp);
            }
            return all;
        }

        /// <summary>Resolves every name to an address of its own and takes the requests.</summary>
        private List<Request> Ask(SntpMachine sntp)
        {
            for (string name = sntp.PollResolve(out int tag); name != null; name = sntp.PollResolve(out tag))
            {
                byte[] address = new byte[16];
                NetEndpoint.ParseAddress("192.0.2." + (name[0] - 'a' + 1), address, 0);
                sntp.HandleResolved(tag, address, _now);
            }
            List<Request> all = new List<Request>();
            byte[] packet = new byte[SntpWire.Length], endpoint = new byte[NetEndpoint.Length];
            while (sntp.PollTransmit(packet, endpoint, out int server))
            {
                Assert.Equal(123, NetEndpoint.Port(endpoint, 0));
                all.Add(new Request((byte[])packet.Clone(), (byte[])endpoint.Clone()));
                sntp.HandleSent(server, true, _now);
            }
            return all;
        }

        private void Answer(SntpMachine sntp, Request request, long unixMs)
        {
            sntp.HandleDatagram(Packet(request, unixMs), SntpWire.Length, request.Endpoint, _now);
        }

        private static byte[] Packet(Request request, long unixMs)
        {
            byte[] packet = new byte[SntpWire.Length];
            packet[0] = 0x24;
            packet[1] = 2;
            request.Packet.AsSpan(40, 8).CopyTo(packet.AsSpan(24));
            for (int at = 32; at <= 40; at += 8)
            {
                BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(at), (uint)(unixMs / 1000 + 2208988800L));
                // Rounded up, so that whole milliseconds come back.
                BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(at + 4), (uint)((((unixMs % 1000) << 32) + 999) / 1000));
            }
            return packet;
        }

        private sealed record Request(byte[] Packet, byte[] Endpoint);
    }
}
