using System;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.PeerApi;
using MicroLink.Runtime;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// What a node with a TUN device serves over the host's own stack: the peer API for its peers, and DNS over TCP for programs of this host,
    /// whose connections to 100.100.100.100 the data plane turns round to a port of ours. It listens anew when the addresses or the device change.
    /// </summary>
    public sealed class HostServicesActor : Actor
    {
        private const int WatchMs = 2000, RetryMs = 100, QuickTries = 50;
        private const int PeerApiConnections = 4, DnsConnections = 16;
        private const int RequestMs = 10000;
        private static readonly IPAddress s_service4 = IPAddress.Parse("100.100.100.100"), s_service6 = IPAddress.Parse("fd7a:115c:a1e0::53");

        private readonly PacketPlane _plane;
        private readonly ActorRef _control, _names;
        private readonly string _device;
        private readonly HostListener[] _listeners = new HostListener[4];
        private IPAddress[] _addresses = new IPAddress[0];
        private byte[] _self = new byte[0];
        private int _port, _tries;
        private uint _link;

        /// <param name="device">Name of the TUN device.</param>
        public HostServicesActor(PacketPlane plane, ActorRef control, ActorRef names, string device)
        {
            _plane = plane;
            _control = control;
            _names = names;
            _device = device;
        }

        protected override void OnStop() { Close(); }

        protected override void OnReceive(Message message)
        {
            if (message is SelfChanged self) OnSelf(self.Self.Addresses ?? new byte[0]);
            else if (message is Watch) Look();
            else if (message is Asked asked) Send(_names, new ServiceQuery(asked.Question.Bytes, asked.Question.Bytes.Length, asked.Question));
            else if (message is ServiceReply reply)
            {
                DnsStream.Question question = (DnsStream.Question)reply.Tag;
                question.Reply = reply;
                question.Answered.Set();
            }
        }

        private void OnSelf(byte[] prefixes17)
        {
            int count = prefixes17.Length / NetEndpoint.PrefixLength;
            byte[] self = new byte[count * NetEndpoint.AddressLength];
            for (int i = 0; i < count; i++)
                Array.Copy(prefixes17, i * NetEndpoint.PrefixLength, self, i * NetEndpoint.AddressLength, NetEndpoint.AddressLength);
            if (self.AsSpan().SequenceEqual(_self)) return;
            _self = self;
            _addresses = new IPAddress[Math.Min(count, 2)];
            for (int i = 0; i < _addresses.Length; i++)
            {
                IPAddress address = new IPAddress(self.AsSpan(i * NetEndpoint.AddressLength, NetEndpoint.AddressLength));
                _addresses[i] = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            }
            Listen();
        }

        /// <summary>A device that was made anew has another number, and our listeners are bound to the old one.</summary>
        private void Look()
        {
            if (_port == 0 || if_nametoindex(_device) != _link) Listen();
            else Timers.Set(0, WatchMs, Watch.Instance, "is the TUN device the same");
        }

        private void Listen()
        {
            Close();
            _link = if_nametoindex(_device);
            bool open = _addresses.Length > 0 && OpenPeerApi() && OpenDns();
            if (open)
            {
                _tries = 0;
                _port = _listeners[0].Port;
                DataPlane.SetPeerApiPort(_plane.Handle, _port);
                DataPlane.SetServicePort(_plane.Handle, _listeners[2].Port);
                Send(_control, new PeerApiListening(_port, Has(AddressFamily.InterNetwork), Has(AddressFamily.InterNetworkV6)));
            }
            else
            {
                // The router gives the device its addresses at about the same time.
                Close();
                if (_tries++ == QuickTries && _addresses.Length > 0)
                    Log.Warning("no port for the peer API or DNS over TCP on the tunnel addresses yet; tried again from time to time");
            }
            Timers.Set(0, open || _tries > QuickTries ? WatchMs : RetryMs, Watch.Instance, open ? "is the TUN device the same" : "host services have no port yet");
        }

        private bool OpenPeerApi()
        {
            for (int attempt = 0; attempt < PeerApiPort.Tries; attempt++)
                if (OpenBoth(0, PeerApiPort.Choose(_self, 0, attempt), PeerApiConnections, ServePeer)) return true;
            return false;
        }

        private bool OpenDns() => OpenBoth(2, 0, DnsConnections, ServeDns);

        /// <summary>The same port on each of our addresses, or none.</summary>
        private bool OpenBoth(int first, int port, int most, Action<Socket> serve)
        {
            for (int i = 0; i < _addresses.Length; i++)
            {
                _listeners[first + i] = HostListener.Open(_addresses[i], port, _device, most, serve);
                if (_listeners[first + i] == null)
                {
                    _listeners[first]?.Dispose();
                    _listeners[first] = null;
                    return false;
                }
                port = _listeners[first].Port;
            }
            return true;
        }

        private bool Has(AddressFamily family) => Array.Exists(_addresses, address => address.AddressFamily == family);

        private void Close()
        {
            for (int i = 0; i < _listeners.Length; i++)
            {
                _listeners[i]?.Dispose();
                _listeners[i] = null;
            }
            if (_port != 0)
            {
                DataPlane.SetPeerApiPort(_plane.Handle, 0);
                DataPlane.SetServicePort(_plane.Handle, 0);
            }
            _port = 0;
        }

        // ---- on threads of their own ------------------------------------------------------------------------------------------------------

        private void ServePeer(Socket client)
        {
            byte[] block = new byte[2048], known = new byte[PeerApiRequest.MaxAddresses * NetEndpoint.AddressLength];
            int knownCount = DataPlane.KnownAs(_plane.Handle, ((IPEndPoint)client.RemoteEndPoint).Address.MapToIPv6().GetAddressBytes(), known);
            PeerApiRequest request = new PeerApiRequest(known, knownCount, ((IPEndPoint)client.LocalEndPoint).Port);
            long end = Environment.TickCount64 + RequestMs;
            for (int count = 0; !request.Feed(block, 0, count); )
            {
                client.ReceiveTimeout = (int)Math.Max(1, end - Environment.TickCount64);
                count = client.Receive(block);
                if (count == 0) return;
            }
            int length = request.WriteAnswer(block, 0);
            for (int at = 0; at < length; ) at += client.Send(block, at, length - at, SocketFlags.None);
            client.Shutdown(SocketShutdown.Send);
        }

        /// <summary>Only connections that the data plane turned round come from the service's address; peers are not resolved for.</summary>
        private void ServeDns(Socket client)
        {
            IPAddress from = ((IPEndPoint)client.RemoteEndPoint).Address;
            if (from.Equals(s_service4) || from.Equals(s_service6)) DnsStream.Serve(client, question => Self.Tell(new Asked(question)));
        }

        [DllImport("libc")]
        private static extern uint if_nametoindex(string name);

        private sealed class Watch : Message
        {
            public static readonly Watch Instance = new Watch();
        }

        private sealed class Asked : Message
        {
            public readonly DnsStream.Question Question;
            public Asked(DnsStream.Question question) { Question = question; }
        }
    }
}
