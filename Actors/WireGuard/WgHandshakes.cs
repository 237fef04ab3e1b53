using System;
using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.NetMap;
using MicroLink.Runtime;

namespace MicroLink.WireGuard
{
    /// <summary>
    /// The slow path: one handshake at a time through the machine and the Diffie-Hellman worker. Answers to our initiations (which only somebody
    /// who saw our index can send) go first; then initiations of others and ours take turns, so that a flood cannot keep ours from completing.
    /// </summary>
    internal sealed class WgHandshakes
    {
        internal const int CallCapacity = 8, AnswerCapacity = 4;
        private const int JobTimeoutMs = 5000, MaxLocal = 32;

        private readonly PacketPlane _plane;
        private readonly IDhWorker _worker;
        private readonly WgPeers _peers;
        private readonly WgSlots _slots;
        private readonly WgNotices _notices;
        private readonly WireGuardCounters _counters;
        private readonly WireGuardHandshake _machine;
        private readonly WireGuardSession _session = new WireGuardSession();

        private readonly WgQueue _calls = new WgQueue(CallCapacity), _answers = new WgQueue(AnswerCapacity);
        private bool _initiationsTurn;
        private int _nextSlot;

        private DhJob _job = new DhJob();
        private bool _jobOut;
        // Of the handshake being worked on: slot, reserved receiver index (0 = none), and how its last message came.
        private WgSlot _slot;
        private int _index;
        /// <summary>The node key that the sender of the initiation claims, while its peer has no slot.</summary>
        private byte[] _claimedKey;
        private readonly byte[] _route = new byte[NetEvent.HeaderLength];
        private readonly byte[] _message = new byte[WireGuardWire.InitiationLength];
        /// <summary>Our own addresses, 16 bytes each.</summary>
        private readonly byte[] _local = new byte[MaxLocal * NetEndpoint.AddressLength];
        private readonly byte[] _stamp = new byte[WireGuardWire.StampLength];

        internal WgHandshakes(PacketPlane plane, IDhWorker worker, IEntropy entropy, WgPeers peers, WgSlots slots, WgNotices notices,
                              WireGuardCounters counters)
        {
            _plane = plane;
            _worker = worker;
            _peers = peers;
            _slots = slots;
            _notices = notices;
            _counters = counters;
            _machine = new WireGuardHandshake(entropy);
        }

        /// <summary>Who is asked for Diffie-Hellman answers; set before the first input.</summary>
        internal ActorRef Owner;

        /// <summary>When the answer of a job counts as lost.</summary>
        internal long Deadline { get; private set; } = Output.Never;

        internal void SetIdentity(byte[] privateKey, byte[] publicKey)
        {
            Cancel();
            _machine.SetIdentity(privateKey, publicKey);
        }

        /// <summary>Takes the buffer over.</summary>
        internal void Enqueue(PacketBuffer buffer)
        {
            bool isCall = buffer.Bytes[buffer.Offset + NetEvent.PayloadOffset] == WireGuardWire.Initiation;
            if (!(isCall ? _calls : _answers).Push(buffer)) _counters.Add(WireGuardError.QueueFull);
        }

        /// <summary>Starts what waits, until the machine needs a Diffie-Hellman answer.</summary>
        internal void Pump(long nowMs)
        {
            while (!_machine.IsBusy)
            {
                if (_answers.Count != 0)
                {
                    Read(_answers.Pop(), nowMs);
                    continue;
                }
                WgSlot wanting = _peers.Clock.IsKnown ? NextWanting() : null;
                if (wanting == null && _calls.Count == 0) return;
                _initiationsTurn = !_initiationsTurn;
                if (_calls.Count == 0 || (wanting != null && _initiationsTurn)) Initiate(wanting, nowMs);
                else Read(_calls.Pop(), nowMs);
            }
        }

