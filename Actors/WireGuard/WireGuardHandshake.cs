using System;
using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Native;

namespace MicroLink.WireGuard
{
    /// <summary>
    /// The Noise_IKpsk2 handshake of WireGuard in both roles (protocol.md 8.3, 8.4). It works on one handshake at a time, because each takes
    /// four or five Diffie-Hellman jobs; what must live longer is in <see cref="WireGuardPeer"/>. A message that turns out bad leaves the
    /// peer as it was.
    /// <code>
    ///            Initiate                      jobs e, es, (ss)                          PollTransmit: initiation
    ///   Idle --+ HandleInitiation -- job es --> AwaitsPeer -- Accept, jobs (ss), e, ee, se --> response, PollEvent: session
    ///          + HandleResponse                jobs ee, se                               PollEvent: session
    ///          + HandleCookieReply             at once
    ///   Accept without an index: job ss --> AwaitsIndex -- Proceed, jobs e, ee, se --> response, PollEvent: session
    /// </code>
    /// </summary>
    public sealed class WireGuardHandshake
    {
        private const int Idle = 0, Initiating = 1, Answering = 2, Finishing = 3;
        private const int StepNone = 0, StepEphemeral = 1, StepEs = 2, StepSs = 3, StepEe = 4, StepSe = 5, StepPeer = 6, StepIndex = 7;

        private readonly IEntropy _entropy;
        private readonly WireGuardNoise _noise = new WireGuardNoise();
        private readonly byte[] _private = new byte[WireGuardWire.KeyLength];
        private readonly byte[] _public = new byte[WireGuardWire.KeyLength];

        // Of the handshake being worked on.
        private int _work;
        private int _step;
        private int _generation;
        private bool _jobReady;
        private long _nowMs;
        private WireGuardPeer _peer;
        private int _localIndex;
        private readonly byte[] _stamp = new byte[WireGuardWire.StampLength];
        private readonly byte[] _ephemeralPrivate = new byte[WireGuardWire.KeyLength];
        private readonly byte[] _message = new byte[WireGuardWire.InitiationLength];
        private readonly byte[] _opened = new byte[WireGuardWire.KeyLength + WireGuardWire.TagLength];
        // Apart from _opened: a message may be checked and refused as Busy while RemoteStatic still holds the sender of another.
        private readonly byte[] _mac = new byte[WireGuardWire.MacLength];

        private readonly byte[] _transmit = new byte[WireGuardWire.InitiationLength];
        private int _transmitLength;
        private readonly WireGuardSession _session = new WireGuardSession();
        private bool _sessionReady;

        public WireGuardHandshake(IEntropy entropy)
        {
            _entropy = entropy;
        }

        /// <summary>Our static key pair (the node key). What was being worked on is dropped.</summary>
        public void SetIdentity(byte[] privateKey, byte[] publicKey)
        {
            Cancel();
            Array.Copy(privateKey, 0, _private, 0, WireGuardWire.KeyLength);
            Array.Copy(publicKey, 0, _public, 0, WireGuardWire.KeyLength);
        }

        /// <summary>Works on a handshake; every other Handle door but the cookie's returns WireGuardError.Busy.</summary>
        public bool IsBusy { get { return _work != Idle; } }

        /// <summary>The peer being worked on; null while an initiation has not been attributed.</summary>
        public WireGuardPeer Peer { get { return _peer; } }

        /// <summary>The sender of an initiation has been decrypted (<see cref="RemoteStatic"/>): say who it is with Accept or Refuse.</summary>
        public bool AwaitsPeer { get { return _step == StepPeer; } }

        /// <summary>The initiation that was accepted without an index is authentic and new: say with Proceed where its session goes, or Refuse.</summary>
        public bool AwaitsIndex { get { return _step == StepIndex; } }

        /// <summary>Static public key of the sender, valid while AwaitsPeer. A claim: who sent the message has not shown yet that it is his.</summary>
        public byte[] RemoteStatic { get { return _opened; } }

        /// <summary>The last error, after Output.Failed.</summary>
        public int Failure { get; private set; }

