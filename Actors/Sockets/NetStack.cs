using MicroLink.Native;
using MicroLink.NetIo;

namespace MicroLink.Sockets
{
    /// <summary>
    /// The IP stack of one node as the actors use it: one native instance joined to the node's data plane. Every call that may have sent
    /// something ends with a flush of the port. The socket actors share it, as all actors of a node run on one thread.
    /// </summary>
    public sealed class NetStack
    {
        /// <summary>Who is told that a socket has news.</summary>
        internal const int NobodyOwns = 0, UdpOwns = 1, TcpOwns = 2;

        private readonly PacketPlane _plane;
        private readonly byte[] _records = new byte[32 * Net.RecordLength];
        private readonly byte[] _addresses = new byte[8 * DataPlane.AddressLength];
        private readonly byte[] _owner;
        private readonly byte[] _bits;
        private readonly short[] _errors;
        private int _net;

        /// <param name="maxSockets">1 to 4096; each costs about 200 bytes natively, and what it holds.</param>
        public NetStack(PacketPlane plane, int maxSockets)
        {
            _plane = plane;
            MaxSockets = maxSockets;
            _owner = new byte[maxSockets];
            _bits = new byte[maxSockets];
            _errors = new short[maxSockets];
        }

        public readonly int MaxSockets;

        /// <summary>The native handle, 0 while there is none.</summary>
        public int Handle { get { return _net; } }

        public bool IsOpen { get { return _net > 0; } }

        /// <summary>The echo service was started.</summary>
        internal bool Echoes;

        /// <summary>Null, or why there is no stack, as one plain sentence.</summary>
        public string Trouble { get; private set; }

        /// <summary>Joins a stack to the data plane. False: <see cref="Trouble"/> says why not.</summary>
        public bool Open(byte[] random32, long nowMs)
        {
            if (_net > 0) return true;
            if (!Net.IsAvailable)
            {
                Trouble = "Sockets inside the tunnel are not available: the native library was built without lwIP "
                    + "(run ./microlink once with --install as root, or set LWIP_DIR).";
                return false;
            }
            int net = Net.Create(_plane.Handle, MaxSockets, random32, nowMs);
            if (net <= 0)
            {
                Trouble = "The IP stack inside the tunnel could not be made (code " + net.ToString() + "): there is not enough memory.";
                return false;
            }
            _net = net;
            Trouble = null;
            return true;
        }

        public void Close()
        {
            if (_net > 0) Net.Destroy(_net);
            _net = 0;
        }

        /// <summary>Our tunnel addresses as prefixes of 17 bytes.</summary>
        public void SetAddresses(byte[] prefixes17)
        {
            if (_net <= 0) return;
            int count = prefixes17 == null ? 0 : prefixes17.Length / DataPlane.PrefixLength;
            if (count > 8) count = 8;
            for (int i = 0; i < count; i++)
                System.Array.Copy(prefixes17, i * DataPlane.PrefixLength, _addresses, i * DataPlane.AddressLength, DataPlane.AddressLength);
            Net.Addresses(_net, _addresses, count);
            Flush();
        }

        /// <summary>Runs the stack's timers. Returns the milliseconds until the next call.</summary>
        public int Tick(long nowMs)
        {
            int wait = Net.Tick(_net, nowMs);
            Flush();
            return wait < 1 ? 1 : wait;
        }

        public void Retry(long nowMs)
        {
            if (_net <= 0) return;
            Net.Retry(_net, nowMs);
            Flush();
        }

        public void Flush() { _plane.Port.Flush(); }

        /// <summary>Notes the news of sockets for their owners. Returns whose sockets have some: bits 1 shl owner; more is set when not all
        /// was read.</summary>
        internal int Poll(out bool more)
        {
            int owners = 0;
            int count = Net.Poll(_net, _records);
            for (int i = 0; i < count; i++)
            {
                int o = i * Net.RecordLength;
                int at = _records[o] | _records[o + 1] << 8;
                _bits[at] |= _records[o + 4];
                int error = (short)(_records[o + 6] | _records[o + 7] << 8);
                if (error != 0) _errors[at] = (short)error;
                owners |= 1 << _owner[at];
            }
            more = count * Net.RecordLength == _records.Length;
            return owners;
        }

        internal void Own(int socket, int owner)
        {
            _owner[socket & 0xffff] = (byte)owner;
            _bits[socket & 0xffff] = 0;
            _errors[socket & 0xffff] = 0;
        }

        /// <summary>What was noted since the last look.</summary>
        internal int TakeNews(int socket, out int error)
        {
            int at = socket & 0xffff;
            int bits = _bits[at];
            error = _errors[at];
            _bits[at] = 0;
            return bits;
        }
    }
}
