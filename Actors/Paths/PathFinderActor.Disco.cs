using MicroLink.Bytes;
using MicroLink.Disco;
using MicroLink.NetIo;
using MicroLink.Runtime;

namespace MicroLink.Paths
{
    /// <summary>What arrives in DISCO packets, and the user's pings.</summary>
    public sealed partial class PathFinderActor
    {
        // ---- disco in -----------------------------------------------------------------------------------------------------------------

        private void OnNetEvent(PacketBuffer buffer)
        {
            int kind = NetEvent.Kind(buffer.Bytes, buffer.Offset);
            if (kind == NetEvent.TsmpDiscoKey) OnTsmpKey(buffer);
            if (kind == NetEvent.Disco && OnDisco(buffer)) return;      // held until its box key is computed
            buffer.Return();
        }

        /// <summary>"Sender disco key must belong to a known peer; else drop before crypto" (6.4). True: the buffer is kept.</summary>
        private bool OnDisco(PacketBuffer buffer)
        {
            byte[] record = buffer.Bytes;
            int key = buffer.Offset + NetEvent.PayloadOffset + DiscoWire.SenderOffset;
            int length = NetEvent.PayloadLength(record, buffer.Offset);
            if (!DiscoWire.IsDisco(record, buffer.Offset + NetEvent.PayloadOffset, length)) return false;
            int row = _book.FindDisco(record, key, 0);
            bool relayed = NetEvent.CameByRelay(record, buffer.Offset);
            int source = buffer.Offset + (relayed ? NetEvent.NodeKeyOffset : NetEvent.EndpointOffset);
            if (row < 0 || !_limiter.Allow(record, key, source, NowMs)) return false;
            if (!_disco.HasShared(record, key, NowMs))
            {
                bool held = _disco.Hold(buffer);
                SubmitJobs();
                return held;
            }
            if (!_disco.Open(record, buffer.Offset + NetEvent.PayloadOffset, length)) return false;
            DiscoMessage message = _disco.Message;
            // "Accept over DERP only from a known node whose current disco key equals the box sender" (6.4).
            if (relayed) row = RelaySender(record, buffer.Offset + NetEvent.NodeKeyOffset, key);
            if (row < 0) return false;
            switch (message.Type)
            {
                case DiscoWire.Ping: OnDiscoPing(record, buffer.Offset, row, key, relayed); break;
                case DiscoWire.Pong: OnDiscoPong(message); break;
                case DiscoWire.CallMeMaybe: if (relayed) OnCallMeMaybe(message, row, NetEvent.Region(record, buffer.Offset)); break;
            }
            return false;
        }

        private int RelaySender(byte[] record, int nodeKey, int discoKey)
        {
            for (int row = _book.FindDisco(record, discoKey, 0); row >= 0; row = _book.FindDisco(record, discoKey, row + 1))
            {
                if (KeyText.Equal(_book.Keys, _book.KeyAt(row), record, nodeKey)) return row;
            }
            return -1;
        }

        /// <summary>"Always reply with Pong to src, same path" (6.4), also to peers that are not active here.</summary>
        private void OnDiscoPing(byte[] record, int at, int row, int discoKey, bool relayed)
        {
            DiscoMessage message = _disco.Message;
            if (relayed)
            {
                int region = NetEvent.Region(record, at);
                DiscoWire.WriteRelaySource(_relaySource, 0, region);
                _disco.SendPong(_book, row, message, _relaySource, 0, region);
                int index = _paths.Find(_book.Id(row));
                if (index >= 0) Drain(index, _paths.Path(index).HandleHeard(region, NowMs));
                return;
            }
            // With --force-relay an answer would show the peer a direct way to us.
            if (ForceRelay) return;
            _disco.SendPong(_book, row, message, record, at + NetEvent.EndpointOffset, 0);
            // "For every node with that disco key add src as candidate endpoint", only the one named in the ping when it names one.
            for (; row >= 0; row = _book.FindDisco(record, discoKey, row + 1))
            {
                if (message.NodeKeyAt >= 0 && !KeyText.Equal(_book.Keys, _book.KeyAt(row), message.Buffer, message.NodeKeyAt)) continue;
                int index = _paths.Find(_book.Id(row));
                if (index >= 0) Drain(index, _paths.Path(index).HandlePing(record, at + NetEvent.EndpointOffset, NowMs));
            }
        }

        private void OnDiscoPong(DiscoMessage message)
        {
            for (int i = 0; i < _paths.Capacity; i++)
            {
                if (!_paths.IsUsed(i)) continue;
                DiscoPings pings = _paths.Path(i).Pings;
                int ping = pings.Find(message.Buffer, message.TxIdAt);
                if (ping < 0) continue;
                // The TxID was sealed for one peer only, so whoever knows it is that peer.
                long micros = _disco.Micros(NowMs) - pings.SentMicros(ping);
                Drain(i, _paths.Path(i).HandlePong(ping, micros > 100000000 ? 100000000 : (int)micros, NowMs));
                return;
            }
        }

