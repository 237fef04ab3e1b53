using MicroLink.Filter;
using MicroLink.NetMap;
using MicroLink.Peers;
using MicroLink.Runtime;

namespace MicroLink.Control
{
    /// <summary>Who is told what.</summary>
    public sealed class ControlRoutes
    {
        /// <summary>ControlStateChanged, NodeKeyRotated, ServerKeySeen, ControlHealthChanged, UserProfileChanged, TailnetNamed,
        /// ClientVersionSeen.</summary>
        public ActorRef Node;
        /// <summary>SelfChanged.</summary>
        public ActorRef[] Self = new ActorRef[0];
        /// <summary>PeerDelta.</summary>
        public ActorRef[] Peers = new ActorRef[0];
        /// <summary>PeersAdmitted.</summary>
        public ActorRef[] Admission = new ActorRef[0];
        /// <summary>What every change of a peer is put into first; null = nobody looks peers up.</summary>
        public PeerTable Table;
        /// <summary>PeerDelta on credit, SelfChanged, DerpMapChanged; asked for StoredRow at start. Null = nothing is kept.</summary>
        public ActorRef Store;
        /// <summary>DerpMapChanged.</summary>
        public ActorRef[] Relays = new ActorRef[0];
        /// <summary>DnsConfigChanged.</summary>
        public ActorRef[] NameService = new ActorRef[0];
        /// <summary>AttributesChanged.</summary>
        public ActorRef[] Attributes = new ActorRef[0];
        /// <summary>PacketFilterPart, PacketFilterCommit.</summary>
        public ActorRef[] Filter = new ActorRef[0];
        /// <summary>ControlPing.</summary>
        public ActorRef[] Pings = new ActorRef[0];
        /// <summary>ControlTimeSeen; may be null.</summary>
        public ActorRef Clock;

        // What an actor that is made anew after a failure must still know: nobody tells it again.
        internal bool LinkIsUp;
        internal HostFacts Facts;
        internal PeerApiListening PeerApi;
        internal PeerIndex Told;
        internal bool Restored;

        private ActorRef[] _node;
        private ActorRef[] _clock;

        /// <summary>The receivers of a fact.</summary>
        internal ActorRef[] Of(int kind)
        {
            if (_node == null) _node = new[] { Node };
            if (_clock == null) _clock = Clock == null ? new ActorRef[0] : new[] { Clock };
            switch (kind)
            {
                case MapEvent.Upsert:
                case MapEvent.Patch:
                case MapEvent.Removed: return Peers;
                case MapEvent.Admitted: return Admission;
                case MapEvent.Self: return Self;
                case MapEvent.Relays: return Relays;
                case MapEvent.ControlTime: return _clock;
                case MapEvent.DnsSettings: return NameService;
                case MapEvent.AttributeSet: return Attributes;
                case MapEvent.FilterPart:
                case MapEvent.FilterCommit: return Filter;
                case MapEvent.Ping: return Pings;
                default: return _node;
            }
        }

        /// <summary>Puts a change of a peer into the table; the message that tells it.</summary>
        internal PeerDelta Note(MapEvent fact, long nowMs)
        {
            int kind = fact.Kind == MapEvent.Upsert ? PeerDelta.Upsert : fact.Kind == MapEvent.Patch ? PeerDelta.Patch : PeerDelta.Removed;
            return Table == null ? new PeerDelta(kind, fact.Row) : PeerDelta.Note(Table, kind, fact.Row, nowMs);
        }

        /// <summary>A fact as a message of its own for one receiver.</summary>
        internal static Message Message(MapEvent fact)
        {
            switch (fact.Kind)
            {
                case MapEvent.Admitted: return PeersAdmitted.Instance;
                case MapEvent.Self: return new SelfChanged(fact.Row.Clone());
                case MapEvent.Relays: return new DerpMapChanged(fact.Map);
                case MapEvent.ControlTime: return new ControlTimeSeen(fact.Value);
                case MapEvent.DnsSettings: return new DnsConfigChanged(fact.Config);
                case MapEvent.AttributeSet: return new AttributesChanged(fact.Attributes);
                case MapEvent.FilterPart: return new PacketFilterPart(fact.Filter);
                case MapEvent.FilterCommit: return new PacketFilterCommit((int)fact.Value, fact.Unsigned);
                case MapEvent.Ping: return new ControlPing(fact.Text, fact.Flag, fact.Types, fact.Address, fact.Payload);
                case MapEvent.Health: return new ControlHealthChanged(fact.Texts);
                case MapEvent.Profile: return new UserProfileChanged(fact.User);
                case MapEvent.Domain: return new TailnetNamed(fact.Text);
                case MapEvent.ClientVersion: return new ClientVersionSeen(fact.Text);
                default: throw new System.ArgumentException("fact " + fact.Kind.ToString());
            }
        }
    }
}
