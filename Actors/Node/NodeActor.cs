using MicroLink.Bytes;
using MicroLink.Clock;
using MicroLink.Control;
using MicroLink.Derp;
using MicroLink.Dns;
using MicroLink.Filter;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;
using MicroLink.Sockets;
using MicroLink.Store;
using MicroLink.Stun;
using MicroLink.WireGuard;

namespace MicroLink.Node
{
    /// <summary>
    /// The root of the graph: knows how far the node has come (no link, control, relay, ready), keeps the directory of peers for
    /// status and names, and tells a listener each change of state once.
    /// </summary>
    public sealed class NodeActor : Actor
    {
        private readonly ActorRef _control, _store, _wg;
        private readonly PeerDirectory _peers;
        private readonly DatedDialer _dialer;
        private readonly NodeStatus _status;
        private readonly INodeListener _listener;

        /// <param name="listener">Told of every change of state; null = nobody.</param>
        internal NodeActor(ActorRef control, ActorRef store, ActorRef wg, PacketPlane plane, NetStack stack, PeerDirectory peers,
                           DatedDialer dialer, INodeListener listener)
        {
            _dialer = dialer;
            _control = control;
            _store = store;
            _wg = wg;
            _peers = peers;
            _status = new NodeStatus(peers, plane, stack);
            _listener = listener;
        }

        protected override void OnStart()
        {
            ShowState(NodeState.Connecting, "the network is up, calling control");
            Send(_control, LinkUp.Instance);
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case PathChanged path: OnPathChanged(path); break;
                case PeerActivated active: OnPeerActivated(active); break;
                case PeerReleased released: OnPeerReleased(released); break;
                case SessionEstablished session: OnSession(session); break;
                case ControlStateChanged control: OnControlState(control); break;
                case SelfChanged self: _status.Self = self.Self.Clone(); break;
                case DerpMapChanged map: _status.Relays = map.Map; break;
                case RelayHome home: _status.HomeRelay = home.Region; break;
                case RelayUp up: _status.RelayIsUp(up.Region); break;
                case RelayDown down: _status.RelayIsDown(down.Region, down.Reason); break;
                case WallClockChanged clock: OnClock(clock); break;
                case ClockTrouble trouble: _status.ClockTrouble = trouble.Text; break;
                case StatusQuery query: Reply(_status.Report(query.AfterId, NowMs)); break;
                case FindPeer find: Reply(Find(find.NameOrAddress)); break;
                case RelayNameQuery relay: Reply(new RelayName(RelayCode(relay.Region))); break;
                case ChildFailed child: _status.LastFailure = child.Child.Path + ": " + child.Reason.Message; break;
                case UdpPortChanged port: _status.UdpTrouble = port.Error; break;
                case NetworkTrouble trouble: _status.NetworkTrouble = trouble.Text; break;
                case NetworkChanged changed: Send(_control, changed); break;
                case RelayHealth health: _status.RelaySays(health.Region, health.Text); break;
                case PacketFilterChanged filter: _status.FilterTrouble = filter.Trouble; break;
                case StoreTrouble trouble: _status.StoreTrouble = trouble.Error; break;
                case ControlHealthChanged control: _status.Control.Texts = control.Texts; break;
                case UserProfileChanged user: _status.Control.Set(user.Profile); break;
                case TailnetNamed tailnet: _status.Control.Tailnet = tailnet.Name; break;
                case ClientVersionSeen version: _status.Control.Version = version.Text; break;
                case AttributesChanged attributes: _status.Control.Attributes = attributes.Attributes; break;
                case NodeKeyRotated rotated: Send(_store, rotated); break;
                case NodeKeyStored _:
                    if (_listener != null) _listener.NodeKeyChanged();
                    break;
                case SocketsTrouble trouble: _status.SocketsTrouble = trouble.Error; break;
                case AddressWanted wanted: OnWanted(wanted); break;
                case FindNode find: Reply(new NodeFound(FindRow(find))); break;
                case ServerKeySeen seen: Send(_store, seen); break;
                default: throw new System.ArgumentException(message.GetType().Name);
            }
        }