        /// <summary>Starts a handshake with a fresh ephemeral. The stamp must be above all that the peer has seen.</summary>
        public int Initiate(WireGuardPeer peer, int localIndex, byte[] stamp, long nowMs)
        {
            if (_work != Idle) return WireGuardError.Busy;
            Begin(Initiating, nowMs);
            _peer = peer;
            _localIndex = localIndex;
            Array.Copy(stamp, 0, _stamp, 0, WireGuardWire.StampLength);
            _noise.Start(peer.State, WireGuardPeer.PublicKey);
            NewEphemeral();
            return AskFor(StepEphemeral);
        }

        /// <summary>A message of type 1. Its sender is known only after a Diffie-Hellman job.</summary>
        public int HandleInitiation(byte[] message, int offset, int count, long nowMs)
        {
            if (WireGuardWire.Check(message, offset, count) != WireGuardWire.Initiation) return WireGuardError.Malformed;
            if (!IsForUs(message, offset, WireGuardWire.InitiationMac1)) return WireGuardError.WrongMac;
            if (_work != Idle) return WireGuardError.Busy;
            Begin(Answering, nowMs);
            Array.Copy(message, offset, _message, 0, count);
            _noise.Start(_public, 0);
            _noise.MixChain(_message, WireGuardWire.InitiationEphemeral);
            _noise.MixHash(_message, WireGuardWire.InitiationEphemeral, WireGuardWire.KeyLength);
            return AskFor(StepEs);
        }

        /// <summary>The sender claims to be this peer; <paramref name="localIndex"/> will be the receiver index of the session. With 0 the machine
        /// only finds out whether it is true (AwaitsIndex), so that a claim costs nobody his place.</summary>
        public int Accept(WireGuardPeer peer, int localIndex, long nowMs)
        {
            if (_step != StepPeer) return WireGuardError.NotPending;
            if (!peer.HasKey(_opened, 0)) return Fail(WireGuardError.UnknownPeer);
            _peer = peer;
            _localIndex = localIndex;
            _nowMs = nowMs;
            return AskForStaticStatic();
        }

        /// <summary>After AwaitsIndex: the session is for this record of the peer, with this receiver index.</summary>
        public int Proceed(WireGuardPeer peer, int localIndex, long nowMs)
        {
            if (_step != StepIndex) return WireGuardError.NotPending;
            peer.TakeOver(_peer);
            _peer = peer;
            _localIndex = localIndex;
            _nowMs = nowMs;
            NewEphemeral();
            return AskFor(StepEphemeral);
        }

        /// <summary>The sender is nobody we talk to (WireGuardError.UnknownPeer or NoIndex).</summary>
        public int Refuse(int failure)
        {
            return Fail(failure);
        }

        /// <summary>A message of type 2 for the peer whose pending initiation has its receiver index.</summary>
        public int HandleResponse(WireGuardPeer peer, byte[] message, int offset, int count, long nowMs)
        {
            if (WireGuardWire.Check(message, offset, count) != WireGuardWire.Response) return WireGuardError.Malformed;
            if (!peer.IsPending || (int)ByteOrder.LoadU32LE(message, offset + WireGuardWire.ResponseReceiver) != peer.PendingIndex)
            {
                return WireGuardError.NotPending;
            }
            if (!IsForUs(message, offset, WireGuardWire.ResponseMac1)) return WireGuardError.WrongMac;
            if (_work != Idle) return WireGuardError.Busy;
            Begin(Finishing, nowMs);
            _peer = peer;
            _localIndex = peer.PendingIndex;
            Array.Copy(message, offset, _message, 0, count);
            Array.Copy(peer.State, WireGuardPeer.ChainKey, _noise.ChainKey, 0, WireGuardWire.HashLength);
            Array.Copy(peer.State, WireGuardPeer.Hash, _noise.Hash, 0, WireGuardWire.HashLength);
            Array.Copy(peer.State, WireGuardPeer.EphemeralPrivate, _ephemeralPrivate, 0, WireGuardWire.KeyLength);
            _noise.MixHash(_message, WireGuardWire.ResponseEphemeral, WireGuardWire.KeyLength);
            _noise.MixChain(_message, WireGuardWire.ResponseEphemeral);
            return AskFor(StepEe);
        }

