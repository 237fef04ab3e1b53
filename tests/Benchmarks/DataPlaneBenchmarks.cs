using System;
using MicroLink.Native;

namespace MicroLink.Benchmarks;

/// <summary>
/// Inner packets from one data plane to another in this process: SendIp, PollUdp, UdpIn (by UDP) or RelayDrain, RelayIn (by relay). One
/// operation is one packet, sealed and opened once. The receiver counts it as "no network interface yet".
/// </summary>
public static class DataPlaneBenchmarks
{
    private const int Region = 1;

    public static void Run()
    {
        foreach (int size in new[] { 64, 1280 })
        {
            Plane a = new Plane(1, 2), b = new Plane(2, 1);
            a.Join(b);
            byte[] packet = Packet(size);
            Measure.Rate($"dataplane: {size} B by UDP, one plane to another", 1, () => a.SendByUdp(b, packet), size);
            a.Destroy();
            b.Destroy();
        }
        {
            Plane a = new Plane(1, 2), b = new Plane(2, 1);
            a.Join(b);
            a.UseRelay();
            b.UseRelay();
            byte[] packet = Packet(1280);
            Measure.Rate("dataplane: 1280 B by relay, 16 at a time", 16, () => a.SendByRelay(b, packet, 16), 1280);
            a.Destroy();
            b.Destroy();
        }
    }

    /// <summary>A UDP packet 100.64.0.1 -> 100.64.0.2; nothing on the way looks at its checksums.</summary>
    private static byte[] Packet(int size)
    {
        byte[] packet = new byte[size];
        packet[0] = 0x45;
        packet[2] = (byte)(size >> 8);
        packet[3] = (byte)size;
        packet[8] = 64;
        packet[9] = 17;
        Address(1).AsSpan(12).CopyTo(packet.AsSpan(12));
        Address(2).AsSpan(12).CopyTo(packet.AsSpan(16));
        return packet;
    }

    private static byte[] Address(int node) => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 100, 64, 0, (byte)node];

    private sealed class Plane
    {
        private readonly int _handle;
        private readonly byte[] _peerKey = new byte[32];
        private readonly byte[] _endpoint = new byte[18];
        private readonly byte[] _datagram = new byte[2048];
        private readonly byte[] _block = new byte[1 << 16];
        private readonly byte[] _event = new byte[DataPlane.MaxEvent];

        public Plane(int self, int peer)
        {
            _handle = DataPlane.Create(4, 1024, 64, 1 << 16, 1 << 16);
            if (_handle <= 0) throw new InvalidOperationException("the data plane cannot be created: code " + _handle);
            _peerKey[0] = (byte)peer;
            DataPlane.Seed(_handle, _peerKey);
            DataPlane.FilterOff(_handle);
            DataPlane.SetSelfAddresses(_handle, Address(self), 1);
            DataPlane.PeerSet(_handle, 0, _peerKey, 0);
            DataPlane.PeerAllowed(_handle, 0, [.. Address(peer), 128], 1);
            DataPlane.PeerPath(_handle, 0, DataPlane.PathUdp, _endpoint, 0, 0);
        }

        public void Join(Plane other)
        {
            byte[] one = new byte[32], two = new byte[32];
            two[0] = 1;
            int ours = DataPlane.IndexAllocate(_handle, 0), theirs = DataPlane.IndexAllocate(other._handle, 0);
            DataPlane.SessionInstall(other._handle, 0, theirs, ours, two, one, false, 0);
            DataPlane.SessionInstall(_handle, 0, ours, theirs, one, two, true, 0);
        }

        public void UseRelay()
        {
            DataPlane.PeerPath(_handle, 0, DataPlane.PathRelay, null, 0, Region);
            DataPlane.RelayOpen(_handle, Region);
            DataPlane.RelayFrame(_handle, Region, 2, _peerKey, 0, 32);
        }

        public void SendByUdp(Plane other, byte[] packet)
        {
            if (DataPlane.SendIp(_handle, packet, 0, packet.Length, 0) < 0) throw new InvalidOperationException("not sent");
            int length;
            while ((length = DataPlane.PollUdp(_handle, _datagram, 0)) > 0)
                DataPlane.UdpIn(other._handle, _endpoint, 0, _datagram, 18, length - 18, 0);
        }

        public void SendByRelay(Plane other, byte[] packet, int count)
        {
            for (int i = 0; i < count; i++) DataPlane.SendIp(_handle, packet, 0, packet.Length, 0);
            int total = DataPlane.RelayDrain(_handle, Region, _block, 0, _block.Length);
            for (int at = 0; at < total; at += 5 + (_block[at + 3] << 8 | _block[at + 4]))
                if (_block[at] == 4) _block[at] = 5;
            DataPlane.RelayIn(other._handle, Region, _block, 0, total, 0);
            while (DataPlane.PollEvent(_handle, _event, 0) > 0) { }
        }

        public void Destroy() => DataPlane.Destroy(_handle);
    }
}
