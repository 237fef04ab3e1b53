using MicroLink.Bytes;
using MicroLink.Disco;
using MicroLink.Drivers;
using MicroLink.NetIo;
using MicroLink.Runtime;

namespace MicroLink.Paths
{
    /// <summary>
    /// DISCO between the path finder and the data plane: seals and sends, opens what came, and holds packets whose box key is still being
    /// computed. One reusable packet, one reusable message.
    /// </summary>
    internal sealed class DiscoPort
    {
        /// <summary>Packets that wait for a box key; a further one is dropped, and the peer pings again within seconds.</summary>
        private const int MaxHeld = 8;

        internal readonly DiscoMessage Message = new DiscoMessage();

        private readonly PacketPlane _plane;
        private readonly IEntropy _entropy;
        private readonly PathOptions _options;
        private readonly DiscoKeyRing _ring;
        private readonly byte[] _packet = new byte[DiscoWire.MaxPacketLength];
        /// <summary>For full pings, made with the first one.</summary>
        private byte[] _full;
        private readonly PacketBuffer[] _held = new PacketBuffer[MaxHeld];

        internal DiscoPort(PacketPlane plane, IEntropy entropy, PathOptions options)
        {
            _plane = plane;
            _entropy = entropy;
            _options = options;
            _ring = new DiscoKeyRing(options.DiscoPrivate, options.DiscoPublic, 2 * options.MaxPaths);
        }

        /// <summary>Is the box key for this disco key there? When not, it is asked for: see NextJob.</summary>
        internal bool HasShared(byte[] key, int offset, long nowMs)
        {
            if (_ring.Find(key, offset) >= 0) return true;
            _ring.Want(key, offset, nowMs);
            return false;
        }

        /// <summary>The next X25519 to submit, or null.</summary>
        internal DhJob NextJob(long nowMs)
        {
            DhJob job = new DhJob();
            return _ring.PollJob(job, nowMs) ? job : null;
        }

        /// <summary>True when a box key became usable: that of job.Public.</summary>
        internal bool HandleJobDone(DhJob job)
        {
            return _ring.HandleJobDone(job) != Output.None;
        }

        internal bool Hold(PacketBuffer buffer)
        {
            for (int i = 0; i < MaxHeld; i++)
            {
                if (_held[i] != null) continue;
                _held[i] = buffer;
                return true;
            }
            return false;
        }

        /// <summary>A held packet of this sender, or null.</summary>
        internal PacketBuffer TakeHeld(byte[] sender)
        {
            for (int i = 0; i < MaxHeld; i++)
            {
                PacketBuffer buffer = _held[i];
                if (buffer == null) continue;
                if (!KeyText.Equal(buffer.Bytes, buffer.Offset + NetEvent.PayloadOffset + DiscoWire.SenderOffset, sender, 0)) continue;
                _held[i] = null;
                return buffer;
            }
            return null;
        }

        internal void ReturnHeld()
        {
            for (int i = 0; i < MaxHeld; i++)
            {
                if (_held[i] != null) _held[i].Return();
                _held[i] = null;
            }
        }

        /// <summary>Opens a packet in place; its meaning is then in <see cref="Message"/>. False: not for us, or nothing we take part in.</summary>
        internal bool Open(byte[] bytes, int offset, int count)
        {
            int shared = _ring.Find(bytes, offset + DiscoWire.SenderOffset);
            if (shared < 0) return false;
            int length = DiscoWire.Open(bytes, offset, count, _ring.Shared, shared);
            return length >= 0 && Message.Read(bytes, offset + DiscoWire.TextOffset, length);
        }

        internal void SendPong(PeerBook book, int row, DiscoMessage ping, byte[] source, int sourceAt, int region)
        {
            int text = DiscoWire.WritePong(_packet, ping.Buffer, ping.TxIdAt, source, sourceAt);
            SealAndSend(_packet, book, row, text, source, sourceAt, region);
        }

        internal void Send(PeerBook book, int row, PeerPath path, PathTransmit transmit, byte[] ownEndpoints, long nowMs)
        {
            byte[] packet = _packet;
            int text;
            if (transmit.Kind == PathTransmit.Ping)
            {
                path.Pings.SetSentMicros(transmit.PingRow, Micros(nowMs));
                if (transmit.IsFull)
                {
                    if (_full == null) _full = new byte[DiscoWire.FullPacketLength];
                    packet = _full;
                }
                text = DiscoWire.WritePing(packet, path.Pings.TxIds, path.Pings.TxIdAt(transmit.PingRow), _options.NodePublic);
                if (transmit.IsFull) text = DiscoWire.Pad(packet, text);
            }
            else
            {
                text = DiscoWire.WriteCallMeMaybe(_packet, ownEndpoints, ownEndpoints.Length / NetEndpoint.Length);
            }
            SealAndSend(packet, book, row, text, transmit.Endpoint, 0, transmit.Region);
        }

        internal long Micros(long nowMs)
        {
            return _options.Micros == null ? nowMs * 1000 : _options.Micros();
        }

        private void SealAndSend(byte[] packet, PeerBook book, int row, int textLength, byte[] endpoint, int endpointAt, int region)
        {
            int shared = _ring.Find(book.DiscoKeys, book.KeyAt(row));
            if (shared < 0) return;
            int count = DiscoWire.Seal(packet, textLength, _ring.Public, _ring.Shared, shared, _entropy);
            if (region == 0) _plane.UdpOut(endpoint, endpointAt, packet, 0, count);
            else _plane.RelayOut(region, book.Keys, book.KeyAt(row), packet, 0, count, true);
        }
    }
}