        /// <summary>
        /// A message of type 3: keeps the cookie for mac2 of the next initiation or response. Nothing is sent again at once (protocol.md 8.4).
        /// </summary>
        public int HandleCookieReply(WireGuardPeer peer, byte[] message, int offset, int count, long nowMs)
        {
            if (WireGuardWire.Check(message, offset, count) != WireGuardWire.CookieReply) return WireGuardError.Malformed;
            if (!peer.HasLastMac1) return WireGuardError.NotPending;
            byte[] box = new byte[WireGuardWire.CookieLength + WireGuardWire.TagLength];
            Array.Copy(message, offset + WireGuardWire.CookieBox, box, 0, box.Length);
            if (!_noise.OpenCookie(peer.State, WireGuardPeer.PublicKey, message, offset + WireGuardWire.CookieNonce, peer.State, WireGuardPeer.LastMac1, box))
            {
                return WireGuardError.WrongTag;
            }
            Array.Copy(box, 0, peer.State, WireGuardPeer.Cookie, WireGuardWire.CookieLength);
            peer.CookieBornMs = nowMs;
            // One cookie a message: a replayed reply is refused.
            peer.HasLastMac1 = false;
            return Output.None;
        }

        /// <summary>Fills the job to do next; false when there is none. The answer comes back with the same generation and step.</summary>
        public bool PollJob(DhJob into)
        {
            if (!_jobReady) return false;
            _jobReady = false;
            into.Generation = _generation;
            into.Step = _step;
            into.BasePoint = _step == StepEphemeral;
            FillJob(into);
            return true;
        }

        /// <summary>The answer of a job. One for a handshake that was dropped meanwhile is ignored. Wipes the job.</summary>
        public int HandleJobDone(DhJob job, long nowMs)
        {
            int output = Output.None;
            if (job.Generation == _generation && job.Step == _step && !_jobReady && _work != Idle)
            {
                _nowMs = nowMs;
                if (!job.Ok) output = Fail(WireGuardError.LowOrder);
                else if (_step == StepEphemeral) output = OnEphemeral(job.Result);
                else if (_step == StepSs) output = OnStaticStatic(job.Result);
                else output = OnShared(job.Result);
            }
            Cipher.Wipe(job.Private, 0, DhJob.KeyLength);
            Cipher.Wipe(job.Result, 0, DhJob.KeyLength);
            return output;
        }

        /// <summary>Copies the message to send; returns its length, 0 = nothing (more).</summary>
        public int PollTransmit(byte[] buffer, int offset)
        {
            int length = _transmitLength;
            Array.Copy(_transmit, 0, buffer, offset, length);
            _transmitLength = 0;
            return length;
        }

        /// <summary>Copies the keys of a finished handshake and forgets them here; false when there is none.</summary>
        public bool PollEvent(WireGuardSession into)
        {
            if (!_sessionReady) return false;
            _sessionReady = false;
            Array.Copy(_session.SendKey, 0, into.SendKey, 0, WireGuardWire.KeyLength);
            Array.Copy(_session.ReceiveKey, 0, into.ReceiveKey, 0, WireGuardWire.KeyLength);
            into.Peer = _session.Peer;
            into.LocalIndex = _session.LocalIndex;
            into.RemoteIndex = _session.RemoteIndex;
            into.Initiator = _session.Initiator;
            _session.Wipe();
            return true;
        }

        /// <summary>Drops what is being worked on: the peer is gone, or the job's answer is lost.</summary>
        public void Cancel()
        {
            End();
            _transmitLength = 0;
            _sessionReady = false;
            _session.Wipe();
        }

        // ---- The steps ----------------------------------------------------------------------------------------------------------------

        private int OnEphemeral(byte[] ephemeralPublic)
        {
            int at = _work == Initiating ? WireGuardWire.InitiationEphemeral : WireGuardWire.ResponseEphemeral;
            Array.Copy(ephemeralPublic, 0, _transmit, at, WireGuardWire.KeyLength);
            _noise.MixChain(_transmit, at);
            _noise.MixHash(_transmit, at, WireGuardWire.KeyLength);
            return AskFor(_work == Initiating ? StepEs : StepEe);
        }

