using System;
using System.Buffers.Binary;
using MicroLink.Lab.Core;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>
    /// The lab's control server, relays and STUN on hosts of the simulated network: the same LabCore that Kestrel hosts in samples/Lab. The
    /// control server is "control.lab" port 80; relay region 900+i is "derp(i+1).lab", ports 443 and 3478.
    /// </summary>
    public sealed class SimLab
    {
        public const string ControlName = "control.lab";
        public const int ControlPort = 80, RelayPort = 443, StunPort = 3478;
        public const int FirstRegion = 900;

        private readonly SimNetwork _network;

        public SimLab(SimNetwork network, LabOptions options, int regions, bool six = false)
        {
            _network = network;
            Control = network.AddPublicHost("control");
            network.AddName(ControlName, Control.Address);
            Relays = new SimHost[regions];
            for (int i = 0; i < regions; i++) Relays[i] = AddRegion(options, i, six);
            Core = new LabCore(options, new SeededEntropy(network.Seed ^ 0x1AB), (nowMs, text) => Log?.Invoke(nowMs, text));
            ServeControl(ControlPort);
            for (int i = 0; i < regions; i++) Serve(Relays[i], FirstRegion + i);
        }

        public LabCore Core { get; }
        public SimHost Control { get; }
        public SimHost[] Relays { get; }

        /// <summary>What the lab says about what it serves and refuses.</summary>
        public LabLog Log { get; set; }

        /// <summary>The control server answers at this port too; with TLS it is a dial's business to check the certificate.</summary>
        public void ServeControl(int port)
        {
            Control.Serve(port, connection =>
                new Service(_network, connection, pipe => Core.AcceptControl(pipe, connection.ClientText, _network.Time.Ms)));
        }

        /// <summary>A time server at a name of its own, wrong by so much; null = it takes requests and says nothing.</summary>
        public SimHost AddTimeServer(string name, long? wrongByMs)
        {
            SimHost host = _network.AddPublicHost(name);
            _network.AddName(name, host.Address);
            host.OpenUdp(123, (source, request) =>
            {
                if (wrongByMs == null) return;
                byte[] answer = new byte[48];
                answer[0] = 0x24;                 // version 4, mode server
                answer[1] = 2;
                Array.Copy(request, 40, answer, 24, 8);
                long unixMs = Core.Options.UnixMsAtZero + _network.Time.Ms + wrongByMs.Value;
                for (int at = 32; at <= 40; at += 8)
                {
                    BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(at), (uint)(unixMs / 1000 + 2208988800L));
                    BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(at + 4), (uint)(((unixMs % 1000) << 32) / 1000));
                }
                host.SendUdp(123, source, answer);
            });
            return host;
        }

        private SimHost AddRegion(LabOptions options, int index, bool six)
        {
            string name = "derp" + (index + 1) + ".lab";
            SimHost host = _network.AddPublicHost(name);
            _network.AddName(name, host.Address);
            if (six) _network.AddSix(host, false);
            options.Regions.Add(new LabRegion
            {
                Id = FirstRegion + index, Code = "sim" + (index + 1), Name = "Simulated " + (index + 1), HostName = name,
                IPv4 = SimEndpoint.AddressText(host.Address), IPv6 = six ? SimEndpoint.SixText(host.Six) : "none", DerpPort = RelayPort, StunPort = StunPort,
            });
            return host;
        }

        private void Serve(SimHost host, int region)
        {
            host.Serve(RelayPort, connection =>
                new Service(_network, connection, pipe => Core.AcceptRelay(region, pipe, connection.ClientText, _network.Time.Ms)));
            byte[] answer = new byte[LabStun.MaxResponse];
            byte[] endpoint = new byte[SimEndpoint.Length];
            host.OpenUdp(StunPort, (source, datagram) =>
            {
                source.Write(endpoint);
                int length = Core.Stun.Answer(datagram, endpoint, answer);
                if (length > 0) host.SendUdp(StunPort, source, answer.AsSpan(0, length).ToArray());
            });
        }

        /// <summary>Joins one simulated connection to one stream of the core.</summary>
        private sealed class Service : ISimService, ILabPipe
        {
            private readonly SimNetwork _network;
            private readonly SimConnection _connection;
            private readonly LabStream _stream;

            public Service(SimNetwork network, SimConnection connection, Func<ILabPipe, LabStream> accept)
            {
                _network = network;
                _connection = connection;
                _stream = accept(this);
            }

            public bool CanSend => _connection.CanSend;

            public void Send(ReadOnlySpan<byte> bytes) => _connection.SendDown(bytes);

            public void Close(string reason) => _connection.CloseDown(reason);

            public void Receive(byte[] bytes) => _stream.Receive(bytes, _network.Time.Ms);

            public void Closed() => _stream.PeerClosed(_network.Time.Ms);

            public void Writable() => _stream.Writable(_network.Time.Ms);
        }
    }
}
