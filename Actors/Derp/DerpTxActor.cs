// Hot: every block of a relay passes here; bytes are moved whole.
using MicroLink.Drivers;
using MicroLink.NetIo;
using MicroLink.Runtime;

namespace MicroLink.Derp
{
    /// <summary>
    /// The sole writer of one relay connection. It moves bytes from the native framer to the byte stream in blocks and knows nothing of
    /// what is in them. A stream that is full says StreamWritable later; until then the framer keeps the rest and drops its oldest packets.
    /// So it does while the server's token bucket is empty: what we may not send is not taken out of the framer.
    /// </summary>
    public sealed class DerpTxActor : Actor
    {
        /// <summary>Three full tunnel packets: enough for the cost of a call to vanish, little enough for a device. A host takes a TLS record,
        /// 16 KB.</summary>
        public const int DeviceBlockBytes = 4096;
        /// <summary>After so many blocks other actors get their turn.</summary>
        private const int BlocksPerTurn = 16;
        private const int LimitTimer = 0, LimitMs = 20;

        private readonly ActorRef _relay;
        private readonly PacketPlane _plane;
        private readonly byte[] _block;
        private int _at, _count;
        private IByteStream _stream;
        private int _region;
        private bool _blocked;
        // The server's token bucket, in bytes.
        private int _bytesPerSecond, _burstBytes;
        private long _tokens, _filledMs;

        /// <param name="relay">The connection that we write for.</param>
        /// <param name="blockBytes">What is moved at once.</param>
        public DerpTxActor(ActorRef relay, PacketPlane plane, int blockBytes)
        {
            _relay = relay;
            _plane = plane;
            _block = new byte[blockBytes];
        }

        /// <summary>A writer that was restarted may have lost half a frame: the connection has to be made anew.</summary>
        protected override void OnStart()
        {
            Send(_relay, RelayWriterStarted.Instance);
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case RelayKick _:
                    Pump();
                    break;
                case StreamWritable writable:
                    if (writable.Stream != _stream) break;
                    _blocked = false;
                    Pump();
                    break;
                case RelayAttach attach:
                    _stream = attach.Stream;
                    _bytesPerSecond = 0;
                    _region = attach.Region;
                    _blocked = false;
                    _at = 0;
                    _count = attach.RequestCount;
                    System.Array.Copy(attach.Request, 0, _block, 0, attach.RequestCount);
                    Pump();
                    break;
                case RelayLimit limit:
                    _bytesPerSecond = limit.BytesPerSecond;
                    // A bucket smaller than a block would let nothing through.
                    _burstBytes = limit.BurstBytes < _block.Length ? _block.Length : limit.BurstBytes;
                    _tokens = _burstBytes;
                    _filledMs = NowMs;
                    break;
                case RelayDetach detach:
                    if (detach.Stream == _stream) _stream = null;
                    break;
            }
        }

        private void Pump()
        {
            if (_stream == null || _blocked) return;
            for (int blocks = 0; blocks < BlocksPerTurn; blocks++)
            {
                if (_count == 0)
                {
                    int allowed = Allowed();
                    if (allowed == 0) return;
                    _at = 0;
                    _count = _plane.RelayDrain(_region, _block, 0, allowed);
                    if (_count <= 0)
                    {
                        _count = 0;
                        return;
                    }
                    if (_bytesPerSecond != 0) _tokens -= _count;
                }
                int taken = _stream.Write(_block, _at, _count);
                if (taken < 0) taken = 0;
                _at += taken;
                _count -= taken;
                if (_count > 0)
                {
                    _blocked = true;
                    return;
                }
            }
            // Our own mailbox is full only when another kick waits in it, which does the same.
            Send(Self, RelayKick.Instance);
        }

        /// <summary>How many bytes may be taken now, at most a block; 0 = the bucket is empty, a timer is set for when it is not.</summary>
        private int Allowed()
        {
            if (_bytesPerSecond == 0) return _block.Length;
            long gained = (NowMs - _filledMs) * _bytesPerSecond / 1000;
            if (gained > 0)
            {
                _tokens = _tokens + gained > _burstBytes ? _burstBytes : _tokens + gained;
                _filledMs = NowMs;
            }
            if (_tokens >= _block.Length) return _block.Length;
            Timers.Set(LimitTimer, LimitMs, RelayKick.Instance, "the relay's token bucket is empty");
            return 0;
        }
    }
}