        private int OnShared(byte[] shared)
        {
            switch (_step)
            {
                case StepEs:
                    _noise.MixKey(shared, 0);
                    if (_work == Initiating)
                    {
                        Array.Copy(_public, 0, _transmit, WireGuardWire.InitiationStatic, WireGuardWire.KeyLength);
                        _noise.Seal(_transmit, WireGuardWire.InitiationStatic, WireGuardWire.KeyLength);
                        return AskForStaticStatic();
                    }
                    if (!_noise.Open(_message, WireGuardWire.InitiationStatic, _opened.Length, _opened)) return Fail(WireGuardError.WrongTag);
                    _step = StepPeer;
                    return Output.Event;
                case StepEe:
                    _noise.MixChain(shared, 0);
                    return AskFor(StepSe);
                default:
                    _noise.MixChain(shared, 0);
                    _noise.MixPresharedKey(_peer.State, WireGuardPeer.PresharedKey);
                    return _work == Answering ? WriteResponse() : ReadResponse();
            }
        }

        private int AskForStaticStatic()
        {
            return _peer.HasStaticStatic ? MixStaticStatic() : AskFor(StepSs);
        }

        /// <summary>The static-static product is the same for ever: computed once a peer, kept in its record.</summary>
        private int OnStaticStatic(byte[] shared)
        {
            Array.Copy(shared, 0, _peer.State, WireGuardPeer.StaticStatic, WireGuardWire.KeyLength);
            _peer.HasStaticStatic = true;
            return MixStaticStatic();
        }

        private int MixStaticStatic()
        {
            _noise.MixKey(_peer.State, WireGuardPeer.StaticStatic);
            return _work == Initiating ? WriteInitiation() : ReadStamp();
        }

        private int WriteInitiation()
        {
            Array.Copy(_stamp, 0, _transmit, WireGuardWire.InitiationStamp, WireGuardWire.StampLength);
            _noise.Seal(_transmit, WireGuardWire.InitiationStamp, WireGuardWire.StampLength);
            ByteOrder.StoreU32LE(_transmit, 0, WireGuardWire.Initiation);
            ByteOrder.StoreU32LE(_transmit, WireGuardWire.SenderIndex, (uint)_localIndex);
            WriteMacs(WireGuardWire.InitiationMac1);

            byte[] state = _peer.State;
            Array.Copy(_noise.ChainKey, 0, state, WireGuardPeer.ChainKey, WireGuardWire.HashLength);
            Array.Copy(_noise.Hash, 0, state, WireGuardPeer.Hash, WireGuardWire.HashLength);
            Array.Copy(_ephemeralPrivate, 0, state, WireGuardPeer.EphemeralPrivate, WireGuardWire.KeyLength);
            _peer.PendingIndex = _localIndex;
            _peer.IsPending = true;
            End();
            return Output.Transmit;
        }

        /// <summary>"Responder stores the greatest timestamp per peer and rejects not above" (8.3); at most one initiation per 20 ms (8.1).</summary>
        private int ReadStamp()
        {
            const int sealedLength = WireGuardWire.StampLength + WireGuardWire.TagLength;
            if (!_noise.Open(_message, WireGuardWire.InitiationStamp, sealedLength, _opened)) return Fail(WireGuardError.WrongTag);
            if (!Tai64n.IsAbove(_opened, 0, _peer.State, WireGuardPeer.GreatestStamp)) return Fail(WireGuardError.OldStamp);
            if (_nowMs - _peer.InitiationSeenMs < WireGuardWire.MinInitiationGapMs) return Fail(WireGuardError.Flood);
            Array.Copy(_opened, 0, _peer.State, WireGuardPeer.GreatestStamp, WireGuardWire.StampLength);
            _peer.InitiationSeenMs = _nowMs;
            if (_localIndex == 0)
            {
                _step = StepIndex;
                return Output.Event;
            }
            NewEphemeral();
            return AskFor(StepEphemeral);
        }

        private int WriteResponse()
        {
            int remoteIndex = (int)ByteOrder.LoadU32LE(_message, WireGuardWire.SenderIndex);
            _noise.Seal(_transmit, WireGuardWire.ResponseEmpty, 0);
            ByteOrder.StoreU32LE(_transmit, 0, WireGuardWire.Response);
            ByteOrder.StoreU32LE(_transmit, WireGuardWire.SenderIndex, (uint)_localIndex);
            ByteOrder.StoreU32LE(_transmit, WireGuardWire.ResponseReceiver, (uint)remoteIndex);
            WriteMacs(WireGuardWire.ResponseMac1);
            _noise.Split(_session.ReceiveKey, _session.SendKey);
            return Finish(remoteIndex, false) | Output.Transmit;
        }

