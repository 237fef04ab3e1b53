using System;
using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Http1;
using MicroLink.Http2;
using MicroLink.Noise;

namespace MicroLink.Control
{
    /// <summary>
    /// One ts2021 connection over a byte pipe (protocol.md 2): the layers, one inside the other, as one machine.
    /// <code>
    ///   job: ephemeral, es, ss     Noise initiation, in the request's header
    ///   -> POST /ts2021            HTTP/1.1 upgrade
    ///   &lt;- 101, then at once: Noise response (51 bytes), EarlyNoise, HTTP/2 SETTINGS, in any segments
    ///   job: ee, se                nothing is taken from the pipe until the keys are there
    ///   records: EarlyNoise (optional), then HTTP/2 for ever
    /// </code>
    /// </summary>
    public sealed class ControlSession
    {
        private const int Closed = 0, Initiating = 1, Upgrading = 2, Responding = 3, Keys = 4, Records = 5, Over = 6;

        private readonly NoiseHandshake _noise;
        private readonly NoiseRecords _records = new NoiseRecords();
        private readonly EarlyNoise _early = new EarlyNoise();
        private Http1Upgrade _upgrade;
        private readonly int _tableBytes;
        private readonly int _streamWindow;
        private string _authority;
        private int _phase;
        private bool _noiseAnswered;
        private bool _requestDue;
        private int _plainAt;
        private int _plainLeft;
        private bool _pushBackDue;
        private bool _resume;

        public ControlSession(IEntropy entropy, int headerTableBytes, int streamWindow)
        {
            _noise = new NoiseHandshake(entropy);
            _tableBytes = headerTableBytes;
            _streamWindow = streamWindow;
        }

        /// <summary>The HTTP/2 connection inside; requests may be queued as soon as <see cref="IsOpen"/>.</summary>
        public Http2Connection Http { get; private set; }
        public bool IsOpen { get { return _phase == Records; } }
        /// <summary>How many bytes the last Handle took.</summary>
        public int Consumed { get; private set; }
        /// <summary>Null, or one plain sentence: what went wrong. Final.</summary>
        public string Failure { get; private set; }
        /// <summary>The failure may mean that the server has a new key: fetch it again.</summary>
        public bool KeyMayBeOld { get; private set; }
        public bool HasEarlyNoise { get { return _early.Present; } }

        /// <summary>A fresh connection is there; <paramref name="authority"/> is its Host header. Returns Output bits.</summary>
        public int Start(string authority, NodeIdentity identity, byte[] serverPublic, long nowMs)
        {
            _authority = authority;
            Failure = null;
            KeyMayBeOld = false;
            _requestDue = false;
            _plainLeft = 0;
            _pushBackDue = false;
            _resume = false;
            _early.Reset();
            _upgrade = new Http1Upgrade(ControlProtocol.UpgradeProtocol);
            Http = new Http2Connection(_tableBytes, _streamWindow);
            _phase = Initiating;
            _noiseAnswered = false;
            return _noise.StartInitiator(ControlProtocol.CapabilityVersion, identity.MachinePrivate, identity.MachinePublic,
                serverPublic, nowMs);
        }

        /// <summary>Forgets the connection and its keys.</summary>
        public void Stop()
        {
            _phase = Closed;
            _noise.Wipe();
            _records.Wipe();
            _plainLeft = 0;
            _resume = false;
        }

        public bool PollJob(DhJob into)
        {
            return _phase != Closed && _noise.PollJob(into);
        }

        public int HandleJobDone(DhJob job, long nowMs)
        {
            int output = _noise.HandleJobDone(job, nowMs);
            if (_noise.Failure != NoiseFailure.None) return NoiseFailed();
            if (_phase == Initiating && (output & Output.Transmit) != 0)
            {
                _requestDue = true;
                _phase = Upgrading;
            }
            if (_phase == Keys && _noise.Done)
            {
                _records.Start(_noise.SendKey, _noise.ReceiveKey);
                _noise.Wipe();
                _phase = Records;
                return Output.Event | Output.Transmit;
            }
            return output;
        }

        /// <summary>Takes bytes of the pipe up to the next HTTP/2 event. Takes nothing while a key is being computed.</summary>
        public int Handle(byte[] buffer, int offset, int count, long nowMs)
        {
            Consumed = 0;
            while (Failure == null)
            {
                int left = count - Consumed;
                switch (_phase)
                {
                    case Upgrading:
                        if (left == 0) return Output.None;
                        OnUpgrade(_upgrade.Handle(buffer, offset + Consumed, left));
                        break;
                    case Responding:
                        if (left == 0) return Output.None;
                        int output = _noise.Handle(buffer, offset + Consumed, left, nowMs);
                        Consumed += _noise.Consumed;
                        _noiseAnswered |= _noise.Consumed > 0;
                        if (_noise.Failure != NoiseFailure.None) return NoiseFailed();
                        if ((output & Output.Job) == 0) return Output.None;
                        _phase = Keys;
                        return Output.Job;
                    case Records:
                        // After an event HTTP/2 may have more to tell without another byte: the end of the frame that raised it.
                        if (_pushBackDue || _plainLeft > 0 || _resume)
                        {
                            if (HandlePlain(nowMs)) return Output.Event | Output.Transmit;
                            break;
                        }
                        if (left == 0) return HasTransmit() ? Output.Transmit : Output.None;
                        OnRecord(_records.Open(buffer, offset + Consumed, left));
                        break;
                    default:
                        return Output.None;
                }
            }
            return Output.Failed | Output.Transmit;
        }