        private void OnControlState(ControlStateChanged change)
        {
            _status.AuthUrl = change.AuthUrl;
            switch (change.State)
            {
                case ControlState.Idle: ShowState(NodeState.NoLink, change.Reason); break;
                case ControlState.Connecting: ShowState(NodeState.Connecting, change.Reason); break;
                case ControlState.NeedsLogin: ShowState(NodeState.NeedsLogin, change.Reason); break;
                case ControlState.NeedsApproval: ShowState(NodeState.NeedsApproval, change.Reason); break;
                case ControlState.Connected: ShowState(NodeState.Connected, change.Reason); break;
                case ControlState.Reconnecting: ShowState(NodeState.Reconnecting, change.Reason); break;
                case ControlState.Refused: ShowState(NodeState.Error, change.Reason); break;
            }
        }

        private void OnClock(WallClockChanged clock)
        {
            _status.Clock = clock;
            _dialer.HandleClock(clock);
        }

        private void ShowState(string state, string reason)
        {
            if (_status.State == state && _status.Reason == reason) return;
            _status.State = state;
            _status.Reason = reason;
            if (_listener != null) _listener.StateChanged(state, reason, _status.AuthUrl);
        }

        private void OnPathChanged(PathChanged path)
        {
            PeerEntry entry = _peers.Get(path.PeerId);
            entry.PathMode = path.Mode;
            entry.PathEndpoint = path.Endpoint;
            entry.PathRegion = path.Region;
            if (path.SinceMs != 0) entry.PathSinceMs = path.SinceMs;
            else if (entry.PathReason != path.Reason) entry.PathSinceMs = NowMs;
            entry.PathReason = path.Reason;
        }

        private void OnPeerActivated(PeerActivated active)
        {
            _peers.Get(active.Row.Id).Slot = active.Slot;
        }

        private void OnPeerReleased(PeerReleased released)
        {
            PeerEntry entry = _peers.Find(released.PeerId);
            if (entry == null) return;
            entry.Slot = -1;
            entry.PathMode = PathChanged.None;
            entry.PathReason = "asleep";
            entry.PathSinceMs = NowMs;
        }

        /// <summary>A packet waits for a peer that has no tunnel: WgManager makes one, or there is nobody.</summary>
        private void OnWanted(AddressWanted wanted)
        {
            PeerRow row = _peers.FindByAddress(wanted.Address) ?? _peers.FindByRoute(wanted.Address);
            if (row == null) Reply(new NobodyHas(wanted.Address));
            else Send(_wg, new PeerWanted(row.Id));
        }

        private void OnSession(SessionEstablished session)
        {
            _peers.Get(session.PeerId).HandshakeAtMs = NowMs;
        }

        /// <summary>For the resolver, which asks for peers only: it knows ourselves.</summary>
        private PeerRow FindRow(FindNode find)
        {
            return find.FullName != null ? _peers.FindByFullName(find.FullName) : _peers.FindByAddress(find.Address);
        }

        private PeerFound Find(string nameOrAddress)
        {
            PeerRow row = _peers.Lookup(nameOrAddress);
            if (row == null)
            {
                string known = _peers.Count == 0 ? "the tailnet has shown no peers yet" : "this node knows " + _peers.Count.ToString() + " peers";
                return new PeerFound(0, null, null, "There is no peer \"" + nameOrAddress + "\"; " + known + ", see \"microlink status\".");
            }
            byte[] asked = new byte[NetEndpoint.AddressLength];
            bool byAddress = NetEndpoint.ParseAddress(nameOrAddress, asked, 0);
            string address = byAddress ? NetEndpoint.FormatAddress(asked, 0) : NodeStatus.FirstAddress(row);
            return new PeerFound(row.Id, NodeText.FirstLabel(row.Name), address, null) { Asked = byAddress ? asked : null };
        }

        private string RelayCode(int region)
        {
            DerpRegion found = _status.Relays == null ? null : _status.Relays.Find(region);
            return found == null || found.Code == null || found.Code.Length == 0 ? region.ToString() : found.Code;
        }
    }
}
