using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.NetIo;
using MicroLink.Runtime;

namespace MicroLink.Dns
{
    /// <summary>
    /// The tailnet's names: answers queries that came to 100.100.100.100 and look-ups of this program, by the rules of <see cref="MagicDns"/>;
    /// asks the node who has a name, and other people's resolvers for what is not ours.
    /// </summary>
    public sealed class DnsActor : Actor
    {
        /// <summary>Questions under way at once; one more is told to try again (SERVFAIL).</summary>
        public const int MaxPending = 8;
        /// <summary>Error of a look-up that may be repeated in a moment.</summary>
        public const string TooManyNames = "Too many names are being looked up; try again.";
        private const int ForwardTimer = 0;
        private const int AskMs = 2000;
        /// <summary>Room for any answer of ours: a question (259), a PTR record (12 + 255) or an SOA of three names.</summary>
        private const int AnswerRoom = 1232;

        private readonly ActorRef _node;
        private readonly IDatagramPort _port;
        private readonly MagicDns _rules;
        private readonly DnsForwards _forwards;
        private readonly DnsPending[] _pending = new DnsPending[MaxPending];
        private readonly ServiceQuery[] _forwarded = new ServiceQuery[DnsForwards.Slots];
        private readonly ActorRef[] _forwardedFrom = new ActorRef[DnsForwards.Slots];
        private readonly byte[][] _forwardedTo = new byte[DnsForwards.Slots][];
        private readonly DnsPending[] _forwardedLookup = new DnsPending[DnsForwards.Slots];
        private readonly byte[] _packet = new byte[DnsWire.MaxUdpLength];
        private readonly byte[] _endpoint = new byte[NetEndpoint.Length];
        private readonly DnsStatus _counters = new DnsStatus();

        /// <param name="node">Answers <see cref="FindNode"/>.</param>
        /// <param name="rules">Made outside, so that a restarted actor still knows the configuration.</param>
        /// <param name="port">For resolvers outside of the tunnel; null = nothing is forwarded.</param>
        public DnsActor(ActorRef node, MagicDns rules, IDatagramPort port, IEntropy entropy)
        {
            _node = node;
            _rules = rules;
            _port = port;
            _forwards = new DnsForwards(entropy);
            for (int i = 0; i < MaxPending; i++) _pending[i] = new DnsPending();
        }

        protected override void OnStart()
        {
            if (_port != null) _port.Attach(Self);
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case ServiceQuery query: OnQuery(query); break;
                case LookupName lookup: OnLookup(lookup); break;
                case NodeFound found: OnFound(found); break;
                case AskTimeout _: OnFound(null); break;
                case DatagramReceived datagram: OnDatagram(datagram); break;
                case ForwardDue _: OnForwardDue(); break;
                case SelfChanged self: _rules.HandleSelf(self.Self); break;
                case DnsConfigChanged config: _rules.HandleConfig(config.Config); break;
                case DnsStatusQuery _: Reply(Status()); break;
                default: throw new System.ArgumentException(message.GetType().Name);
            }
        }

        private void OnQuery(ServiceQuery query)
        {
            DnsPending slot = Free();
            DnsQuestion question = slot == null ? new DnsQuestion() : slot.Question;
            int code = DnsWire.ReadQuery(query.Bytes, 0, query.Count, question);
            if (code == DnsWire.NoError && slot != null)
            {
                slot.Busy = true;
                slot.Query = query;
                slot.Asker = Sender;
                _rules.Begin(question, slot.Verdict);
                Step(slot);
                return;
            }
            if (code == DnsWire.NoError) _counters.Busy++;
            else _counters.Malformed++;
            if (code >= 0) ReplyWith(Sender, query, question, code == DnsWire.NoError ? DnsWire.ServFail : code);
        }

        private void OnLookup(LookupName lookup)
        {
            DnsPending slot = Free();
            if (slot == null)
            {
                _counters.Busy++;
                Reply(new NameFound(null, null, TooManyNames, true));
                return;
            }
            slot.Busy = true;
            slot.Asker = Sender;
            slot.AskerTicket = Ticket;
            slot.Typed = lookup.Name;
            slot.Names = _rules.Candidates(lookup.Name);
            slot.NameIndex = -1;
            slot.Found = new byte[2 * DnsAnswer.MaxAddresses * NetEndpoint.AddressLength];
            NextName(slot);
        }

        /// <summary>The node has said who has the name; null = it did not answer.</summary>
        private void OnFound(NodeFound found)
        {
            for (int i = 0; i < MaxPending; i++)
            {
                DnsPending slot = _pending[i];
                if (!slot.Busy || slot.Ticket == 0 || slot.Ticket != Ticket) continue;
                slot.Ticket = 0;
                if (found == null) slot.Verdict.End(DnsWire.ServFail);
                else _rules.Continue(slot.Question, found.Row, slot.Verdict);
                Step(slot);
                return;
            }
        }

