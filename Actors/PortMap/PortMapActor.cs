using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.Http1;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Paths;
using MicroLink.Runtime;

namespace MicroLink.PortMap
{
    /// <summary>
    /// Carries between PortMapper and the gateway: datagrams by a socket of its own, UPnP's HTTP exchanges one at a time by streams. Only made
    /// when the user asked for it (--port-map).
    /// </summary>
    public sealed class PortMapActor : Actor
    {
        private const int MapTimer = 0;
        private const int MaxBody = 64 * 1024, HttpMs = 4000;

        private readonly ActorRef _netCheck;
        private readonly PacketPlane _plane;
        private readonly IGateway _gateways;
        private readonly IDatagramPort _datagrams;
        private readonly IStreamDialer _dialer;
        private readonly PortMapper _mapper;
        private readonly PortMapEvent _event = new PortMapEvent();
        private readonly PortMapRequest _request = new PortMapRequest();
        private readonly byte[] _datagram = new byte[256];
        private readonly byte[] _endpoint = new byte[NetEndpoint.Length];
        private readonly byte[] _gateway = new byte[NetEndpoint.AddressLength], _local = new byte[NetEndpoint.AddressLength];

        private readonly Http1Head _head = new Http1Head();
        private readonly Http1Body _body = new Http1Body(MaxBody);
        private System.Text.StringBuilder _text;
        private byte[] _out;
        private int _outAt;
        private int _dial;
        private bool _inBody;
        private IByteStream _stream;

        public PortMapActor(ActorRef netCheck, PacketPlane plane, IGateway gateways, IDatagramPort datagrams, IStreamDialer dialer, IEntropy entropy)
        {
            _netCheck = netCheck;
            _plane = plane;
            _gateways = gateways;
            _datagrams = datagrams;
            _dialer = dialer;
            _mapper = new PortMapper(entropy);
        }

        protected override void OnStart()
        {
            _datagrams.Attach(Self);
            LookAround();
        }

        /// <summary>The mapping is given back; the gateway would forget it by itself within two hours.</summary>
        protected override void OnStop()
        {
            int count = _mapper.WriteRelease(_datagram, _endpoint);
            if (count > 0) _datagrams.Send(_datagram, count, _endpoint);
            EndHttp();
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case PacketBuffer buffer:
                    OnBytes(buffer);
                    buffer.Return();
                    break;
                case DatagramReceived datagram:
                    Drain(_mapper.HandleDatagram(datagram.From, datagram.Bytes, 0, datagram.Bytes.Length, NowMs));
                    break;
                case MapTimerDue _: Drain(_mapper.HandleTimeout(NowMs)); break;
                case NetworkChanged _: LookAround(); break;
                case AttributesChanged changed: _mapper.NoUpnp = changed.Attributes.Has(NodeAttributes.DisableUpnp); break;
                case UdpPortChanged _: LookAround(); break;
                case StreamOpened opened: OnOpened(opened); break;
                case StreamFailed failed:
                    if (failed.Dial == _dial) FinishHttp(0);
                    break;
                case StreamWritable writable:
                    if (writable.Stream == _stream) Write();
                    break;
                case StreamClosed closed:
                    if (closed.Stream == _stream) OnClosed();
                    break;
            }
        }

        private void LookAround()
        {
            EndHttp();
            if (!_gateways.Find(_gateway, _local)) System.Array.Clear(_gateway, 0, _gateway.Length);
            Drain(_mapper.HandleNetwork(_gateway, _local, _plane.LocalPort, NowMs));
        }

        private void Drain(int outputs)
        {
            if (outputs != Output.None)
            {
                int count = _mapper.PollTransmit(_datagram, 0, _endpoint);
                if (count > 0) _datagrams.Send(_datagram, count, _endpoint);
                if (_mapper.State == PortMapper.Upnp && _mapper.UpnpSession.PollRequest(_request)) StartHttp();
                if (_mapper.PollEvent(_event)) Tell();
            }
            Timers.SetAt(MapTimer, _mapper.Deadline, MapTimerDue.Instance, _mapper.DeadlineReason);
        }

        private void Tell()
        {
            byte[] endpoint = null;
            if (_event.Kind == PortMapEvent.Mapped)
            {
                endpoint = new byte[NetEndpoint.Length];
                System.Array.Copy(_event.Endpoint, 0, endpoint, 0, NetEndpoint.Length);
                Log.Info(_event.Reason + ": " + NetEndpoint.Format(endpoint, 0));
            }
            else
            {
                Log.Info("no port mapping: " + _event.Reason);
            }
            Send(_netCheck, new PortMapped(endpoint, _event.Protocol, _event.Reason));
        }

        // ---- one HTTP exchange --------------------------------------------------------------------------------------------------------

        private void StartHttp()
        {
            EndHttp();
            _out = AsciiText.ToBytes(_request.Text);
            _dial = _dialer.Dial(new StreamTarget { Host = _request.Host, Address = _request.Host, Port = _request.Port, TimeoutMs = HttpMs }, Self);
        }

        private void OnOpened(StreamOpened opened)
        {
            if (opened.Dial != _dial)
            {
                opened.Stream.Close();
                return;
            }
            _dial = 0;
            _stream = opened.Stream;
            _head.Reset();
            _inBody = false;
            _text = new System.Text.StringBuilder();
            _outAt = 0;
            Write();
        }

        private void Write()
        {
            int taken = _stream.Write(_out, _outAt, _out.Length - _outAt);
            if (taken > 0) _outAt += taken;
        }

        private void OnBytes(PacketBuffer buffer)
        {
            if (_stream == null || buffer.Tag != _stream) return;
            int offset = buffer.Offset, count = buffer.Count;
            if (!_inBody)
            {
                int result = _head.Handle(buffer.Bytes, offset, count);
                if (result == Http1Head.NeedMore) return;
                if (result == Http1Head.Failed)
                {
                    FinishHttp(0);
                    return;
                }
                offset += _head.Consumed;
                count -= _head.Consumed;
                _body.Start(_head, false);
                _inBody = true;
            }
            for (; ; )
            {
                int result = _body.Handle(buffer.Bytes, offset, count);
                if (result == Http1Body.Data) _text.Append(AsciiText.ToText(buffer.Bytes, _body.DataOffset, _body.DataCount));
                offset += _body.Consumed;
                count -= _body.Consumed;
                if (result == Http1Body.Data) continue;
                if (result == Http1Body.Complete) FinishHttp(_head.Status);
                if (result == Http1Body.Failed) FinishHttp(0);
                return;
            }
        }

        private void OnClosed()
        {
            bool complete = _inBody && _body.HandleClosed() == Http1Body.Complete;
            FinishHttp(complete ? _head.Status : 0);
        }

        private void FinishHttp(int status)
        {
            string text = _text == null ? "" : _text.ToString();
            EndHttp();
            Drain(_mapper.HandleHttp(status, text, NowMs));
        }

        private void EndHttp()
        {
            if (_dial != 0) _dialer.Cancel(_dial);
            _dial = 0;
            if (_stream != null) _stream.Close();
            _stream = null;
            _text = null;
        }

        private sealed class MapTimerDue : Message
        {
            internal static readonly MapTimerDue Instance = new MapTimerDue();
        }
    }
}
