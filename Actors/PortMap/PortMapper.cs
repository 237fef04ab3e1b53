using System;
using MicroLink.Bytes;
using MicroLink.Drivers;

namespace MicroLink.PortMap
{
    /// <summary>
    /// Asks the gateway for a port of its own that leads to ours, by what it speaks: PCP first, then NAT-PMP, then UPnP (protocol.md 7.4), each
    /// given a moment. A mapping is renewed at half of its life; a gateway that forgot it (restart) or another network starts a new search.
    /// <code>
    ///  Idle --gateway--> AskPcp --no answer, version--> AskPmp --> Search (SSDP) --> Upnp --> None --10 min--> AskPcp
    ///                       |                              |                          |
    ///                       +----------- Mapped <----------+--------------------------+      Mapped --half life--> the same question again
    /// </code>
    /// </summary>
    public sealed class PortMapper
    {
        public const int Idle = 0, AskPcp = 1, AskPmp = 2, Search = 3, Upnp = 4, Mapped = 5, None = 6;

        /// <summary>"lifetime 7200" (7.4; RFC 6886 3.3 recommends it).</summary>
        public const int LifetimeSec = 7200;
        /// <summary>"Response wait 250 ms" (7.4), doubled once; "services re-verified every 10 min".</summary>
        public const int WaitMs = 250, AgainMs = 600000;
        private const int Tries = 2;
        private const int SearchMs = 2000, UpnpMs = 10000;
        private const int RenewMinMs = 60000;

        private readonly IEntropy _entropy;
        private readonly byte[] _gateway = new byte[NetEndpoint.AddressLength];
        private readonly byte[] _client = new byte[NetEndpoint.AddressLength];
        private readonly byte[] _nonce = new byte[PcpWire.NonceLength];
        private readonly byte[] _public = new byte[NetEndpoint.AddressLength];
        private readonly byte[] _endpoint = new byte[NetEndpoint.Length];
        private readonly byte[] _random = new byte[2];
        private readonly UpnpSession _upnp = new UpnpSession();

        private int _port, _tries, _pmpPort, _pmpLifetimeSec;
        private bool _transmitDue, _hasPublic, _hasMapping, _news, _renewing;
        private uint _epochSec;
        private long _endMs = Output.Never;
        private string _reason = "";

        public PortMapper(IEntropy entropy)
        {
            _entropy = entropy;
        }

        /// <summary>Control's debug-disable-upnp.</summary>
        public bool NoUpnp;

        public int State { get; private set; }
        public int Protocol { get; private set; }
        public UpnpSession UpnpSession { get { return _upnp; } }
        public long Deadline { get; private set; } = Output.Never;

        public string DeadlineReason
        {
            get
            {
                switch (State)
                {
                    case Mapped: return "renewal of the port mapping";
                    case None: return "next search for a port mapping";
                    default: return "answer of the gateway";
                }
            }
        }

        /// <summary>The gateway and our address towards it, 16 bytes each, and the UDP port; a gateway of zeros = there is none.</summary>
        public int HandleNetwork(byte[] gateway, byte[] client, int port, long nowMs)
        {
            Array.Copy(gateway, 0, _gateway, 0, _gateway.Length);
            Array.Copy(client, 0, _client, 0, _client.Length);
            _port = port;
            Lose("the network changed");
            _upnp.Reset();
            if (NetEndpoint.IsUnspecified(_gateway, 0) || !NetEndpoint.IsV4(_gateway, 0) || port == 0)
            {
                State = Idle;
                Deadline = Output.Never;
                _reason = "there is no IPv4 gateway";
            }
            else
            {
                Ask(AskPcp, nowMs);
            }
            return Output.Transmit | Output.Event | Output.Deadline;
        }

        /// <summary>A datagram for our gateway socket. What does not come from the gateway's own port is no answer.</summary>
        public int HandleDatagram(byte[] from, byte[] packet, int offset, int count, long nowMs)
        {
            if (!NetEndpoint.AddressEqual(from, 0, _gateway, 0)) return Output.None;
            if (State == Search) return HandleSearch(packet, offset, count, nowMs);
            if (NetEndpoint.Port(from, 0) != NatPmpWire.GatewayPort) return Output.None;
            if (State == AskPcp) return HandlePcp(packet, offset, count, nowMs);
            return State == AskPmp ? HandlePmp(packet, offset, count, nowMs) : Output.None;
        }