        private void Step(DnsPending slot)
        {
            int step = slot.Verdict.Step;
            if (step == DnsVerdict.FindName || step == DnsVerdict.FindAddress)
            {
                bool byName = step == DnsVerdict.FindName;
                FindNode question = new FindNode(byName ? slot.Verdict.Name : null, byName ? null : Copy(slot.Verdict.Address));
                slot.Ticket = Ask(_node, question, AskMs);
                if (slot.Ticket != 0) return;
                slot.Verdict.End(DnsWire.ServFail);
            }
            if (slot.Query == null && slot.Verdict.Step == DnsVerdict.Forward && ForwardLookup(slot)) return;
            if (slot.Query == null) EndOfStep(slot);
            else if (slot.Verdict.Step == DnsVerdict.Forward) Forward(slot);
            else Answer(slot);
        }

        private void Answer(DnsPending slot)
        {
            _counters.Answered++;
            DnsVerdict verdict = slot.Verdict;
            byte[] answer = new byte[AnswerRoom];
            int end = DnsWire.WriteHead(answer, slot.Question, slot.Query.Bytes, 0, verdict.RCode);
            int more = end;
            if (verdict.HasAddress) more = DnsWire.WriteAddress(answer, end, verdict.Address, 0);
            else if (verdict.Pointer != null) more = DnsWire.WritePointer(answer, end, verdict.Pointer);
            else if (verdict.Zone != null) more = DnsWire.WriteNegative(answer, end, verdict.Zone);
            Send(slot.Asker, new ServiceReply(answer, more < 0 ? end : more, slot.Query.Tag));
            slot.Clear();
        }

        private void Forward(DnsPending slot)
        {
            if (_port == null || slot.Query.Count > DnsWire.MaxUdpLength)
            {
                _counters.Failed++;
                ReplyWith(slot.Asker, slot.Query, slot.Question, DnsWire.ServFail);
                slot.Clear();
                return;
            }
            _counters.Forwarded++;
            int place = _forwards.Begin(slot.Query.Bytes, 0, slot.Query.Count, slot.Verdict.Resolvers, NowMs);
            Displace(place);
            _forwarded[place] = slot.Query;
            _forwardedFrom[place] = slot.Asker;
            _forwardedTo[place] = slot.Verdict.Resolvers;
            slot.Clear();
            DrainForwards();
        }

        /// <summary>A look-up of this program for a name that is not the tailnet's: control's resolvers are asked. False: there is no way to.</summary>
        private bool ForwardLookup(DnsPending slot)
        {
            byte[] query = new byte[DnsWire.MaxUdpLength];
            int count = _port == null ? -1 : DnsWire.WriteQuery(query, slot.Names[slot.NameIndex], slot.Question.Type);
            if (count < 0) return false;
            _counters.Forwarded++;
            int place = _forwards.Begin(query, 0, count, slot.Verdict.Resolvers, NowMs);
            Displace(place);
            _forwardedLookup[place] = slot;
            DrainForwards();
            return true;
        }

        /// <summary>Whose place a later question took: a program asks again, a look-up goes on without an answer.</summary>
        private void Displace(int place)
        {
            DnsPending displaced = _forwardedLookup[place];
            Release(place);
            if (displaced != null) EndOfLookup(displaced, 0);
        }

        private void EndOfLookup(DnsPending slot, int found)
        {
            slot.FoundCount += found > 0 ? found : 0;
            slot.Verdict.End(found >= 0 ? DnsWire.NoError : DnsWire.ServFail);
            EndOfStep(slot);
        }

        private void OnDatagram(DatagramReceived datagram)
        {
            byte[] bytes = datagram.Bytes;
            int place = _forwards.HandleResponse(bytes, 0, bytes.Length, datagram.From);
            DnsPending lookup = place < 0 ? null : _forwardedLookup[place];
            if (place >= 0 && lookup == null)
            {
                bool cut = (bytes[2] & DnsWire.TruncatedByte2) != 0;
                Send(_forwardedFrom[place], new ServiceReply(bytes, bytes.Length, _forwarded[place].Tag, cut ? _forwardedTo[place] : null));
            }
            Release(place);
            if (lookup != null)
            {
                EndOfLookup(lookup, DnsAnswer.ReadAddresses(bytes, bytes.Length, lookup.Question.Type, lookup.Found,
                    lookup.FoundCount * NetEndpoint.AddressLength));
            }
            DrainForwards();
        }

        private void OnForwardDue()
        {
            _forwards.HandleTimeout(NowMs);
            DrainForwards();
        }