        internal void HandleJobDone(DhJob job, long nowMs)
        {
            if (job == _job)
            {
                _jobOut = false;
                Deadline = Output.Never;
            }
            Run(_machine.HandleJobDone(job, nowMs), nowMs);
            Pump(nowMs);
        }

        internal void HandleTimeout(long nowMs)
        {
            if (nowMs < Deadline) return;
            _counters.Add(WireGuardError.JobLost);
            Cancel();
            Pump(nowMs);
        }

        /// <summary>The slot is being released or its sessions dropped: its handshakes end, pending index included.</summary>
        internal void Drop(WgSlot slot)
        {
            if (_slot == slot) Cancel();
            DropPending(slot);
            slot.WantsInitiation = false;
        }

        internal void DropPending(WgSlot slot)
        {
            slot.Unsent = null;
            if (!slot.Peer.IsPending) return;
            _plane.IndexRelease(slot.Peer.PendingIndex);
            slot.Peer.DropPending();
        }

        /// <summary>A path has come up: the initiation that could not leave, or waits for a relay, goes now. A second copy does no harm.</summary>
        internal void SendUnsent(WgSlot slot)
        {
            if (slot.Unsent == null || (slot.UnsentIsRelayed && !slot.IsDirect)) return;
            if (_plane.PeerSend(slot.Index, slot.Unsent, 0, slot.Unsent.Length) >= 0) slot.Unsent = null;
        }

        internal void Stop()
        {
            Cancel();
            while (_calls.Count != 0) _calls.Pop().Return();
            while (_answers.Count != 0) _answers.Pop().Return();
        }

        // ---- One handshake ------------------------------------------------------------------------------------------------------------

        private void Initiate(WgSlot slot, long nowMs)
        {
            slot.WantsInitiation = false;
            DropPending(slot);
            _slot = slot;
            _index = _plane.IndexAllocate(slot.Index);
            if (_index == 0)
            {
                _counters.Add(WireGuardError.NoIndex);
                slot.Timers.HandleInitiationSent(nowMs);        // an attempt all the same: the next comes after 5 s
                return;
            }
            _peers.Clock.NextStamp(nowMs, _stamp, 0);
            Run(_machine.Initiate(slot.Peer, _index, _stamp, nowMs), nowMs);
        }

        private void Read(PacketBuffer buffer, long nowMs)
        {
            byte[] record = buffer.Bytes;
            int at = buffer.Offset + NetEvent.PayloadOffset, length = NetEvent.PayloadLength(record, buffer.Offset);
            WgSlot slot = _slots.At(NetEvent.Slot(record, buffer.Offset));
            int output;
            Array.Copy(record, buffer.Offset, _route, 0, NetEvent.HeaderLength);
            switch (WireGuardWire.Check(record, at, length))
            {
                case WireGuardWire.Initiation:
                    output = _machine.HandleInitiation(record, at, length, nowMs);
                    break;
                case WireGuardWire.Response:
                    output = slot == null ? WireGuardError.NotPending : _machine.HandleResponse(slot.Peer, record, at, length, nowMs);
                    if (output >= 0) _slot = slot;
                    break;
                case WireGuardWire.CookieReply:
                    output = slot == null ? WireGuardError.NotPending : _machine.HandleCookieReply(slot.Peer, record, at, length, nowMs);
                    if (output >= 0) slot.Timers.HandleNotLost();
                    break;
                default:
                    output = WireGuardError.Malformed;
                    break;
            }
            buffer.Return();
            Run(output, nowMs);
        }

