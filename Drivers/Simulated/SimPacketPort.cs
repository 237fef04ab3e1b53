using System;
using MicroLink.Native;
using MicroLink.Runtime;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>
    /// The UDP port of a simulated node: takes datagrams out of its native data plane and puts those of the simulated network in, at
    /// virtual time. What the native pump's thread does on a desktop happens here within the calls.
    /// </summary>
    public sealed class SimPacketPort : IPacketPort
    {
        private readonly SimHost _host;
        private readonly byte[] _out = new byte[SimEndpoint.Length + 2048];
        private readonly byte[] _endpoint = new byte[SimEndpoint.Length];
        private int _dataPlane;
        private ActorRef _owner;
        private bool _announced;

        public SimPacketPort(SimHost host)
        {
            _host = host;
        }

        /// <summary>0 while closed.</summary>
        public int Port { get; private set; }

        public string Error => null;

        public int Open(int dataPlane, int preferredPort, ActorRef owner)
        {
            _dataPlane = dataPlane;
            _owner = owner;
            Port = _host.OpenUdp(preferredPort, Receive);
            return Port;
        }

        public void Flush()
        {
            if (Port == 0) return;
            int length;
            while ((length = DataPlane.PollUdp(_dataPlane, _out, 0)) > 0)
            {
                if (!SimEndpoint.TryRead(_out, out SimEndpoint destination)) continue;   // no route in this world
                byte[] datagram = _out.AsSpan(SimEndpoint.Length, length - SimEndpoint.Length).ToArray();
                _host.SendUdp(Port, destination, datagram);
            }
            Announce();
        }

        public int Rebind(int preferredPort)
        {
            if (Port != 0) _host.CloseUdp(Port);
            Port = _host.OpenUdp(preferredPort, Receive);
            return Port;
        }

        public int LocalAddresses(byte[] into, int offset)
        {
            int room = _host.IsOnline ? (into.Length - offset) / 16 : 0, count = 0;
            if (_host.HasFour && count < room) SimEndpoint.WriteAddress(_host.Address, into.AsSpan(offset + 16 * count++));
            if (_host.Six != 0 && count < room) SimEndpoint.WriteAddress(_host.Six, into.AsSpan(offset + 16 * count++), true);
            return count;
        }

        public void Close()
        {
            if (Port != 0) _host.CloseUdp(Port);
            Port = 0;
        }

        private void Receive(SimEndpoint source, byte[] datagram)
        {
            source.Write(_endpoint);
            DataPlane.UdpIn(_dataPlane, _endpoint, 0, datagram, 0, datagram.Length, _host.Network.Time.Ms);
            Flush();   // the responder and the handshake gate answer by themselves
        }

        /// <summary>
        /// Any of these calls may have left events. One announcement is on its way at most; it comes after the present call, as from
        /// another thread.
        /// </summary>
        private void Announce()
        {
            if (_announced) return;
            _announced = true;
            _host.Network.Schedule(0, () =>
            {
                _announced = false;
                if (Port != 0 && !_owner.TellUrgent(NetIoReady.Instance)) _owner.Tell(NetIoReady.Instance);
            });
        }
    }
}
