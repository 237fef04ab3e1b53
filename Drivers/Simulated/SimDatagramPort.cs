using System;
using MicroLink.Runtime;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>A UDP port of a simulated host for questions to servers; opened with the first datagram.</summary>
    public sealed class SimDatagramPort : IDatagramPort
    {
        private readonly SimHost _host;
        private ActorRef _owner;
        private int _port;

        public SimDatagramPort(SimHost host)
        {
            _host = host;
        }

        /// <summary>Datagrams sent so far.</summary>
        public int Sent { get; private set; }

        public string Error { get; private set; }

        public void Attach(ActorRef owner)
        {
            _owner = owner;
        }

        public bool Send(byte[] packet, int count, byte[] endpoint)
        {
            if (!_host.IsOnline || !SimEndpoint.TryRead(endpoint, out SimEndpoint to))
            {
                Error = "There is no route to the server.";
                return false;
            }
            if (_port == 0) _port = _host.OpenUdp(0, Receive);
            Sent++;
            _host.SendUdp(_port, to, packet.AsSpan(0, count).ToArray());
            return true;
        }

        public void Close()
        {
            if (_port != 0) _host.CloseUdp(_port);
            _port = 0;
        }

        private void Receive(SimEndpoint source, byte[] datagram)
        {
            byte[] from = new byte[SimEndpoint.Length];
            source.Write(from);
            _owner.Tell(new DatagramReceived(datagram, from));
        }
    }
}