        /// <summary>Drains the machine after an input.</summary>
        private void Run(int output, long nowMs)
        {
            if (output > 0 && _machine.AwaitsPeer) output = Identify(nowMs);
            if (output > 0 && _machine.AwaitsIndex) output = Admit(nowMs);
            if (output < 0) _counters.Add(output);
            else if ((output & Output.Failed) != 0) _counters.Add(_machine.Failure);
            if ((output & Output.Job) != 0 && output > 0)
            {
                Submit(nowMs);
                return;
            }
            // The session before the message that lets the peer use it.
            if (_machine.PollEvent(_session)) Install(nowMs);
            int length = _machine.PollTransmit(_message, 0);
            if (length == WireGuardWire.InitiationLength) SendInitiation(length, nowMs);
            else if (length != 0) SendResponse(length, nowMs);
            if (_machine.IsBusy) return;
            if (_index != 0) _plane.IndexRelease(_index);
            _index = 0;
            _slot = null;
        }

        /// <summary>The static key of an initiation is known, but anybody who knows our key can name any other: a peer without a slot gets
        /// none before it has shown that the key is its own.</summary>
        private int Identify(long nowMs)
        {
            WgSlot slot = _slots.At(_plane.PeerByKey(_machine.RemoteStatic, 0));
            if (slot == null)
            {
                PeerRow row = _peers.FindByKey(_machine.RemoteStatic, 0);
                if (row == null || !IsEligible(row, nowMs) || IsOffItsWay(row.IsWireGuardOnly)) return _machine.Refuse(WireGuardError.UnknownPeer);
                _claimedKey = row.Key;
                return _machine.Accept(_slots.Record(row), 0, nowMs);
            }
            if (IsOffItsWay(slot.OnlyPath != null)) return _machine.Refuse(WireGuardError.UnknownPeer);
            _slot = slot;
            _index = _plane.IndexAllocate(slot.Index);
            if (_index == 0) return _machine.Refuse(WireGuardError.NoIndex);
            return _machine.Accept(slot.Peer, _index, nowMs);
        }

        /// <summary>It has: an active peer meanwhile, or one that becomes active now, in the slot of another one if need be.</summary>
        private int Admit(long nowMs)
        {
            WgSlot slot = _slots.At(_plane.PeerByKey(_claimedKey, 0));
            PeerRow row = slot != null ? null : _peers.FindByKey(_claimedKey, 0);
            if (row != null)
            {
                // It has a new key, and the change is still on its way to the manager.
                WgSlot before = _slots.Find(row.Id);
                if (before != null) _slots.Release(before.Index);
                if (IsEligible(row, nowMs)) slot = _slots.Activate(row, true, nowMs);
            }
            if (slot == null) return _machine.Refuse(WireGuardError.UnknownPeer);
            _slot = slot;
            _index = _plane.IndexAllocate(slot.Index);
            if (_index == 0) return _machine.Refuse(WireGuardError.NoIndex);
            return _machine.Proceed(slot.Peer, _index, nowMs);
        }

        /// <summary>A WireGuard-only peer is on no relay: who calls by one in its name has only recorded it.</summary>
        private bool IsOffItsWay(bool isWireGuardOnly) { return isWireGuardOnly && NetEvent.CameByRelay(_route, 0); }

        /// <summary>Whether a peer may have a session at all (protocol.md 8.7: not expired, with a key).</summary>
        internal bool IsEligible(PeerRow row, long nowMs)
        {
            if (row.Key == null || KeyText.IsZero(row.Key, 0) || row.Expired || row.UnsignedPeerApiOnly) return false;
            if (row.MasqueradeInvalid) return false;
            if (!_peers.Policy.Allows(row)) return false;
            return !_peers.Clock.HasPassed(row.KeyExpiryMs, nowMs);
        }

        private void Submit(long nowMs)
        {
            if (!_machine.PollJob(_job)) return;
            _job.Owner = this;
            _jobOut = true;
            Deadline = nowMs + JobTimeoutMs;
            _worker.Submit(_job, Owner);
        }