        private void OnCallMeMaybe(DiscoMessage message, int row, int region)
        {
            int index = PathOf(row);
            if (index < 0) return;                              // too many peers at a time: the relay serves this one
            PeerPath path = _paths.Path(index);
            path.HandleHeard(region, NowMs);
            Drain(index, path.HandleCallMeMaybe(message.Buffer, message.EndpointsAt, message.EndpointCount, NowMs));
        }

        /// <summary>A TSMP 'a' packet: the peer told its disco key inside the tunnel (protocol.md 10.4), maybe before control did.</summary>
        private void OnTsmpKey(PacketBuffer buffer)
        {
            int index = _paths.FindSlot(NetEvent.Slot(buffer.Bytes, buffer.Offset));
            int row = index < 0 ? -1 : _book.Find(_paths.Peer(index));
            if (row < 0 || NetEvent.PayloadLength(buffer.Bytes, buffer.Offset) < DiscoWire.KeyLength) return;
            byte[] key = new byte[DiscoWire.KeyLength];
            System.Array.Copy(buffer.Bytes, buffer.Offset + NetEvent.PayloadOffset, key, 0, DiscoWire.KeyLength);
            // What the table cannot take now comes again with the map: a key that only we seal with is of no use.
            if (_book.IsDisco(row, key) || !_newKeys.Allow(_paths.Peer(index), NowMs) || !_book.Table.SetDisco(_paths.Peer(index), key, NowMs)) return;
            if (_book.Table.OldDisco != null) _plane.DiscoKnown(_book.Table.OldDisco, false);
            if (_book.Table.DiscoIsNew) _plane.DiscoKnown(key, true);
            _book.SetDisco(row, key);
            Restart(index, row, false);
        }

        // ---- the user's ping ----------------------------------------------------------------------------------------------------------

        private void OnPing(PingPeer ping)
        {
            int row = _book.Find(ping.PeerId);
            string error = null;
            if (row < 0) error = "There is no such peer.";
            else if (_book.Table.Row(ping.PeerId).IsWireGuardOnly)
                error = "The peer speaks plain WireGuard, which has no pings of this kind; try --icmp.";
            else if (!_book.HasDisco(row)) error = "The peer has told no disco key, so it cannot be pinged this way; try --icmp.";
            int index = error == null ? PathOf(row) : -1;
            if (error == null && index < 0) error = "Too many peers are active; try again later.";
            if (error == null && !_asks.Add(Sender, Ticket, ping.PeerId, ping.TimeoutMs, NowMs)) error = "Too many pings are waiting; try again later.";
            if (error != null)
            {
                Reply(new PingResult(ping.PeerId, error, 0, null, 0));
                return;
            }
            Drain(index, _paths.Path(index).HandleUserPing(NowMs));
        }

        /// <summary>A new way to the peer has come (its endpoints, the relay): a ping that waits takes it at once.</summary>
        private void PingAgain(long peerId)
        {
            int index = _asks.Find(peerId) < 0 ? -1 : _paths.Find(peerId);
            if (index >= 0) Drain(index, _paths.Path(index).HandleUserPing(NowMs));
        }

        private void AnswerPings(long peerId)
        {
            byte[] endpoint = null;
            if (_event.Region == 0)
            {
                endpoint = new byte[NetEndpoint.Length];
                System.Array.Copy(_event.Endpoint, 0, endpoint, 0, NetEndpoint.Length);
            }
            for (int ask = _asks.Find(peerId); ask >= 0; ask = _asks.Find(peerId))
            {
                ReplyTo(_asks.Asker(ask), _asks.Ticket(ask), new PingResult(peerId, null, _event.LatencyMicros, endpoint, _event.Region));
                _asks.Remove(ask);
            }
        }

        private void OnTimer()
        {
            for (int i = 0; i < _paths.Capacity; i++)
            {
                if (_paths.IsUsed(i) && _paths.Path(i).Deadline <= NowMs) Drain(i, _paths.Path(i).HandleTimeout(NowMs));
            }
            for (int ask = 0; ask < _asks.Capacity; ask++)
            {
                if (_asks.IsExpired(ask, NowMs))
                {
                    string error = "The peer did not answer within " + _asks.TimeoutMs(ask).ToString() + " ms.";
                    ReplyTo(_asks.Asker(ask), _asks.Ticket(ask), new PingResult(_asks.Peer(ask), error, 0, null, 0));
                    _asks.Remove(ask);
                }
                else if (_asks.TakeRetry(ask, NowMs))
                {
                    PingAgain(_asks.Peer(ask));
                }
            }
        }
    }
}
