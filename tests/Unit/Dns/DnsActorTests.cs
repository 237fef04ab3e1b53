using System.Collections.Generic;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Dns;
using MicroLink.Drivers;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Runtime;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit.Dns
{
    public sealed class DnsActorTests
    {
        private readonly TestSystem _system = new TestSystem();
        private readonly FakePort _port = new FakePort();
        private readonly Probe _node, _client;
        private readonly ActorRef _dns;

        public DnsActorTests()
        {
            _node = _system.NewProbe("node");
            _client = _system.NewProbe("client");
            MagicDns rules = new MagicDns();
            _dns = _system.Spawn("dns", Props.From(() => new DnsActor(_node.Ref, rules, _port, new CountingEntropy())).WithAsks(DnsActor.MaxPending));
            _dns.Tell(new SelfChanged(DnsText.Node(1, "me.example.ts.net.", new[] { "100.64.0.1" })));
            _dns.Tell(new DnsConfigChanged(new DnsConfig
            {
                Proxied = true, Domains = new[] { "example.ts.net" },
                Routes = new[] { new DnsRoute("corp", DnsText.Endpoints("10.0.0.1:53", "10.0.0.2:53"), false) },
            }));
            _system.RunToQuiet();
        }

        [Fact]
        public void A_query_is_answered_once_the_node_knows_the_name()
        {
            Ask("db.example.ts.net", DnsWire.A, "mark");
            FindNode find = (FindNode)_node.Expect(typeof(FindNode));
            Assert.Equal("db.example.ts.net", find.FullName);
            _node.Reply(new NodeFound(DnsText.Node(2, "db.example.ts.net.", new[] { "100.64.0.2" })));
            Assert.Equal("0 1 0 100.64.0.2 ttl 5", Answer("mark"));
        }

        [Fact]
        public void An_unknown_name_is_denied()
        {
            Ask("nobody.example.ts.net", DnsWire.A, null);
            _node.Expect(typeof(FindNode));
            _node.Reply(new NodeFound(null));
            Assert.Equal("3 0 1", Answer(null));
        }

        [Fact]
        public void A_node_that_does_not_answer_costs_the_query_only()
        {
            Ask("db.example.ts.net", DnsWire.A, null);
            _system.Advance(3000);
            Assert.Equal("2 0 0", Answer(null));
            _node.Clear();
            A_query_is_answered_once_the_node_knows_the_name();
        }

        [Fact]
        public void One_question_more_than_there_is_room_for_is_told_to_try_again()
        {
            for (int i = 0; i <= DnsActor.MaxPending; i++) Ask("n" + i + ".example.ts.net", DnsWire.A, i);
            Assert.Equal("2 0 0", Answer(DnsActor.MaxPending));
            _dns.Tell(DnsStatusQuery.Instance);
            for (int i = 0; i < DnsActor.MaxPending; i++)
            {
                _node.Expect(typeof(FindNode));
                _node.Reply(new NodeFound(null));
                Assert.Equal("3 0 1", Answer(i));
            }
        }

        [Fact]
        public void Split_DNS_asks_the_resolvers_in_turn_and_gives_their_answer_back()
        {
            byte[] query = Ask("x.corp", DnsWire.A, "tag");
            _node.Expect(typeof(FindNode));
            _node.Reply(new NodeFound(null));
            _system.RunToQuiet();
            Assert.Equal("10.0.0.1:53", _port.Sent[0].To);
            Assert.NotEqual(query[..2], _port.Sent[0].Bytes[..2]);
            Assert.Equal(query[2..], _port.Sent[0].Bytes[2..]);
            _system.Advance(1000);
            Assert.Equal("10.0.0.2:53", _port.Sent[1].To);

            byte[] answer = (byte[])_port.Sent[1].Bytes.Clone();
            answer[2] |= 0x80;
            Tell(answer, "10.0.0.3:53");              // not a resolver that was asked
            _client.ExpectNone();
            Tell((byte[])answer.Clone(), "10.0.0.1:53");              // slower than a second, but it counts
            ServiceReply reply = (ServiceReply)_client.Expect(typeof(ServiceReply));
            Assert.Equal("tag", reply.Tag);
            Assert.Equal(query[..2], reply.Bytes[..2]);
            Tell(answer, "10.0.0.2:53");              // the second answer is a stray
            _client.ExpectNone();
            Assert.Equal(2, _port.Sent.Count);
        }

        [Fact]
        public void Silent_resolvers_end_in_servfail_after_two_rounds()
        {
            Ask("x.corp", DnsWire.A, null);
            _node.Expect(typeof(FindNode));
            _node.Reply(new NodeFound(null));
            _system.RunToQuiet();
            _system.Advance(3999);
            _client.ExpectNone();
            Assert.Equal(4, _port.Sent.Count);
            _system.Advance(1);
            Assert.Equal("2 0 0", Answer(null));
        }

        [Fact]
        public void An_answer_to_another_question_is_a_stray()
        {
            Ask("x.corp", DnsWire.A, null);
            _node.Expect(typeof(FindNode));
            _node.Reply(new NodeFound(null));
            _system.RunToQuiet();
            byte[] answer = (byte[])_port.Sent[0].Bytes.Clone();
            answer[2] |= 0x80;
            answer[13] = (byte)'y';
            Tell(answer, "10.0.0.1:53");
            for (int count = 0; count < answer.Length; count++) Tell(answer[..count], "10.0.0.1:53");
            _client.ExpectNone();
        }

        [Fact]
        public void Malformed_queries_are_answered_or_ignored_as_the_standard_says()
        {
            byte[] query = DnsText.Query("a.b", DnsWire.A);
            _client.Send(_dns, new ServiceQuery(query, 14, null));
            _client.Send(_dns, new ServiceQuery(query, 5, null));
            _system.RunToQuiet();
            ServiceReply reply = (ServiceReply)_client.Expect(typeof(ServiceReply));
            Assert.Equal((12, DnsWire.FormErr), (reply.Count, reply.Bytes[3] & 15));
            _client.ExpectNone();
        }

        [Fact]
        public void A_short_name_is_looked_up_with_the_search_domain()
        {
            _client.Send(_dns, new LookupName("DB"));
            _system.RunToQuiet();
            PeerRow db = DnsText.Node(2, "db.example.ts.net.", new[] { "100.64.0.2", "fd7a:115c:a1e0::2" });
            for (int i = 0; i < 2; i++)
            {
                Assert.Equal("db.example.ts.net", ((FindNode)_node.Expect(typeof(FindNode))).FullName);
                _node.Reply(new NodeFound(db));
                _system.RunToQuiet();
            }
            NameFound found = (NameFound)_client.Expect(typeof(NameFound));
            Assert.Equal("db.example.ts.net", found.Name);
            Assert.Equal(DnsText.Address("100.64.0.2"), found.Addresses);
        }

        [Fact]
        public void A_name_nobody_has_is_one_sentence()
        {
            _client.Send(_dns, new LookupName("nobody"));
            _system.RunToQuiet();
            _node.Expect(typeof(FindNode));
            _node.Reply(new NodeFound(null));
            _system.RunToQuiet();
            Assert.Contains("'nobody'", ((NameFound)_client.Expect(typeof(NameFound))).Error);
        }

        /// <summary>What a proxy or a program of ours asks for, outside of the tailnet: both kinds of addresses from control's resolver.</summary>
        [Fact]
        public void A_look_up_of_a_name_with_resolvers_asks_them()
        {
            LookUp("www.corp");
            Assert.Equal("10.0.0.1:53", _port.Sent[0].To);
            byte[] answer = Answered(_port.Sent[0].Bytes, 5, new byte[] { 0 }, DnsWire.A, new byte[] { 192, 0, 2, 7 });   // an alias before it
            Tell(answer, "10.0.0.1:53");
            _node.Expect(typeof(FindNode));
            _node.Reply(new NodeFound(null));
            _system.RunToQuiet();
            Assert.Equal(new byte[] { 0, DnsWire.Aaaa }, _port.Sent[1].Bytes[^4..^2]);
            Tell(Answered(_port.Sent[1].Bytes, DnsWire.Aaaa, DnsText.Address("2001:db8::7"), 0, null), "10.0.0.1:53");
            NameFound found = (NameFound)_client.Expect(typeof(NameFound));
            Assert.Null(found.Error);
            Assert.Equal("www.corp", found.Name);
            Assert.Equal(DnsText.Address("192.0.2.7"), found.Addresses[..16]);
            Assert.Equal(DnsText.Address("2001:db8::7"), found.Addresses[16..]);
        }

        [Fact]
        public void A_look_up_that_no_resolver_answers_ends_in_a_sentence_and_frees_its_place()
        {
            for (int round = 0; round < 2 * DnsActor.MaxPending; round++)
            {
                LookUp("www.corp");
                _system.Advance(4000);
                Assert.Contains("'www.corp'", ((NameFound)_client.Expect(typeof(NameFound))).Error);
            }
        }

        [Fact]
        public void Look_ups_beyond_the_places_are_told_to_come_again()
        {
            for (int i = 0; i < DnsActor.MaxPending; i++) LookUp("w" + i + ".corp");
            _client.Send(_dns, new LookupName("one.corp"));
            _system.RunToQuiet();
            Assert.True(((NameFound)_client.Expect(typeof(NameFound))).Busy);
        }

        /// <summary>Who asked by TCP gets all of it from the resolver by TCP; who asked by UDP asks again.</summary>
        [Fact]
        public void A_cut_answer_says_who_has_all_of_it()
        {
            Ask("x.corp", DnsWire.A, "tag");
            _node.Expect(typeof(FindNode));
            _node.Reply(new NodeFound(null));
            _system.RunToQuiet();
            byte[] answer = (byte[])_port.Sent[0].Bytes.Clone();
            answer[2] |= 0x82;
            Tell(answer, "10.0.0.1:53");
            ServiceReply reply = (ServiceReply)_client.Expect(typeof(ServiceReply));
            Assert.Equal(DnsText.Endpoints("10.0.0.1:53", "10.0.0.2:53"), reply.Resolvers);
        }

        [Fact]
        public void Answers_cut_anywhere_or_changed_anywhere_are_read_within_their_bounds()
        {
            byte[] query = DnsText.Query("www.corp", DnsWire.A);
            byte[] answer = Answered(query, 5, new byte[] { 3, (byte)'w', (byte)'w', (byte)'w', 0xC0, 12 }, DnsWire.A, new byte[] { 192, 0, 2, 7 });
            byte[] into = new byte[16 * DnsAnswer.MaxAddresses];
            Assert.Equal(1, DnsAnswer.ReadAddresses(answer, answer.Length, DnsWire.A, into, 0));
            for (int count = 0; count < answer.Length; count++)
                Assert.True(DnsAnswer.ReadAddresses(answer[..count], count, DnsWire.A, into, 0) <= 0);
            for (int at = 0; at < answer.Length; at++)
            {
                for (int value = 0; value < 256; value += 5)
                {
                    byte[] changed = (byte[])answer.Clone();
                    changed[at] = (byte)value;
                    Assert.InRange(DnsAnswer.ReadAddresses(changed, changed.Length, DnsWire.A, into, 0), -1, DnsAnswer.MaxAddresses);
                }
            }
        }

        private void LookUp(string name)
        {
            _client.Send(_dns, new LookupName(name));
            _system.RunToQuiet();
            _node.Expect(typeof(FindNode));
            _node.Reply(new NodeFound(null));
            _system.RunToQuiet();
        }

        /// <summary>The query as its answer, with one record or two; a type of 0 leaves the second out.</summary>
        private static byte[] Answered(byte[] query, int type1, byte[] data1, int type2, byte[] data2)
        {
            List<byte> answer = new List<byte>(query);
            answer[2] |= 0x80;
            answer[7] = (byte)(type2 == 0 ? 1 : 2);
            foreach ((int type, byte[] data) in new[] { (type1, data1), (type2, data2) })
            {
                if (type == 0) continue;
                answer.AddRange(new byte[] { 0xC0, 12, 0, (byte)type, 0, 1, 0, 0, 0, 60, 0, (byte)data.Length });
                answer.AddRange(data);
            }
            return answer.ToArray();
        }

        private byte[] Ask(string name, int type, object tag)
        {
            byte[] query = DnsText.Query(name, type);
            _client.Send(_dns, new ServiceQuery(query, query.Length, tag));
            _system.RunToQuiet();
            return query;
        }

        private string Answer(object tag)
        {
            _system.RunToQuiet();
            ServiceReply reply = (ServiceReply)_client.Expect(typeof(ServiceReply));
            Assert.Equal(tag, reply.Tag);
            return DnsText.Read(reply.Bytes, reply.Count);
        }

        private void Tell(byte[] answer, string from)
        {
            _dns.Tell(new DatagramReceived(answer, DnsText.Endpoints(from)));
            _system.RunToQuiet();
        }

        private sealed class FakePort : IDatagramPort
        {
            public readonly List<(byte[] Bytes, string To)> Sent = new List<(byte[], string)>();

            public string Error => null;

            public void Attach(ActorRef owner) { }

            public bool Send(byte[] packet, int count, byte[] endpoint)
            {
                Sent.Add((packet[..count], NetEndpoint.Format(endpoint, 0)));
                return true;
            }

            public void Close() { }
        }

        private sealed class CountingEntropy : IEntropy
        {
            private byte _next = 0xA0;

            public void Fill(byte[] bytes, int offset, int count)
            {
                for (int i = 0; i < count; i++) bytes[offset + i] = _next++;
            }
        }
    }
}
