using System;
using MicroLink.Dns;
using Xunit;

namespace MicroLink.Tests.Unit.Dns
{
    public sealed class DnsWireTests
    {
        private readonly DnsQuestion _question = new DnsQuestion();

        [Fact]
        public void A_query_is_read_and_its_name_is_lower_case()
        {
            byte[] query = DnsText.Query("Host.Example.TS.net", DnsWire.A);
            Assert.Equal(DnsWire.NoError, DnsWire.ReadQuery(query, 0, query.Length, _question));
            Assert.Equal("host.example.ts.net", _question.NameText());
            Assert.Equal((0x1234, DnsWire.A, 1), (_question.Id, _question.Type, _question.Class));
            Assert.Equal(query.Length - 12, _question.WireLength);
        }

        [Theory]
        [InlineData(0x8100, -1)]                // an answer is never answered: two resolvers would talk for ever
        [InlineData(0x2900, DnsWire.NotImp)]    // opcode UPDATE
        public void Other_kinds_of_message(int bits, int code)
        {
            byte[] query = DnsText.Query("a.b", DnsWire.A, bits: bits);
            Assert.Equal(code, DnsWire.ReadQuery(query, 0, query.Length, _question));
        }

        [Fact]
        public void A_query_cut_anywhere_is_malformed_or_ignored()
        {
            byte[] query = DnsText.Query("host.example.ts.net", DnsWire.A);
            for (int count = 0; count < query.Length; count++)
            {
                byte[] cut = query.AsSpan(0, count).ToArray();
                Assert.Equal(count < 12 ? -1 : DnsWire.FormErr, DnsWire.ReadQuery(cut, 0, count, _question));
            }
        }

        [Fact]
        public void Names_that_have_no_text_are_malformed()
        {
            foreach (string name in new[] { new string('a', 64), "a b.c", "a\u00e4.c", string.Join(".", new string('a', 63), new string('b', 63),
                new string('c', 63), new string('d', 62)) })
            {
                byte[] query = DnsText.Query(name, DnsWire.A);
                Assert.Equal(DnsWire.FormErr, DnsWire.ReadQuery(query, 0, query.Length, _question));
            }
            byte[] pointer = DnsText.Query("a.b", DnsWire.A);
            pointer[12] = 0xC0;
            Assert.Equal(DnsWire.FormErr, DnsWire.ReadQuery(pointer, 0, pointer.Length, _question));
        }

        [Fact]
        public void The_answer_repeats_the_question_as_it_was_asked()
        {
            byte[] query = DnsText.Query("HoSt.ts.net", DnsWire.A), answer = new byte[512];
            DnsWire.ReadQuery(query, 0, query.Length, _question);
            int end = DnsWire.WriteAddress(answer, DnsWire.WriteHead(answer, _question, query, 0, DnsWire.NoError), DnsText.Address("100.64.0.7"), 0);
            // id 1234, QR AA RD RA, 1 question, 1 answer.
            Assert.Equal("123485800001000100000000" + Convert.ToHexString(query, 12, query.Length - 12) + "C00C000100010000000500046440" + "0007",
                Convert.ToHexString(answer, 0, end));
        }

        [Fact]
        public void A_denial_carries_the_zone_that_it_speaks_for()
        {
            byte[] query = DnsText.Query("x.ts.net", DnsWire.A), answer = new byte[512];
            DnsWire.ReadQuery(query, 0, query.Length, _question);
            int end = DnsWire.WriteNegative(answer, DnsWire.WriteHead(answer, _question, query, 0, DnsWire.NxDomain), "ts.net");
            const string Zone = "02747303" + "6E657400";
            Assert.Equal("123485830001000000010000" + Convert.ToHexString(query, 12, query.Length - 12) + Zone + "000600010000000A0024" + Zone + Zone
                + "00000001" + "0000000A0000000A0000000A0000000A", Convert.ToHexString(answer, 0, end));
        }

        [Fact]
        public void What_does_not_fit_is_left_out()
        {
            byte[] query = DnsText.Query("host.ts.net", DnsWire.A), small = new byte[query.Length + 15];
            DnsWire.ReadQuery(query, 0, query.Length, _question);
            int end = DnsWire.WriteHead(small, _question, query, 0, 0);
            Assert.Equal(-1, DnsWire.WriteAddress(small, end, DnsText.Address("100.64.0.7"), 0));
            Assert.Equal(-1, DnsWire.WritePointer(small, end, "host.ts.net"));
            Assert.Equal(-1, DnsWire.WriteNegative(small, end, "ts.net"));
        }

        [Fact]
        public void Random_bytes_never_throw()
        {
            int seed = Environment.TickCount;
            Random random = new Random(seed);
            try
            {
                for (int i = 0; i < 20000; i++)
                {
                    byte[] packet = DnsText.Query("host.example.ts.net", DnsWire.A);
                    for (int flips = random.Next(1, 8); flips > 0; flips--) packet[random.Next(packet.Length)] = (byte)random.Next(256);
                    DnsWire.ReadQuery(packet, 0, random.Next(packet.Length + 1), _question);
                }
            }
            catch (Exception error)
            {
                throw new InvalidOperationException("seed " + seed, error);
            }
        }

        [Theory]
        [InlineData("1.2.64.100.in-addr.arpa", "100.64.2.1", "64.100.in-addr.arpa")]
        [InlineData("255.0.127.100.in-addr.arpa", "100.127.0.255", "127.100.in-addr.arpa")]
        [InlineData("1.2.128.100.in-addr.arpa", "100.128.2.1", null)]
        [InlineData("4.4.8.8.in-addr.arpa", "8.8.4.4", null)]
        [InlineData("7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.e.1.a.c.5.1.1.a.7.d.f.ip6.arpa", "fd7a:115c:a1e0::7", "0.e.1.a.c.5.1.1.a.7.d.f.ip6.arpa")]
        public void Reverse_names(string name, string address, string zone)
        {
            byte[] parsed = new byte[16];
            Assert.True(ReverseName.TryAddress(name, parsed));
            Assert.Equal(DnsText.Address(address), parsed);
            Assert.Equal(zone != null, ReverseName.IsOurs(name, out string found));
            Assert.Equal(zone, found);
        }

        [Theory]
        [InlineData("2.64.100.in-addr.arpa")]
        [InlineData("1.1.2.64.100.in-addr.arpa")]
        [InlineData("256.2.64.100.in-addr.arpa")]
        [InlineData("01.2.64.100.in-addr.arpa")]
        [InlineData("..64.100.in-addr.arpa")]
        [InlineData("x.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.e.1.a.c.5.1.1.a.7.d.f.ip6.arpa")]
        [InlineData("in-addr.arpa")]
        public void Names_that_are_no_reverse_name(string name)
        {
            Assert.False(ReverseName.TryAddress(name, new byte[16]));
        }
    }
}