        private int ReadResponse()
        {
            if (!_noise.Open(_message, WireGuardWire.ResponseEmpty, WireGuardWire.TagLength, _opened)) return Fail(WireGuardError.WrongTag);
            _noise.Split(_session.SendKey, _session.ReceiveKey);
            _peer.DropPending();
            return Finish((int)ByteOrder.LoadU32LE(_message, WireGuardWire.SenderIndex), true);
        }

        private int Finish(int remoteIndex, bool initiator)
        {
            _session.Peer = _peer;
            _session.LocalIndex = _localIndex;
            _session.RemoteIndex = remoteIndex;
            _session.Initiator = initiator;
            _sessionReady = true;
            End();
            return Output.Event;
        }

        private void WriteMacs(int mac1)
        {
            int mac2 = mac1 + WireGuardWire.MacLength;
            byte[] state = _peer.State;
            _noise.Mac1(state, WireGuardPeer.PublicKey, _transmit, 0, mac1, _transmit, mac1);
            Array.Copy(_transmit, mac1, state, WireGuardPeer.LastMac1, WireGuardWire.MacLength);
            _peer.HasLastMac1 = true;
            if (_nowMs - _peer.CookieBornMs < WireGuardWire.CookieLifetimeMs) _noise.Mac2(state, WireGuardPeer.Cookie, _transmit, 0, mac2, _transmit, mac2);
            else Array.Clear(_transmit, mac2, WireGuardWire.MacLength);
            _transmitLength = mac2 + WireGuardWire.MacLength;
        }

        private bool IsForUs(byte[] message, int offset, int mac1)
        {
            _noise.Mac1(_public, 0, message, offset, mac1, _mac, 0);
            return Cipher.Equal(_mac, 0, message, offset + mac1, WireGuardWire.MacLength);
        }

        // ---- Jobs and life cycle ------------------------------------------------------------------------------------------------------

        /// <summary>
        /// Who multiplies what, by role: es and se name the initiator's key first, so the initiator's es is (e, R), the responder's (r, E).
        /// </summary>
        private void FillJob(DhJob into)
        {
            byte[] ownKey = _ephemeralPrivate;
            if (_step == StepSs || (_step == StepEs && _work == Answering) || (_step == StepSe && _work == Finishing)) ownKey = _private;
            Array.Copy(ownKey, 0, into.Private, 0, DhJob.KeyLength);
            if (into.BasePoint) return;

            bool theirStatic = _step == StepSs || (_step == StepEs && _work == Initiating) || (_step == StepSe && _work == Answering);
            if (theirStatic) Array.Copy(_peer.State, WireGuardPeer.PublicKey, into.Public, 0, DhJob.KeyLength);
            else Array.Copy(_message, _work == Answering ? WireGuardWire.InitiationEphemeral : WireGuardWire.ResponseEphemeral, into.Public, 0, DhJob.KeyLength);
        }

        private int AskFor(int step)
        {
            _step = step;
            _jobReady = true;
            return Output.Job;
        }

        private void NewEphemeral()
        {
            _entropy.Fill(_ephemeralPrivate, 0, WireGuardWire.KeyLength);
            // RFC 7748 section 5; X25519 clamps again, so this only makes the key look as Go stores it.
            _ephemeralPrivate[0] &= 248;
            _ephemeralPrivate[31] = (byte)((_ephemeralPrivate[31] & 127) | 64);
        }

        private void Begin(int work, long nowMs)
        {
            _generation++;
            _work = work;
            _nowMs = nowMs;
            _peer = null;
            Failure = 0;
        }

        /// <summary>Idle again; everything secret of this handshake is wiped.</summary>
        private void End()
        {
            _generation++;
            _work = Idle;
            _step = StepNone;
            _jobReady = false;
            _peer = null;
            _noise.Wipe();
            Cipher.Wipe(_ephemeralPrivate, 0, _ephemeralPrivate.Length);
            Cipher.Wipe(_opened, 0, _opened.Length);
        }

        private int Fail(int failure)
        {
            End();
            Failure = failure;
            return Output.Failed;
        }
    }
}
