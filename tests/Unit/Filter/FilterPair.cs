using System;
using System.Net;
using System.Net.Sockets;
using MicroLink.Bytes;
using MicroLink.Filter;
using MicroLink.Native;
using MicroLink.NetIo;

namespace MicroLink.Tests.Unit.Filter;

/// <summary>
/// Two planes with a session; packets from any address go from the first to the second, which has the filter and takes every destination
/// for its own.
/// </summary>
internal sealed class FilterPair : IDisposable
{
    private readonly PlaneNode _from = new(1, 2), _to = new(2, 1);
    private readonly byte[] _packet = new byte[100];
    private readonly byte[] _counters = new byte[DataPlane.MaxCounters * 8];
    private readonly int _denied, _jailed;

    public FilterPair()
    {
        byte[] everything = new byte[2 * DataPlane.PrefixLength];
        everything[10] = everything[11] = 0xff;
        everything[16] = 96;
        foreach (PlaneNode node in new[] { _from, _to })
        {
            node.Plane.PeerAllowed(0, everything);
            DataPlane.SetLocalRoutes(node.Handle, everything, 2);
            DataPlane.Options(node.Handle, DataPlane.OptionInnerPackets);
        }
        for (int i = 0; DataPlane.CounterName(i) != null; i++)
        {
            if (DataPlane.CounterName(i) == "drop: packet filter") _denied = i;
            if (DataPlane.CounterName(i) == "drop: peer may not open connections") _jailed = i;
        }
        _from.Join(_to, 1000);
        _from.CarryTo(_to, 1001);
    }

    public PlaneNode Receiver => _to;

    public bool Use(CompiledFilter filter) => _to.Plane.SetFilter(filter.Table, filter.Capabilities) == 0;

    /// <summary>Sends a TCP SYN, a datagram, an echo request or a bare header of another protocol. True when it got through.</summary>
    public bool Passes(int protocol, IPAddress source, IPAddress destination, int port)
    {
        bool v4 = source.AddressFamily == AddressFamily.InterNetwork;
        int header = v4 ? 20 : 40, count = header + 20;
        Array.Clear(_packet);
        _packet[0] = (byte)(v4 ? 0x45 : 0x60);
        _packet[v4 ? 3 : 5] = (byte)(v4 ? count : 20);
        _packet[v4 ? 9 : 6] = (byte)protocol;
        source.GetAddressBytes().CopyTo(_packet, v4 ? 12 : 8);
        destination.GetAddressBytes().CopyTo(_packet, v4 ? 16 : 24);
        ByteOrder.StoreU16BE(_packet, header, 40000);
        ByteOrder.StoreU16BE(_packet, header + 2, port);
        if (protocol == 6) _packet[header + 13] = 2;
        if (protocol == 1) _packet[header] = 13;                       // a timestamp request: nothing here answers it
        if (protocol == 58) _packet[header] = 130;
        if (_from.Plane.SendIp(_packet, 0, count, 1002) < 0) throw new InvalidOperationException("not sent");
        long before = Denied();
        if (_from.CarryTo(_to, 1003) != 1) throw new InvalidOperationException("not carried");
        _to.Events(NetEvent.InnerPacket);
        while (DataPlane.PollUdp(_to.Handle, _counters, 0) > 0) { }
        return Denied() == before;
    }

    private long Denied()
    {
        DataPlane.Counters(_to.Handle, _counters, 0);
        return BitConverter.ToInt64(_counters, _denied * 8) + BitConverter.ToInt64(_counters, _jailed * 8);
    }

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
    }
}
