using System;
using System.Text;
using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Native;

namespace MicroLink.Noise
{
    /// <summary>
    /// Noise IK of the control protocol, both roles (protocol.md 2.3). Diffie-Hellman leaves through <see cref="PollJob"/> and comes
    /// back through <see cref="HandleJobDone"/>, so that an ESP32 never stops for it.
    /// <code>
    /// initiator                                       responder
    ///   StartInitiator                                  StartResponder
    ///   jobs: ephemeral public, es, ss                  Handle(initiation)
    ///   PollTransmit -> initiation (101 bytes)          jobs: es, ss, ephemeral public, ee, se
    ///   Handle(response or error)                       PollTransmit -> response (51 bytes)
    ///   jobs: ee, se                                    Done
    ///   Done
    /// </code>
    /// Handle takes the stream at any cut; bytes behind the message are not consumed (<see cref="Consumed"/>): they are records.
    /// </summary>
    public sealed class NoiseHandshake
    {
        private const int Idle = 0, StepEphemeral = 1, StepEs = 2, StepSs = 3, StepEe = 4, StepSe = 5;
        private const int MaxErrorText = 256;

        private readonly IEntropy _entropy;
        private readonly NoiseSymmetric _symmetric = new NoiseSymmetric();
        private readonly byte[] _staticPrivate = new byte[NoiseWire.KeyLength];
        private readonly byte[] _staticPublic = new byte[NoiseWire.KeyLength];
        private readonly byte[] _ephemeralPrivate = new byte[NoiseWire.KeyLength];
        private readonly byte[] _remoteEphemeral = new byte[NoiseWire.KeyLength];
        private readonly byte[] _message = new byte[NoiseWire.InitiationLength + MaxErrorText];
        private readonly byte[] _opened = new byte[NoiseWire.KeyLength + NoiseWire.TagLength];
        private readonly byte[] _transmit = new byte[NoiseWire.InitiationLength];
        private bool _initiator;
        private bool _reading;
        private int _have;
        private int _step;
        private bool _jobOffered;
        private int _generation;
        private int _transmitLength;

        public NoiseHandshake(IEntropy entropy)
        {
            _entropy = entropy;
        }

        /// <summary>Keys are ready: <see cref="SendKey"/>, <see cref="ReceiveKey"/>. A responder's message may be pending.</summary>
        public bool Done { get; private set; }
        /// <summary>A value of <see cref="NoiseFailure"/>; not None = this handshake is over.</summary>
        public int Failure { get; private set; }
        /// <summary>The text of an error message (at most 256 bytes of it), unauthenticated; null unless Failure is PeerError.</summary>
        public string ErrorText { get; private set; }
        /// <summary>How many bytes the last <see cref="Handle"/> took.</summary>
        public int Consumed { get; private set; }
        /// <summary>The version of the header and prologue (a responder learns it from the initiation).</summary>
        public int Version { get; private set; }
        public byte[] SendKey { get; } = new byte[NoiseWire.KeyLength];
        public byte[] ReceiveKey { get; } = new byte[NoiseWire.KeyLength];
        /// <summary>The other side's static public key: given to an initiator, learned by a responder.</summary>
        public byte[] RemoteStatic { get; } = new byte[NoiseWire.KeyLength];
        /// <summary>The handshake hash h, final when <see cref="Done"/>.</summary>
        public byte[] HandshakeHash { get { return _symmetric.Hash; } }

        /// <summary>Begins as client: <paramref name="serverPublic"/> is the key of GET /key. Returns Output bits.</summary>
        public int StartInitiator(int version, byte[] machinePrivate, byte[] machinePublic, byte[] serverPublic, long nowMs)
        {
            Reset(true, machinePrivate, machinePublic);
            Version = version;
            Array.Copy(serverPublic, 0, RemoteStatic, 0, NoiseWire.KeyLength);
            _symmetric.Start(version);
            _symmetric.MixHash(serverPublic, 0, NoiseWire.KeyLength);
            NewEphemeral();
            return AskFor(StepEphemeral);
        }

        /// <summary>Begins as server: waits for an initiation of any version.</summary>
        public int StartResponder(byte[] staticPrivate, byte[] staticPublic, long nowMs)
        {
            Reset(false, staticPrivate, staticPublic);
            _reading = true;
            return Output.None;
        }

        /// <summary>Takes bytes of the stream, as many as belong to the awaited message. Returns Output bits.</summary>
        public int Handle(byte[] buffer, int offset, int count, long nowMs)
        {
            Consumed = 0;
            while (_reading && Failure == NoiseFailure.None && Consumed < count)
            {
                _message[_have++] = buffer[offset + Consumed++];
                int need = Needed();
                if (Failure != NoiseFailure.None) return Output.Failed;
                if (_have < need) continue;
                _reading = false;
                return _initiator ? OnReply() : OnInitiation();
            }
            return Failure == NoiseFailure.None ? Output.None : Output.Failed;
        }

