using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Derp;
using MicroLink.Drivers;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.PortMap;
using MicroLink.Runtime;

namespace MicroLink.Stun
{
    /// <summary>
    /// Carries between the NetCheck machine and the world: STUN packets through the data plane's one UDP port, names to the resolver, and
    /// the results to whom they concern: our endpoints to the path finder, host facts to control, the home relay to the pool.
    /// </summary>
    public sealed class NetCheckActor : Actor
    {
        private const int CheckTimer = 0, RetryTimer = 1;
        private const int RetryMs = 1000;
        /// <summary>
        /// Our choice: the first word to control waits this long for the home relay, so that peers hear endpoints and home at once. Without
        /// it every restart would tell them "no home" for a moment.
        /// </summary>
        private const int FirstHomeMs = 250;
        private const int MaxLocal = 32;
        private const int MaxAskers = 4;

        private readonly ActorRef _paths, _control, _relays, _node, _prober;
        private readonly PacketPlane _plane;
        private readonly IPacketPort _port;
        private readonly IResolver _resolver;
        private readonly NetCheckOptions _options;
        private readonly NetCheck _check;
        private readonly byte[] _request = new byte[StunWire.RequestLength];
        private readonly byte[] _endpoint = new byte[NetEndpoint.Length];
        private readonly byte[] _local = new byte[MaxLocal * NetEndpoint.AddressLength];
        private readonly ActorRef[] _askers = new ActorRef[MaxAskers];
        private readonly int[] _tickets = new int[MaxAskers];
        private int _portNumber;
        private int _portal;
        private string _portMapping;
        private int _toldHome;
        private bool _toldAny;
        private long _firstMs;
        private HostUpdate _toldHost;

        /// <param name="node">Hears of a captive portal; null = nobody.</param>
        /// <param name="prober">Measures relays by HTTPS; null = nobody does.</param>
        public NetCheckActor(ActorRef paths, ActorRef control, ActorRef relays, PacketPlane plane, IPacketPort port, IResolver resolver,
                             IEntropy entropy, NetCheckOptions options, ActorRef node = null, ActorRef prober = null)
        {
            _node = node;
            _prober = prober;
            _paths = paths;
            _control = control;
            _relays = relays;
            _plane = plane;
            _port = port;
            _resolver = resolver;
            _options = options;
            _check = new NetCheck(entropy, options);
        }

        protected override void OnStart()
        {
            _portNumber = _plane.LocalPort;
            if (_options.Map != null) OnMap(_options.Map);
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case PacketBuffer buffer:
                    OnStun(buffer);
                    buffer.Return();
                    break;
                case CheckTimerDue _: Drain(_check.HandleTimeout(NowMs)); break;
                case RetryDue _: TellControl(); break;
                case PathsActive active: Drain(_check.HandleActive(active.Active, NowMs)); break;
                case ReStun _:
                    ReadLocal();
                    Drain(_check.HandleRequest(NowMs));
                    break;
                case DerpMapChanged changed: OnMap(changed.Map); break;
                case Resolved resolved: Drain(_check.HandleResolved(resolved.Tag, resolved.Addresses, NowMs)); break;
                case RelayUp up:
                    Drain(_check.HandleRelay(up.Region, true, NowMs));
                    if (_toldAny) TellControl();
                    break;
                case RelayDown down:
                    // "DERP recv error: re-STUN" (protocol.md 6.8).
                    _check.HandleRelay(down.Region, false, NowMs);
                    if (down.Region == _check.Homes.Home) Drain(_check.HandleRequest(NowMs));
                    break;
                case UdpPortChanged opened:
                    if (opened.Port == _portNumber) break;      // NetworkChanged told the rest
                    _portNumber = opened.Port;
                    ReadLocal();
                    Drain(_check.HandleNetworkChanged(NowMs));
                    break;
                case NetworkChanged _:
                    ReadLocal();
                    Drain(_check.HandleNetworkChanged(NowMs));
                    break;
                case AttributesChanged changed: OnAttributes(changed.Attributes); break;
                case RelayMeasured measured: Drain(_check.HandleMeasured(measured.Region, measured.LatencyMs, NowMs)); break;
                case RelaysMeasured over: OnMeasured(over.Portal); break;
                case PortMapped mapped:
                    _portMapping = mapped.Reason;
                    Drain(_check.HandlePortMapped(mapped.Endpoint, NowMs));
                    break;
                case NetCheckQuery _: OnQuery(); break;
            }
        }

        private void OnMap(DerpMap map)
        {
            ReadLocal();
            int outputs = _check.HandleMap(map, NowMs);
            _options.Map = map;
            TellHome();
            Drain(outputs);
        }

        private void OnStun(PacketBuffer buffer)
        {
            if (NetEvent.Kind(buffer.Bytes, buffer.Offset) != NetEvent.Stun) return;
            Drain(_check.HandleStun(buffer.Bytes, buffer.Offset + NetEvent.PayloadOffset, NetEvent.PayloadLength(buffer.Bytes, buffer.Offset), NowMs));
        }

        private void OnAttributes(NodeAttributes attributes)
        {
            _options.NoPortalCheck = attributes.Has(NodeAttributes.DisableCaptivePortalDetection);
            _options.AlwaysStun = attributes.Has(NodeAttributes.AlwaysStun);
            bool noUdp = attributes.Has(NodeAttributes.OnlyTcp443);
            if (noUdp == _options.NoUdp) return;
            _options.NoUdp = noUdp;
            Drain(_check.HandleNetworkChanged(NowMs));
        }