        public int HandleTimeout(long nowMs)
        {
            if (nowMs < Deadline) return Output.None;
            switch (State)
            {
                case AskPcp:
                case AskPmp:
                    if (_tries < Tries) Repeat(nowMs);
                    else if (State == AskPcp) Ask(AskPmp, nowMs);
                    else StartSearch(nowMs);
                    break;
                case Mapped: Renew(nowMs); break;
                case None: Ask(AskPcp, nowMs); break;
                default: GiveUp(nowMs); break;
            }
            return Output.Transmit | Output.Event | Output.Deadline;
        }

        /// <summary>An HTTP exchange of UpnpSession has ended; status 0 = it failed.</summary>
        public int HandleHttp(int status, string body, long nowMs)
        {
            if (State != Upnp) return Output.None;
            _upnp.HandleAnswer(status, body, RandomPort());
            if (_upnp.State == UpnpSession.Failed) GiveUp(nowMs);
            else if (_upnp.State == UpnpSession.Done)
            {
                _upnp.WriteEndpoint(_endpoint);
                // A permanent lease is looked at like a two-hour one: the gateway may forget it.
                Gain(PortMapProtocol.Upnp, _upnp.LeaseSec == 0 ? LifetimeSec : _upnp.LeaseSec, nowMs);
            }
            return Output.Transmit | Output.Event | Output.Deadline;
        }

        /// <summary>The next datagram; 0 = none.</summary>
        public int PollTransmit(byte[] into, int offset, byte[] endpoint)
        {
            if (!_transmitDue) return 0;
            _transmitDue = false;
            NetEndpoint.Write(endpoint, 0, _gateway, 0, NatPmpWire.GatewayPort);
            int suggested = _renewing || _hasMapping ? NetEndpoint.Port(_endpoint, 0) : _port;
            switch (State)
            {
                case AskPcp: return PcpWire.WriteMap(into, offset, _client, _nonce, _port, suggested, LifetimeSec);
                case AskPmp:
                    if (_hasPublic) return NatPmpWire.WriteMapRequest(into, offset, _port, suggested, LifetimeSec);
                    return NatPmpWire.WriteAddressRequest(into, offset);
                case Search:
                    byte[] search = UpnpWire.Search();
                    Array.Copy(search, 0, into, offset, search.Length);
                    // Unicast to the gateway first, multicast with the second try: both forms are in use (7.4).
                    if (_tries > 1) NetEndpoint.WriteV4(endpoint, 0, 239, 255, 255, 250, UpnpWire.SearchPort);
                    else NetEndpoint.SetPort(endpoint, 0, UpnpWire.SearchPort);
                    return search.Length;
                default: return 0;
            }
        }

        /// <summary>The datagram that gives the mapping back, for the end; 0 = none, or UpnpSession.DeleteText does it.</summary>
        public int WriteRelease(byte[] into, byte[] endpoint)
        {
            if (!_hasMapping) return 0;
            NetEndpoint.Write(endpoint, 0, _gateway, 0, NatPmpWire.GatewayPort);
            if (Protocol == PortMapProtocol.Pcp) return PcpWire.WriteMap(into, 0, _client, _nonce, _port, 0, 0);
            return Protocol == PortMapProtocol.NatPmp ? NatPmpWire.WriteMapRequest(into, 0, _port, 0, 0) : 0;
        }

        public bool PollEvent(PortMapEvent into)
        {
            if (!_news) return false;
            _news = false;
            into.Kind = _hasMapping ? PortMapEvent.Mapped : PortMapEvent.Unmapped;
            into.Protocol = Protocol;
            into.Reason = _reason;
            Array.Copy(_endpoint, 0, into.Endpoint, 0, NetEndpoint.Length);
            return true;
        }

        private int HandlePcp(byte[] packet, int offset, int count, long nowMs)
        {
            if (!PcpWire.ReadResult(packet, offset, count, out int result, out int lifetimeSec, out uint epochSec))
            {
                // "A NAT-PMP gateway answers a PCP request with version 0" (RFC 6887 appendix A): no need to wait any longer.
                if (count >= 4 && packet[offset] == NatPmpWire.Version) Ask(AskPmp, nowMs);
                return Output.Transmit | Output.Deadline;
            }
            if (result != 0)
            {
                Ask(AskPmp, nowMs);
                return Output.Transmit | Output.Deadline;
            }
            if (!PcpWire.ReadMap(packet, offset, count, _nonce, _port, _endpoint)) return Output.None;
            _epochSec = epochSec;
            Gain(PortMapProtocol.Pcp, lifetimeSec, nowMs);
            return Output.Event | Output.Deadline;
        }