        /// <summary>Writes the pending message into the buffer (at least 101 bytes free); returns its length, 0 = nothing.</summary>
        public int PollTransmit(byte[] buffer, int offset)
        {
            int length = _transmitLength;
            if (length == 0) return 0;
            Array.Copy(_transmit, 0, buffer, offset, length);
            _transmitLength = 0;
            return length;
        }

        /// <summary>Fills the next Diffie-Hellman job; false when none is due. Each job is offered once.</summary>
        public bool PollJob(DhJob into)
        {
            if (_step == Idle || _jobOffered || Failure != NoiseFailure.None) return false;
            _jobOffered = true;
            into.Generation = _generation;
            into.Step = _step;
            into.BasePoint = _step == StepEphemeral;
            into.Ok = false;
            Array.Copy(UsesEphemeralPrivate() ? _ephemeralPrivate : _staticPrivate, 0, into.Private, 0, NoiseWire.KeyLength);
            if (!into.BasePoint) Array.Copy(UsesRemoteStatic() ? RemoteStatic : _remoteEphemeral, 0, into.Public, 0, NoiseWire.KeyLength);
            return true;
        }

        /// <summary>Takes the result of a job; an answer for an older handshake is ignored. Wipes the job's secrets.</summary>
        public int HandleJobDone(DhJob job, long nowMs)
        {
            bool ours = job.Generation == _generation && job.Step == _step && _jobOffered && Failure == NoiseFailure.None;
            int output = Output.None;
            if (ours) output = job.Ok ? Advance(job.Result) : Fail(NoiseFailure.LowOrderPoint);
            Cipher.Wipe(job.Private, 0, DhJob.KeyLength);
            Cipher.Wipe(job.Result, 0, DhJob.KeyLength);
            return output;
        }

        /// <summary>Forgets every secret and every awaited answer.</summary>
        public void Wipe()
        {
            _generation++;
            _step = Idle;
            _reading = false;
            _symmetric.Wipe();
            Cipher.Wipe(_staticPrivate, 0, _staticPrivate.Length);
            Cipher.Wipe(_ephemeralPrivate, 0, _ephemeralPrivate.Length);
            Cipher.Wipe(SendKey, 0, SendKey.Length);
            Cipher.Wipe(ReceiveKey, 0, ReceiveKey.Length);
        }

        private void Reset(bool initiator, byte[] staticPrivate, byte[] staticPublic)
        {
            Wipe();
            _initiator = initiator;
            _have = 0;
            _transmitLength = 0;
            Done = false;
            Failure = NoiseFailure.None;
            ErrorText = null;
            Array.Copy(staticPrivate, 0, _staticPrivate, 0, NoiseWire.KeyLength);
            Array.Copy(staticPublic, 0, _staticPublic, 0, NoiseWire.KeyLength);
        }

        private void NewEphemeral()
        {
            _entropy.Fill(_ephemeralPrivate, 0, NoiseWire.KeyLength);
            _ephemeralPrivate[0] &= 0xF8;
            _ephemeralPrivate[31] = (byte)((_ephemeralPrivate[31] & 0x7F) | 0x40);
        }

        private int AskFor(int step)
        {
            _step = step;
            _jobOffered = false;
            return Output.Job;
        }

        // es and ss are named from the initiator's side: e of the initiator, s of the responder.
        private bool UsesEphemeralPrivate()
        {
            if (_step == StepEphemeral || _step == StepEe) return true;
            return _initiator ? _step == StepEs : _step == StepSe;
        }

        private bool UsesRemoteStatic()
        {
            if (_step == StepSs) return true;
            return _initiator ? _step == StepEs : _step == StepSe;
        }

        // How many bytes the awaited message has, as far as its header is known. Sets Failure for a header that cannot be right.
        private int Needed()
        {
            if (!_initiator)
            {
                if (_have < NoiseWire.InitiationHeader) return NoiseWire.InitiationHeader;
                if (_message[2] != NoiseWire.TypeInitiation) return Fail(NoiseFailure.WrongType);
                int body = NoiseWire.InitiationLength - NoiseWire.InitiationHeader;
                if (ByteOrder.LoadU16BE(_message, 3) != body) return Fail(NoiseFailure.WrongLength);
                return NoiseWire.InitiationLength;
            }
            if (_have < NoiseWire.HeaderLength) return NoiseWire.HeaderLength;
            int length = ByteOrder.LoadU16BE(_message, 1);
            if (_message[0] == NoiseWire.TypeError) return NoiseWire.HeaderLength + (length < MaxErrorText ? length : MaxErrorText);
            if (_message[0] != NoiseWire.TypeResponse) return Fail(NoiseFailure.WrongType);
            if (length != NoiseWire.ResponseLength - NoiseWire.HeaderLength) return Fail(NoiseFailure.WrongLength);
            return NoiseWire.ResponseLength;
        }