        private void OnMeasured(int portal)
        {
            if (portal != NetCheck.Unknown) ShowPortal(portal);
            Drain(_check.HandleMeasureEnd(NowMs));
        }

        /// <summary>Once STUN answers nobody is in between.</summary>
        private void ShowPortal(int portal)
        {
            if (portal == _portal) return;
            _portal = portal;
            if (_node != null) Send(_node, new NetworkTrouble(portal == NetCheck.True
                ? "This network answers in place of the relays, as the login page of a hotel does: open any web page and log in." : null));
        }

        private void OnQuery()
        {
            for (int i = 0; i < MaxAskers; i++)
            {
                if (_askers[i] != null) continue;
                _askers[i] = Sender;
                _tickets[i] = Ticket;
                ReadLocal();
                Drain(_check.HandleRequest(NowMs));
                return;
            }
            Reply(Report());
        }

        private void ReadLocal()
        {
            int count = _port.LocalAddresses(_local, 0);
            byte[] addresses = new byte[count * NetEndpoint.AddressLength];
            System.Array.Copy(_local, 0, addresses, 0, addresses.Length);
            _check.SetLocal(addresses, _portNumber);
        }

        private void Drain(int outputs)
        {
            while (_check.PollResolve(out string host, out int tag)) _resolver.Resolve(host, Self, tag);
            int count = _check.PollTransmit(_request, 0, _endpoint, 0, NowMs);
            while (count > 0)
            {
                _plane.StunExpect(_request, 8, NowMs);
                _plane.UdpOut(_endpoint, 0, _request, 0, count);
                count = _check.PollTransmit(_request, 0, _endpoint, 0, NowMs);
            }
            if (_prober != null) Measure();
            if (_check.PollEvent()) Tell();
            Timers.SetAt(CheckTimer, _check.Deadline, CheckTimerDue.Instance, _check.DeadlineReason);
        }

        private void Measure()
        {
            bool[] wanted = new bool[_check.RegionCount];
            if (_check.PollMeasure(wanted)) Send(_prober, new MeasureRelays(_options.Map, wanted, !_options.NoPortalCheck));
        }

        private void Tell()
        {
            if (_check.WorkingUdp == NetCheck.True) ShowPortal(NetCheck.False);
            if (!_toldAny) _firstMs = NowMs;
            _toldAny = true;
            Send(_paths, new OwnEndpoints(_check.Own.CopyEndpoints(), NowMs));
            TellControl();
            for (int i = 0; i < MaxAskers; i++)
            {
                if (_askers[i] == null) continue;
                ReplyTo(_askers[i], _tickets[i], Report());
                _askers[i] = null;
            }
        }

        /// <summary>"Report when the set changes" (6.8), order aside. A mailbox that is full is asked again.</summary>
        private void TellControl()
        {
            TellHome();
            if (_toldHost == null && _check.Homes.Advertised == 0 && NowMs - _firstMs < FirstHomeMs)
            {
                Timers.SetAt(RetryTimer, _firstMs + FirstHomeMs, RetryDue.Instance, "the home relay is not connected yet");
                return;
            }
            HostUpdate host = new HostUpdate(_check.Own.CopyEndpoints(), _check.Own.CopyTypes(), _check.Homes.Advertised, _check.MappingVaries,
                _check.WorkingUdp, _check.WorkingIPv6);
            if (Same(host, _toldHost)) return;
            if (Send(_control, host)) _toldHost = host;
            else Timers.Set(RetryTimer, RetryMs, RetryDue.Instance, "control is busy");
        }

        private void TellHome()
        {
            int home = _check.Homes.Home;
            if (home == _toldHome) return;
            if (Send(_relays, new RelayHome(home))) _toldHome = home;
            else Timers.Set(RetryTimer, RetryMs, RetryDue.Instance, "the relay pool is busy");
        }

        private NetCheckReport Report()
        {
            int[] regions = new int[_check.Homes.Count], latencies = new int[_check.Homes.Count];
            for (int i = 0; i < regions.Length; i++)
            {
                regions[i] = _check.Homes.Region(i).Id;
                latencies[i] = _check.Homes.LatencyMs(i);
            }
            return new NetCheckReport(regions, latencies, _check.Homes.Home, _check.Own.CopyEndpoints(), _check.Own.CopyTypes(),
                _check.MappingVaries, _check.WorkingUdp, _check.WorkingIPv6) { CaptivePortal = _portal, PortMapping = _portMapping };
        }

        private static bool Same(HostUpdate a, HostUpdate b)
        {
            if (b == null || a.PreferredRelay != b.PreferredRelay || a.MappingVaries != b.MappingVaries || a.WorkingUdp != b.WorkingUdp
                || a.WorkingIPv6 != b.WorkingIPv6 || a.EndpointTypes.Length != b.EndpointTypes.Length) return false;
            for (int i = 0; i < a.EndpointTypes.Length; i++)
            {
                if (!Has(b, a.Endpoints, i * NetEndpoint.Length, a.EndpointTypes[i])) return false;
            }
            return true;
        }

        private static bool Has(HostUpdate host, byte[] endpoint, int at, int type)
        {
            for (int i = 0; i < host.EndpointTypes.Length; i++)
            {
                if (host.EndpointTypes[i] == type && NetEndpoint.Equal(host.Endpoints, i * NetEndpoint.Length, endpoint, at)) return true;
            }
            return false;
        }

        private sealed class RetryDue : Message
        {
            internal static readonly RetryDue Instance = new RetryDue();
        }

        private sealed class CheckTimerDue : Message
        {
            internal static readonly CheckTimerDue Instance = new CheckTimerDue();
        }
    }
}