        private int HandlePmp(byte[] packet, int offset, int count, long nowMs)
        {
            int result;
            if (!_hasPublic && NatPmpWire.ReadAddress(packet, offset, count, _public, out result, out uint epochSec))
            {
                if (result != 0) StartSearch(nowMs);
                else
                {
                    _epochSec = epochSec;
                    _hasPublic = true;
                    _tries = 0;
                    Repeat(nowMs);
                }
                return Output.Transmit | Output.Deadline;
            }
            if (!_hasPublic || !NatPmpWire.ReadMapping(packet, offset, count, out result, out epochSec, out int inner, out _pmpPort,
                out _pmpLifetimeSec)) return Output.None;
            if (result != 0)
            {
                StartSearch(nowMs);
                return Output.Transmit | Output.Deadline;
            }
            if (inner != _port) return Output.None;
            _epochSec = epochSec;
            NetEndpoint.Write(_endpoint, 0, _public, 0, _pmpPort);
            Gain(PortMapProtocol.NatPmp, _pmpLifetimeSec, nowMs);
            return Output.Event | Output.Deadline;
        }

        private int HandleSearch(byte[] packet, int offset, int count, long nowMs)
        {
            string location = UpnpWire.ReadLocation(packet, offset, count);
            bool good = location != null && _upnp.Start(location, _gateway, NetEndpoint.FormatAddress(_client, 0), _port, _port, LifetimeSec);
            if (!good) return Output.None;
            State = Upnp;
            Deadline = nowMs + UpnpMs;
            return Output.Transmit | Output.Deadline;
        }

        private void Ask(int state, long nowMs)
        {
            State = state;
            _tries = 0;
            _hasPublic = false;
            if (state == AskPcp && !_renewing) _entropy.Fill(_nonce, 0, _nonce.Length);
            Repeat(nowMs);
        }

        private void Repeat(long nowMs)
        {
            _transmitDue = true;
            Deadline = nowMs + (WaitMs << _tries);
            _tries++;
        }

        private void StartSearch(long nowMs)
        {
            if (NoUpnp)
            {
                State = None;
                GiveUp(nowMs);
                return;
            }
            // The second round is the multicast one.
            if (State != Search) _tries = 0;
            State = Search;
            _tries++;
            _transmitDue = true;
            Deadline = nowMs + SearchMs / 2;
        }

        private void Renew(long nowMs)
        {
            _renewing = true;
            if (nowMs >= _endMs) Lose("the gateway did not renew it");
            if (Protocol == PortMapProtocol.Upnp && _upnp.IsKnown)
            {
                _upnp.Renew(LifetimeSec);
                State = Upnp;
                Deadline = nowMs + UpnpMs;
                return;
            }
            Ask(Protocol == PortMapProtocol.NatPmp ? AskPmp : AskPcp, nowMs);
        }

        private void Gain(int protocol, int lifetimeSec, long nowMs)
        {
            _news = true;
            _hasMapping = true;
            _renewing = false;
            Protocol = protocol;
            _reason = "mapped by " + PortMapProtocol.Text(protocol);
            State = Mapped;
            long half = lifetimeSec * 500L;
            Deadline = nowMs + (half < RenewMinMs ? RenewMinMs : half);
            _endMs = nowMs + lifetimeSec * 1000L;
        }

        /// <summary>Nobody answered. An old mapping stays until its time is over: the gateway may be slow, the port is still ours.</summary>
        private void GiveUp(long nowMs)
        {
            if (State == Search && _tries < Tries)
            {
                StartSearch(nowMs);
                return;
            }
            bool renewing = _renewing && nowMs < _endMs;
            _renewing = false;
            if (renewing)
            {
                State = Mapped;
                Deadline = nowMs + RenewMinMs < _endMs ? nowMs + RenewMinMs : _endMs;
                return;
            }
            Lose("the gateway speaks neither PCP nor NAT-PMP nor UPnP, or maps no ports");
            _news = true;
            State = None;
            Deadline = nowMs + AgainMs;
        }

        private void Lose(string reason)
        {
            if (_hasMapping) _news = true;
            _hasMapping = false;
            _renewing = false;
            _reason = reason;
            Protocol = PortMapProtocol.None;
            _endMs = Output.Never;
        }

        private int RandomPort()
        {
            _entropy.Fill(_random, 0, 2);
            return 1024 + (_random[0] << 8 | _random[1]) % 64000;
        }
    }
}
