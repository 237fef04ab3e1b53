using MicroLink.Derp;
using MicroLink.Drivers;
using MicroLink.NetMap;
using MicroLink.Runtime;

namespace MicroLink.Stun
{
    /// <summary>
    /// Where UDP is blocked: measures the relays by HTTPS, four at a time, and looks for a login page in between (protocol.md 5.7, 7.3).
    /// NetCheck asks with <see cref="MeasureRelays"/> and gets one <see cref="RelayMeasured"/> for each that answers, at the end
    /// <see cref="RelaysMeasured"/>.
    /// </summary>
    public sealed class HttpProbeActor : Actor
    {
        private const int Slots = 4, EndTimer = 0;
        /// <summary>"Report 5 s" (7.3), less what STUN has waited.</summary>
        private const int AllMs = 4500, DialMs = 3000;

        private readonly ActorRef _netCheck;
        private readonly IStreamDialer _dialer;
        private readonly bool _allowInsecure;
        private readonly Slot[] _slots = new Slot[Slots];
        private readonly byte[] _request = new byte[512];
        private MeasureRelays _work;
        private int _next, _portal;
        private bool _portalDue;

        public HttpProbeActor(ActorRef netCheck, IStreamDialer dialer, bool allowInsecure)
        {
            _netCheck = netCheck;
            _dialer = dialer;
            _allowInsecure = allowInsecure;
            for (int i = 0; i < Slots; i++) _slots[i] = new Slot();
        }

        protected override void OnStop()
        {
            for (int i = 0; i < Slots; i++) Free(_slots[i]);
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case MeasureRelays work: Begin(work); break;
                case PacketBuffer buffer:
                    OnBytes(buffer);
                    buffer.Return();
                    break;
                case StreamOpened opened: OnOpened(opened); break;
                case StreamFailed failed: Over(FindDial(failed.Dial)); break;
                case StreamClosed closed: Over(FindStream(closed.Stream)); break;
                case EndDue _:
                    for (int i = 0; i < Slots; i++) Free(_slots[i]);
                    Finish();
                    break;
            }
        }

        private void Begin(MeasureRelays work)
        {
            for (int i = 0; i < Slots; i++) Free(_slots[i]);
            _work = work;
            _next = 0;
            _portal = NetCheck.Unknown;
            _portalDue = work.Portal;
            Timers.Set(EndTimer, AllMs, EndDue.Instance, "relays measured by HTTPS");
            Fill();
        }

        /// <summary>Gives free slots something to ask; tells the end when nothing is left and nothing runs.</summary>
        private void Fill()
        {
            bool busy = false;
            for (int i = 0; i < Slots && _work != null; i++)
            {
                Slot slot = _slots[i];
                if (!slot.IsBusy && !NextPortal(slot)) NextRegion(slot);
                busy |= slot.IsBusy;
            }
            if (_work != null && !busy) Finish();
        }

        private bool NextPortal(Slot slot)
        {
            if (!_portalDue) return false;
            _portalDue = false;
            for (int i = 0; i < _work.Map.Regions.Length; i++)
            {
                DerpNode[] nodes = _work.Map.Regions[i].Nodes;
                for (int n = 0; n < nodes.Length; n++)
                {
                    if (!nodes[n].CanPort80) continue;
                    Dial(slot, 0, nodes[n], null, 80, true);
                    return true;
                }
            }
            return false;
        }

        private void NextRegion(Slot slot)
        {
            while (_next < _work.Map.Regions.Length)
            {
                DerpRegion region = _work.Map.Regions[_next++];
                if (!_work.Wanted[_next - 1] || region.NoMeasureNoHome) continue;
                int total = DerpTargets.Count(region);
                for (int attempt = 0; attempt < total; attempt++)
                {
                    if (!DerpTargets.Pick(region, attempt, out DerpNode node, out string address)) break;
                    if (node.InsecureForTests && !_allowInsecure) continue;
                    Dial(slot, region.Id, node, address, node.DerpPort == 0 ? 443 : node.DerpPort, false);
                    return;
                }
            }
        }

        private void Dial(Slot slot, int region, DerpNode node, string address, int port, bool portal)
        {
            slot.Region = region;
            slot.Host = node.HostName;
            slot.Port = port;
            slot.Portal = portal;
            StreamTarget target = new StreamTarget
            {
                Host = node.HostName, Address = address, Port = port, Tls = !portal, ServerName = node.HostName,
                CertName = node.CertName == "" ? null : node.CertName, Insecure = node.InsecureForTests && _allowInsecure, TimeoutMs = DialMs,
            };
            slot.Dial = _dialer.Dial(target, Self);
        }

        private void OnOpened(StreamOpened opened)
        {
            Slot slot = FindDial(opened.Dial);
            if (slot == null)
            {
                opened.Stream.Close();
                return;
            }
            slot.Dial = 0;
            slot.Stream = opened.Stream;
            slot.Probe.Start(slot.Host, slot.Port, slot.Portal);
            int count = slot.Probe.PollTransmit(_request, 0, NowMs);
            if (count > 0) slot.Stream.Write(_request, 0, count);
            else Over(slot);                                    // a name longer than any request may be
        }

        private void OnBytes(PacketBuffer buffer)
        {
            Slot slot = FindStream(buffer.Tag as IByteStream);
            if (slot == null || !slot.Probe.Handle(buffer.Bytes, buffer.Offset, buffer.Count, NowMs)) return;
            if (slot.Portal) _portal = slot.Probe.IsPortal ? NetCheck.True : NetCheck.False;
            else if (slot.Probe.State == HttpProbe.Answered) Send(_netCheck, new RelayMeasured(slot.Region, slot.Probe.LatencyMs));
            Over(slot);
        }

        private void Over(Slot slot)
        {
            if (slot == null) return;
            Free(slot);
            Fill();
        }

        private void Finish()
        {
            if (_work == null) return;
            _work = null;
            Timers.Stop(EndTimer);
            Send(_netCheck, new RelaysMeasured(_portal));
        }

        private void Free(Slot slot)
        {
            if (slot.Dial != 0) _dialer.Cancel(slot.Dial);
            if (slot.Stream != null) slot.Stream.Close();
            slot.Dial = 0;
            slot.Stream = null;
        }

        private Slot FindDial(int dial)
        {
            for (int i = 0; i < Slots; i++)
            {
                if (_slots[i].Dial == dial && dial != 0) return _slots[i];
            }
            return null;
        }

        private Slot FindStream(IByteStream stream)
        {
            for (int i = 0; i < Slots; i++)
            {
                if (_slots[i].Stream == stream && stream != null) return _slots[i];
            }
            return null;
        }

        private sealed class Slot
        {
            internal readonly HttpProbe Probe = new HttpProbe();
            internal int Region, Port, Dial;
            internal string Host;
            internal bool Portal;
            internal IByteStream Stream;
            internal bool IsBusy { get { return Dial != 0 || Stream != null; } }
        }

        private sealed class EndDue : Message
        {
            internal static readonly EndDue Instance = new EndDue();
        }
    }
}