        /// <summary>The next event of HTTP/2.</summary>
        public bool PollEvent(Http2Event into)
        {
            return _phase == Records && Http.PollEvent(into);
        }

        /// <summary>Writes the next bytes for the pipe (at least 4096 free at the offset); 0 = nothing.</summary>
        public int PollTransmit(byte[] buffer, int offset)
        {
            if (_requestDue)
            {
                _requestDue = false;
                return WriteUpgrade(buffer, offset);
            }
            if (_phase != Records) return 0;
            int count = Http.PollTransmit(buffer, offset + NoiseWire.HeaderLength, NoiseWire.MaxPlaintext);
            return count == 0 ? 0 : _records.SealInPlace(buffer, offset, count);
        }

        /// <summary>The pipe has closed; says why that matters, as one plain sentence.</summary>
        public string ClosedText()
        {
            if (Failure != null) return Failure;
            switch (_phase)
            {
                case Upgrading:
                    return "The control server closed the connection without an answer to the upgrade.";
                case Responding:
                case Keys:
                    if (_noiseAnswered) return "The control server closed the connection in the middle of the Noise handshake.";
                    // headscale checks the version before it answers and never flushes the answer (protocol.md 4.12, trap 8).
                    return "The control server accepted the connection and closed it at once: it refuses capability version "
                        + ControlProtocol.CapabilityVersion.ToString() + ", so it probably needs a newer or older MicroLink.";
                default:
                    return "The control server closed the connection.";
            }
        }

        private bool HasTransmit()
        {
            return Http.WantsTransmit();
        }

        private void OnUpgrade(int result)
        {
            Consumed += _upgrade.Consumed;
            if (result == Http1Upgrade.Upgraded)
            {
                _phase = Responding;
                _upgrade = null;
            }
            else if (result == Http1Upgrade.Failed)
                Fail("The control server sent " + Http1Failure.Text(_upgrade.Failure) + " instead of an upgrade.");
            else if (result == Http1Upgrade.Refused && _upgrade.Status == 101)
                Fail("The control server switched to another protocol than the one that was asked for; a reverse proxy may be in the way.");
            else if (result == Http1Upgrade.Refused)
                Fail("The control server refused the upgrade with HTTP status " + _upgrade.Status.ToString()
                    + "; a reverse proxy may be in the way, or this is no control server.");
        }

        private void OnRecord(int result)
        {
            Consumed += _records.Consumed;
            if (result == NoiseRecords.Failed)
            {
                if (_records.Failure == NoiseFailure.PeerError) Fail("The control server ended the connection: " + _records.ErrorText);
                else Fail("The control server sent " + NoiseFailure.Text(_records.Failure) + ".");
                return;
            }
            if (result != NoiseRecords.Record) return;
            _plainAt = _records.PlainOffset;
            _plainLeft = _records.PlainCount;
            if (_early.Done || _plainLeft == 0) return;
            int taken = _early.Handle(_records.Plain, _plainAt, _plainLeft);
            _plainAt += taken;
            _plainLeft -= taken;
            if (_early.Failed) Fail("The control server sent an early message that is too long.");
            // The bytes that looked like the magic at first belong to HTTP/2.
            _pushBackDue = _early.Done && _early.PushedBackCount > 0;
        }

        // True when HTTP/2 has an event.
        private bool HandlePlain(long nowMs)
        {
            int output;
            if (_pushBackDue)
            {
                // At most 5 bytes of a frame header: no event can come of them.
                output = Http.Handle(_early.PushedBack, 0, _early.PushedBackCount, nowMs);
                _pushBackDue = false;
            }
            else
            {
                output = Http.Handle(_records.Plain, _plainAt, _plainLeft, nowMs);
                _plainAt += Http.Consumed;
                _plainLeft -= Http.Consumed;
            }
            if (Http.Failure != Http2Error.NoError) Fail("The control server sent broken HTTP/2 (" + Http.FailureText + ").");
            _resume = (output & Output.Event) != 0;
            return _resume;
        }

        private int WriteUpgrade(byte[] buffer, int offset)
        {
            byte[] initiation = new byte[NoiseWire.InitiationLength];
            _noise.PollTransmit(initiation, 0);
            return Http1Request.WriteUpgrade(buffer, offset, "POST", ControlProtocol.UpgradePath, _authority,
                ControlProtocol.UpgradeProtocol,
                "X-Tailscale-Handshake: " + Base64.ToText(initiation, 0, initiation.Length) + "\r\nContent-Length: 0\r\n");
        }

        private int NoiseFailed()
        {
            KeyMayBeOld = true;
            if (_noise.Failure == NoiseFailure.PeerError) return Fail("The control server refused the handshake: " + _noise.ErrorText);
            return Fail("The handshake with the control server failed: it sent " + NoiseFailure.Text(_noise.Failure)
                + "; its key may have changed.");
        }

        private int Fail(string sentence)
        {
            if (Failure == null) Failure = sentence;
            _phase = _phase == Records ? Records : Over;
            return Output.Failed;
        }
    }
}
