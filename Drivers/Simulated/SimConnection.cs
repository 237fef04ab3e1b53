using System;
using System.Collections.Generic;
using MicroLink.Runtime;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>
    /// One stream between a node (the client, which dials) and a service: bytes arrive in order after the latency of both hosts; a lost
    /// segment holds back everything behind it for 200 ms, as TCP's retransmission does. TLS is not simulated: its place is
    /// tests/Interop/OpenSslTests.
    /// </summary>
    public sealed class SimConnection : IByteStream
    {
        private const int BufferBytes = 4096;
        /// <summary>
        /// Bytes on the way towards the service before Write takes no more, and towards the client before CanSend turns false.
        /// </summary>
        private const int WindowBytes = 64 * 1024;
        private const int RetransmitMs = 200;
        private const int BlockedAgainMs = 1;

        private readonly SimNetwork _network;
        private readonly SimHost _client;
        private readonly SimHost _server;
        private readonly ActorRef _owner;
        private readonly BufferPool _pool = new BufferPool(StreamLimits.Buffers, BufferBytes);
        private readonly Queue<byte[]> _arrived = new();
        private int _arrivedOffset;
        private ISimService _service;
        private long _upAtMs, _downAtMs;
        private int _upBytes, _downBytes;
        private bool _clientWaits, _serviceWaits;
        private bool _clientClosed, _serviceClosed;
        private string _endReason;
        private bool _endTold;
        private bool _deliveryDue;
        private bool _stranded;

        internal SimConnection(SimHost client, SimHost server, int port, ActorRef owner)
        {
            _network = client.Network;
            _client = client;
            _server = server;
            _owner = owner;
            Port = port;
            LocalAddress = new byte[16];
            SimEndpoint.WriteAddress(client.Address, LocalAddress);
        }

        public int Port { get; }
        public SimHost Client => _client;
        public byte[] LocalAddress { get; }
        public string RemoteText => SimEndpoint.AddressText(_server.Address) + ":" + Port;
        /// <summary>As the service sees the client.</summary>
        public string ClientText =>
            SimEndpoint.AddressText(_client.Nat != null ? _client.Nat.PublicAddress : _client.Address) + " (" + _client.Name + ")";

        // ---- the node's side --------------------------------------------------------------------------------------------------------

        public int Write(byte[] buffer, int offset, int count)
        {
            if (_clientClosed || _endReason != null || _stranded) return count;
            int taken = Math.Min(count, WindowBytes - _upBytes);
            if (taken < count) _clientWaits = true;
            if (taken <= 0) return 0;
            byte[] bytes = buffer.AsSpan(offset, taken).ToArray();
            _upBytes += taken;
            _client.StreamBytes += taken;
            _upAtMs = ArrivalAfter(_upAtMs);
            _network.Schedule(_upAtMs - _network.Time.Ms, () => ArriveUp(bytes));
            return taken;
        }

        public void Close()
        {
            if (_clientClosed) return;
            _clientClosed = true;
            Leave();
            if (_stranded) return;
            _upAtMs = ArrivalAfter(_upAtMs);
            _network.Schedule(_upAtMs - _network.Time.Ms, CloseService);
        }

        private void ArriveUp(byte[] bytes)
        {
            _upBytes -= bytes.Length;
            if (!_serviceClosed && !_stranded) _service.Receive(bytes);
            if (!_clientWaits || _clientClosed) return;
            _clientWaits = false;
            if (!_owner.Tell(new StreamWritable(this))) _clientWaits = true;   // told again with the next segment
        }

        // ---- the service's side -----------------------------------------------------------------------------------------------------

        public bool CanSend => _downBytes < WindowBytes;

        /// <summary>Sends bytes to the node; always taken, also above the limit that <see cref="CanSend"/> reports.</summary>
        public void SendDown(ReadOnlySpan<byte> bytes)
        {
            if (_serviceClosed || _stranded || bytes.Length == 0) return;
            byte[] copy = bytes.ToArray();
            _downBytes += copy.Length;
            _client.StreamBytes += copy.Length;
            if (!CanSend) _serviceWaits = true;
            _downAtMs = ArrivalAfter(_downAtMs);
            _network.Schedule(_downAtMs - _network.Time.Ms, () => ArriveDown(copy));
        }

        /// <summary>Closes in order: the node gets everything sent before.</summary>
        public void CloseDown(string reason)
        {
            if (_serviceClosed) return;
            _serviceClosed = true;
            if (_stranded) return;
            _downAtMs = ArrivalAfter(_downAtMs);
            _network.Schedule(_downAtMs - _network.Time.Ms, () => End("the other side closed the connection"));
        }

        internal void Open(ISimService service)
        {
            _service = service;
            _client.Joined(this);
            _server.Joined(this);
        }

        /// <summary>The network breaks the connection: both sides learn it, bytes on the way are gone.</summary>
        internal void Break(string reason)
        {
            _arrived.Clear();
            _arrivedOffset = 0;
            End(reason);
            CloseService();
        }

        /// <summary>The client has another address now: nothing arrives any more in either direction, and nobody is told.</summary>
        internal void Strand()
        {
            _stranded = true;
            _arrived.Clear();
        }

        /// <summary>The node's power went: the service learns it, the node no more.</summary>
        internal void Vanish()
        {
            _clientClosed = true;
            Leave();
            CloseService();
        }

        private void CloseService()
        {
            if (_serviceClosed) return;
            _serviceClosed = true;
            _service.Closed();
        }

        private void ArriveDown(byte[] bytes)
        {
            if (_clientClosed || _endReason != null || _stranded)
            {
                Landed(bytes.Length);
                return;
            }
            _arrived.Enqueue(bytes);
            DeliverDown();
        }

        private void End(string reason)
        {
            if (_endReason != null) return;
            _endReason = reason;
            Leave();
            DeliverDown();
        }

        /// <summary>
        /// Hands over what has arrived, eight buffers at a time; tries again each millisecond while the owner holds them all.
        /// </summary>
        private void DeliverDown()
        {
            if (_clientClosed) return;
            while (_arrived.Count > 0 && _pool.Free > 0)
            {
                PacketBuffer buffer = _pool.Lease();
                buffer.Kind = BufferKind.StreamData;
                buffer.Tag = this;
                buffer.Count = Fill(buffer.Bytes);
                if (_owner.Tell(buffer)) continue;
                Unfill(buffer);
                buffer.Return();
                break;
            }
            if (_arrived.Count > 0) DeliverLater();
            else if (_endReason != null && !_endTold)
            {
                _endTold = _owner.Tell(new StreamClosed(this, _endReason));
                if (!_endTold) DeliverLater();
            }
        }

        private void DeliverLater()
        {
            if (_deliveryDue) return;
            _deliveryDue = true;
            _network.Schedule(BlockedAgainMs, () =>
            {
                _deliveryDue = false;
                DeliverDown();
            });
        }

        /// <summary>Fills one buffer from one or more segments, as a read from a socket does.</summary>
        private int Fill(byte[] into)
        {
            int count = 0;
            while (count < into.Length && _arrived.Count > 0)
            {
                byte[] first = _arrived.Peek();
                int piece = Math.Min(first.Length - _arrivedOffset, into.Length - count);
                Array.Copy(first, _arrivedOffset, into, count, piece);
                count += piece;
                _arrivedOffset += piece;
                if (_arrivedOffset < first.Length) break;
                _arrived.Dequeue();
                _arrivedOffset = 0;
            }
            Landed(count);
            return count;
        }

        /// <summary>The owner's mailbox was full: the bytes go back to the front.</summary>
        private void Unfill(PacketBuffer buffer)
        {
            byte[][] rest = _arrived.ToArray();
            _arrived.Clear();
            _arrived.Enqueue(buffer.Bytes.AsSpan(0, buffer.Count).ToArray());
            for (int i = 0; i < rest.Length; i++) _arrived.Enqueue(i == 0 ? rest[i].AsSpan(_arrivedOffset).ToArray() : rest[i]);
            _arrivedOffset = 0;
            _downBytes += buffer.Count;
        }

        private void Landed(int count)
        {
            _downBytes -= count;
            if (!_serviceWaits || !CanSend || _serviceClosed) return;
            _serviceWaits = false;
            _service.Writable();
        }

        private void Leave()
        {
            _client.Left(this);
            _server.Left(this);
        }

        /// <summary>When a segment sent now arrives: after the latency, never before the one sent before it.</summary>
        private long ArrivalAfter(long previousMs)
        {
            long at = _network.Time.Ms + _network.LatencyMs(_client, _server);
            while (_network.Random.Chance(_network.LossPermille) || _network.Random.Chance(_client.LossPermille)) at += RetransmitMs;
            return Math.Max(at, previousMs);
        }
    }
}
