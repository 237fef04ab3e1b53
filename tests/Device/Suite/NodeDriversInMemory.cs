using System;
using System.Collections;
using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Native;
using MicroLink.Node;
using MicroLink.Runtime;

namespace MicroLink.Tests.Device
{
    /// <summary>The UDP port of a node on the cable of a <see cref="NodeWorld"/>.</summary>
    internal sealed class CablePort : IPacketPort
    {
        private readonly NodeWorld _world;
        private readonly int _index;
        private readonly byte[] _out = new byte[NetEndpoint.Length + 2048];
        private readonly byte[] _source = new byte[NetEndpoint.Length];
        private int _dataPlane;
        private ActorRef _owner;

        internal int Datagrams;

        internal CablePort(NodeWorld world, int index)
        {
            _world = world;
            _index = index;
        }

        public string Error { get { return null; } }

        public int Open(int dataPlane, int preferredPort, ActorRef owner)
        {
            _dataPlane = dataPlane;
            _owner = owner;
            return NodeOptions.DefaultUdpPort;
        }

        public void Flush()
        {
            if (_owner == null) return;
            int length;
            while ((length = DataPlane.PollUdp(_dataPlane, _out, 0)) > 0)
            {
                Datagrams++;
                _world.Deliver(_index, _out, _out, NetEndpoint.Length, length - NetEndpoint.Length);
            }
            Announce();
        }

        internal void Receive(int from, byte[] datagram, int offset, int count)
        {
            if (_owner == null) return;
            NetEndpoint.WriteV4(_source, 0, 192, 0, 2, from + 1, NodeOptions.DefaultUdpPort);
            DataPlane.UdpIn(_dataPlane, _source, 0, datagram, offset, count, _world.System.Time.Ms);
            Flush();
        }

        private void Announce()
        {
            if (!_owner.TellUrgent(NetIoReady.Instance)) _owner.Tell(NetIoReady.Instance);
        }

        public int Rebind(int preferredPort)
        {
            return NodeOptions.DefaultUdpPort;
        }

        public int LocalAddresses(byte[] into, int offset)
        {
            NetEndpoint.WriteV4(_source, 0, 192, 0, 2, _index + 1, 0);
            Array.Copy(_source, 0, into, offset, NetEndpoint.AddressLength);
            return 1;
        }

        public void Close()
        {
            _owner = null;
        }
    }

    /// <summary>Settings that last as long as the test.</summary>
    internal sealed class MemoryStore : IKeyValueStore
    {
        private readonly Hashtable _values = new Hashtable();

        public bool Open(out string error)
        {
            error = null;
            return true;
        }

        public byte[] Get(string key)
        {
            return (byte[])_values[key];
        }

        public void Set(string key, byte[] value)
        {
            _values[key] = value;
        }

        public void Remove(string key)
        {
            _values.Remove(key);
        }

        public void Commit(ActorRef owner)
        {
            if (owner != null) owner.Tell(new StoreCommitted(null));
        }

        public void Erase()
        {
            _values.Clear();
        }
    }

    /// <summary>Never the same bytes twice, always the same from one seed (xorshift).</summary>
    internal sealed class CountingEntropy : IEntropy
    {
        private uint _state;

        internal CountingEntropy(uint seed)
        {
            _state = seed * 2654435761u;
        }

        public void Fill(byte[] buffer, int offset, int count)
        {
            for (int i = 0; i < count; i++)
            {
                _state ^= _state << 13;
                _state ^= _state >> 17;
                _state ^= _state << 5;
                buffer[offset + i] = (byte)_state;
            }
        }
    }
}