        private void DrainForwards()
        {
            int count;
            while ((count = _forwards.PollTransmit(_packet, _endpoint)) > 0) _port.Send(_packet, count, _endpoint);   // lost ones are tried again
            int failed;
            while ((failed = _forwards.PollFailed()) >= 0)
            {
                _counters.Failed++;
                DnsPending lookup = _forwardedLookup[failed];
                if (lookup != null)
                {
                    Release(failed);
                    EndOfLookup(lookup, -1);
                    continue;
                }
                DnsQuestion question = new DnsQuestion();
                DnsWire.ReadQuery(_forwarded[failed].Bytes, 0, _forwarded[failed].Count, question);
                ReplyWith(_forwardedFrom[failed], _forwarded[failed], question, DnsWire.ServFail);
                Release(failed);
            }
            Timers.SetAt(ForwardTimer, _forwards.Deadline, ForwardDue.Instance, _forwards.DeadlineReason);
        }

        private void Release(int place)
        {
            if (place < 0) return;
            _forwarded[place] = null;
            _forwardedFrom[place] = null;
            _forwardedTo[place] = null;
            _forwardedLookup[place] = null;
        }

        private void ReplyWith(ActorRef asker, ServiceQuery query, DnsQuestion question, int rcode)
        {
            if (asker == null) return;
            byte[] answer = new byte[DnsWire.HeaderLength + question.WireLength];
            Send(asker, new ServiceReply(answer, DnsWire.WriteHead(answer, question, query.Bytes, 0, rcode), query.Tag));
        }

        /// <summary>A look-up asks for A, then for AAAA, of each candidate in turn until one of them has an address.</summary>
        private void EndOfStep(DnsPending slot)
        {
            DnsVerdict verdict = slot.Verdict;
            if (verdict.Step == DnsVerdict.Answer && verdict.HasAddress)
            {
                System.Array.Copy(verdict.Address, 0, slot.Found, slot.FoundCount * NetEndpoint.AddressLength, NetEndpoint.AddressLength);
                slot.FoundCount++;
            }
            bool exists = verdict.Step == DnsVerdict.Answer && verdict.RCode == DnsWire.NoError;
            if (exists && slot.Question.Type == DnsWire.A)
            {
                Begin(slot, slot.Names[slot.NameIndex], DnsWire.Aaaa);
                return;
            }
            if (slot.FoundCount == 0)
            {
                NextName(slot);
                return;
            }
            byte[] addresses = new byte[slot.FoundCount * NetEndpoint.AddressLength];
            System.Array.Copy(slot.Found, 0, addresses, 0, addresses.Length);
            Finish(slot, new NameFound(slot.Names[slot.NameIndex], addresses, null));
        }

        private void NextName(DnsPending slot)
        {
            while (++slot.NameIndex < slot.Names.Length)
            {
                if (DnsName.WireLength(slot.Names[slot.NameIndex]) < 0) continue;
                Begin(slot, slot.Names[slot.NameIndex], DnsWire.A);
                return;
            }
            _counters.Failed++;
            Finish(slot, new NameFound(null, null, "Nobody in this tailnet is called '" + slot.Typed + "'; `microlink status` lists the names."));
        }

        private void Begin(DnsPending slot, string name, int type)
        {
            DnsQuestion question = slot.Question;
            question.Clear();
            AsciiText.Append(question.Name, 0, name);
            question.NameLength = name.Length;
            question.Type = type;
            question.Class = DnsWire.ClassIn;
            _rules.Begin(question, slot.Verdict);
            Step(slot);
        }

        private void Finish(DnsPending slot, NameFound answer)
        {
            if (answer.Error == null) _counters.Answered++;
            ReplyTo(slot.Asker, slot.AskerTicket, answer);
            slot.Clear();
        }

        private DnsPending Free()
        {
            for (int i = 0; i < MaxPending; i++)
            {
                if (!_pending[i].Busy) return _pending[i];
            }
            return null;
        }

        private DnsStatus Status()
        {
            return new DnsStatus
            {
                Suffix = _rules.Suffix, Answered = _counters.Answered, Forwarded = _counters.Forwarded, Failed = _counters.Failed,
                Malformed = _counters.Malformed, Busy = _counters.Busy, Strays = _forwards.Strays,
                SkippedResolvers = _rules.Config.SkippedResolvers,
            };
        }

        private static byte[] Copy(byte[] address)
        {
            byte[] copy = new byte[address.Length];
            System.Array.Copy(address, 0, copy, 0, copy.Length);
            return copy;
        }

        private sealed class ForwardDue : Message
        {
            public static readonly ForwardDue Instance = new ForwardDue();
        }
    }
}