        private void Install(long nowMs)
        {
            int result = _plane.SessionInstall(_slot.Index, _session.LocalIndex, _session.RemoteIndex, _session.SendKey, _session.ReceiveKey,
                                               _session.Initiator, nowMs);
            bool initiator = _session.Initiator;
            _session.Wipe();
            if (result < 0)
            {
                _counters.Add(WireGuardError.NoIndex);
                return;
            }
            _index = 0;                                         // belongs to the session now
            _counters.Sessions++;
            _slot.Unsent = null;
            if (_slot.OnlyPath != null && !NetEvent.CameByRelay(_route, 0))
                _slots.TellPath(_slot, _slot.OnlyPath.HandleHeard(_route, NetEvent.EndpointOffset), nowMs);
            if (!initiator)
            {
                _slot.Timers.HandleResponseSent(nowMs);
                return;
            }
            _slot.HadSession = true;
            _slot.Timers.HandleHandshakeCompleted(true, nowMs);
            _notices.SessionEstablished(_slot.Index);
        }

        private void SendInitiation(int length, long nowMs)
        {
            _counters.InitiationsSent++;
            _index = 0;                                         // belongs to the pending initiation
            byte[] copyTo = _slot.OnlyPath == null ? null : AimNext(nowMs);
            bool sent = _plane.PeerSend(_slot.Index, _message, 0, length) >= 0;
            if (copyTo != null) _plane.UdpOut(copyTo, 0, _message, 0, length);
            if (!sent || (!_slot.IsDirect && !_slot.HadSession))
            {
                _slot.UnsentIsRelayed = sent;
                _slot.Unsent = new byte[length];
                Array.Copy(_message, 0, _slot.Unsent, 0, length);
            }
            // First contact, or unanswered by the direct path: by the peer's home relay too, which knows the sender by key and not by address.
            // (tailscaled takes a new node for the one that had our address before, and drops what comes from there: seen.)
            else if (_slot.IsDirect && (_slot.Timers.Attempts != 0 || !_slot.HadSession) && _slot.OnlyPath == null
                && _slot.Row.HomeRelay != 0)
                _plane.RelayOut(_slot.Row.HomeRelay, _slot.Row.Key, 0, _message, 0, length, true);
            _slot.Timers.HandleInitiationSent(nowMs);
            if (_slot.Unsent != null) _slot.Timers.HandleNotLost();
        }

        /// <summary>Turns a WireGuard-only peer's path to the endpoint of this attempt; another one that gets a copy, or null.</summary>
        private byte[] AimNext(long nowMs)
        {
            int count = _plane.Port.LocalAddresses(_local, 0);
            bool moved = _slot.OnlyPath.HandleAttempt(_local, count, nowMs, out byte[] copyTo);
            _slots.TellPath(_slot, moved, nowMs);
            return copyTo;
        }

        /// <summary>
        /// Back the way the initiation came: it has just worked, while the peer's own path may still be a relay that cannot be reached
        /// (seen with a relay whose certificate was refused: pings were direct, and no handshake ever ended).
        /// </summary>
        private void SendResponse(int length, long nowMs)
        {
            _counters.ResponsesSent++;
            int sent = NetEvent.CameByRelay(_route, 0)
                ? _plane.RelayOut(NetEvent.Region(_route, 0), _route, NetEvent.NodeKeyOffset, _message, 0, length, true)
                : _plane.UdpOut(_route, NetEvent.EndpointOffset, _message, 0, length);
            if (sent < 0) _plane.PeerSend(_slot.Index, _message, 0, length);
        }

        private void Cancel()
        {
            _machine.Cancel();
            if (_index != 0) _plane.IndexRelease(_index);
            _index = 0;
            _slot = null;
            Deadline = Output.Never;
            // The worker may still write into the job that is out.
            if (_jobOut) _job = new DhJob();
            _jobOut = false;
        }

        private WgSlot NextWanting()
        {
            for (int i = 0; i < _slots.Capacity; i++)
            {
                int index = (_nextSlot + i) % _slots.Capacity;
                WgSlot slot = _slots.At(index);
                if (slot == null || !slot.WantsInitiation) continue;
                _nextSlot = index + 1;
                return slot;
            }
            return null;
        }
    }
}