        private int OnInitiation()
        {
            Version = ByteOrder.LoadU16BE(_message, 0);
            Array.Copy(_message, 5, _remoteEphemeral, 0, NoiseWire.KeyLength);
            _symmetric.Start(Version);
            _symmetric.MixHash(_staticPublic, 0, NoiseWire.KeyLength);
            _symmetric.MixHash(_remoteEphemeral, 0, NoiseWire.KeyLength);
            return AskFor(StepEs);
        }

        private int OnReply()
        {
            if (_message[0] == NoiseWire.TypeError)
            {
                ErrorText = Encoding.UTF8.GetString(_message, NoiseWire.HeaderLength, _have - NoiseWire.HeaderLength);
                return Fail(NoiseFailure.PeerError);
            }
            Array.Copy(_message, NoiseWire.HeaderLength, _remoteEphemeral, 0, NoiseWire.KeyLength);
            _symmetric.MixHash(_remoteEphemeral, 0, NoiseWire.KeyLength);
            return AskFor(StepEe);
        }

        private int Advance(byte[] result)
        {
            int step = _step;
            _step = Idle;
            if (step == StepEphemeral) return OnEphemeralPublic(result);
            _symmetric.MixKey(result);
            return _initiator ? AdvanceInitiator(step) : AdvanceResponder(step);
        }

        // The initiator writes "e" first; the responder writes it after it has read "s, ss".
        private int OnEphemeralPublic(byte[] ephemeralPublic)
        {
            _symmetric.MixHash(ephemeralPublic, 0, NoiseWire.KeyLength);
            int at = _initiator ? NoiseWire.InitiationHeader : NoiseWire.HeaderLength;
            Array.Copy(ephemeralPublic, 0, _transmit, at, NoiseWire.KeyLength);
            return AskFor(_initiator ? StepEs : StepEe);
        }

        private int AdvanceInitiator(int step)
        {
            switch (step)
            {
                case StepEs:
                    Array.Copy(_staticPublic, 0, _transmit, 37, NoiseWire.KeyLength);
                    _symmetric.Seal(_transmit, 37, NoiseWire.KeyLength);
                    return AskFor(StepSs);
                case StepSs:
                    _symmetric.Seal(_transmit, 85, 0);
                    ByteOrder.StoreU16BE(_transmit, 0, Version);
                    _transmit[2] = NoiseWire.TypeInitiation;
                    ByteOrder.StoreU16BE(_transmit, 3, NoiseWire.InitiationLength - NoiseWire.InitiationHeader);
                    _transmitLength = NoiseWire.InitiationLength;
                    _reading = true;
                    return Output.Transmit;
                case StepEe:
                    return AskFor(StepSe);
                default:
                    if (!_symmetric.Open(_message, 35, NoiseWire.TagLength, _opened)) return Fail(NoiseFailure.WrongTag);
                    _symmetric.Split(SendKey, ReceiveKey);
                    return Finish(Output.None);
            }
        }

        private int AdvanceResponder(int step)
        {
            switch (step)
            {
                case StepEs:
                    if (!_symmetric.Open(_message, 37, _opened.Length, _opened)) return Fail(NoiseFailure.WrongTag);
                    Array.Copy(_opened, 0, RemoteStatic, 0, NoiseWire.KeyLength);
                    return AskFor(StepSs);
                case StepSs:
                    if (!_symmetric.Open(_message, 85, NoiseWire.TagLength, _opened)) return Fail(NoiseFailure.WrongTag);
                    NewEphemeral();
                    return AskFor(StepEphemeral);
                case StepEe:
                    return AskFor(StepSe);
                default:
                    _symmetric.Seal(_transmit, 35, 0);
                    _transmit[0] = NoiseWire.TypeResponse;
                    ByteOrder.StoreU16BE(_transmit, 1, NoiseWire.ResponseLength - NoiseWire.HeaderLength);
                    _transmitLength = NoiseWire.ResponseLength;
                    _symmetric.Split(ReceiveKey, SendKey);
                    return Finish(Output.Transmit);
            }
        }

        private int Finish(int output)
        {
            Done = true;
            Cipher.Wipe(_ephemeralPrivate, 0, _ephemeralPrivate.Length);
            Cipher.Wipe(_staticPrivate, 0, _staticPrivate.Length);
            return output | Output.Event;
        }

        private int Fail(int failure)
        {
            Wipe();
            Failure = failure;
            return Output.Failed;
        }
    }
}
