using System;
using MicroLink.Bytes;
using MicroLink.Native;

namespace MicroLink.Control
{
    /// <summary>Registration, login by page, a new node key, logout (protocol.md 3).</summary>
    public sealed partial class ControlClient
    {
        /// <summary>Step of the job that makes a new node key.</summary>
        private const int RotationStep = 100;
        private const int RefusedFloorMs = 2000, MaxRetryAfterSec = 3600;

        private readonly RegisterAnswer _answer = new RegisterAnswer();
        private readonly byte[] _newPrivate = new byte[KeyText.Length];
        private int _registerStream;
        private bool _registered;
        private bool _withoutKey;
        private bool _rotateFirst;
        private bool _rotatedNow;
        private int _rotations;
        private bool _rotationJobDue;
        private int _rotationGeneration;
        private string _followUp;
        private string _retryAfter;
        private string _answerDate;
        private bool _logout;

        /// <summary>Tell control that this node leaves (protocol.md 3.5); LoggedOut follows in any case.</summary>
        public int HandleLogout(long nowMs)
        {
            _logout = true;
            if (!_linkUp || ConfigurationError != null)
            {
                FinishLogout("There is no connection to control, so it still lists this node until its key expires.");
                return Output.Event;
            }
            if (_session.IsOpen && _state >= Opening)
            {
                CancelStreams();
                SendRegister(nowMs);
            }
            else if (_state == Idle || _state == Waiting) Connect(nowMs);
            return Output.Event | Output.Transmit;
        }

        private void FinishLogout(string error)
        {
            _logout = false;
            _registered = false;
            _followUp = null;
            _logoutError = error;
            _loggedOutDue = true;
            Show(ControlState.Idle, "Logged out.", null);
        }

        private void SendRegister(long nowMs)
        {
            byte[] body = new byte[ControlProtocol.MaxRequestBody];
            int count = ControlRequests.WriteRegister(body, _options, _identity, _logout ? null : _followUp, _logout, !_withoutKey);
            _registerStream = Post(ControlProtocol.RegisterPath, body, count);
            if (_registerStream < 0)
            {
                Lost(NoRequestText(count), count < 0 ? RefusedFloorMs : 0, nowMs);
                return;
            }
            if (_logout) Enter(LoggingOut, nowMs + ControlProtocol.LogoutTimeoutMs, "control does not confirm the logout");
            // The answer to a Followup comes when the user has logged in: hours are possible (protocol.md 3.4). It is asked for anew from
            // time to time, because a connection that died silently would never answer.
            else if (_followUp != null) Enter(Registering, nowMs + ControlProtocol.FollowUpMs, "waiting for the login");
            else Enter(Registering, nowMs + ControlProtocol.RegisterTimeoutMs, "control does not answer the registration");
        }

        private void OnRegisterAnswer(int outcome, long nowMs)
        {
            if (_logout)
            {
                bool told = outcome >= RegisterAnswer.KeyExpired;
                FinishLogout(told ? null : "Control did not accept the logout: " + Describe());
                CloseConnection();
                Enter(Idle, Output.Never, "");
                return;
            }
            switch (outcome)
            {
                case RegisterAnswer.SlowDown:
                    Pause("The control server asks to slow down.", RetryAfterMs(), nowMs);
                    break;
                case RegisterAnswer.HttpError:
                case RegisterAnswer.Malformed:
                    Lost("The control server did not accept the registration: " + Describe(), RefusedFloorMs, nowMs);
                    break;
                case RegisterAnswer.Refused:
                    // A node whose key ran out comes with the auth key that it was set up with, and that key may have been for one use
                    // (Headscale: "authkey already used"): then somebody has to log it in, and gets the page for it.
                    _withoutKey = !_withoutKey && HasAuthKey && _identity.OldNodePublic != null;
                    if (_withoutKey) SendRegister(nowMs);
                    else Lost(ControlState.Refused, "The control server refused this node: " + _answer.Text + "." + Advice(), RefusedFloorMs, nowMs);
                    break;
                case RegisterAnswer.TailnetLock:
                    Lost(ControlState.Refused,
                        "The tailnet uses tailnet lock and wants this node's key signed again, which is not supported.",
                        RefusedFloorMs, nowMs);
                    break;
                case RegisterAnswer.KeyExpired:
                    _followUp = null;
                    if (_rotatedNow)
                        Lost(ControlState.Refused, "The control server calls even a new node key expired.", RefusedFloorMs, nowMs);
                    else BeginRotation(nowMs);
                    break;
                case RegisterAnswer.NeedsLogin:
                    OnLoginUrl(_answer.LoginUrl, nowMs);
                    break;
                default:
                    _registered = true;
                    _withoutKey = false;
                    _rotatedNow = false;
                    _followUp = null;
                    _authorized = _answer.Authorized;
                    StartMap(nowMs);
                    break;
            }
        }

        private bool HasAuthKey => _options.AuthKey != null && _options.AuthKey.Length > 0;

        private string Advice()
        {
            if (!HasAuthKey) return "";
            return _answer.Text.IndexOf("tag") >= 0 ? " Check the tags asked for, and the auth key." : " Check the auth key.";
        }

        private string Describe()
        {
            if (_answer.Outcome == RegisterAnswer.Malformed) return "its answer is not valid JSON.";
            return "HTTP status " + _answer.Status.ToString() + (_answer.Text.Length > 0 ? ", " + _answer.Text : "") + ".";
        }

        private void OnLoginUrl(string url, long nowMs)
        {
            // The same page again means: not done yet. A pause, so that a server that does not hold the request is not hammered.
            if (url == _followUp)
            {
                Lost(ControlState.NeedsLogin, LoginText(url), RefusedFloorMs, nowMs);
                return;
            }
            _followUp = url;
            _backoff.Reset();
            Show(ControlState.NeedsLogin, LoginText(url), url);
            SendRegister(nowMs);
        }

        private static string LoginText(string url)
        {
            return "This node must be logged in: open " + url + " in a browser.";
        }

        private void Pause(string sentence, int delayMs, long nowMs)
        {
            CloseConnection();
            WaitFor(_wasConnected ? ControlState.Reconnecting : ControlState.Connecting, sentence, delayMs, nowMs);
        }

        // Retry-After in seconds, or a date, which is compared with the server's own: our clock may be wrong. Missing, 0 or above an hour:
        // 5 to 10 s by chance (protocol.md 3.2).
        private int RetryAfterMs()
        {
            long seconds = 0;
            string text = _retryAfter ?? "";
            for (int i = 0; i < text.Length; i++)
            {
                if (text[i] < '0' || text[i] > '9' || seconds > MaxRetryAfterSec)
                {
                    seconds = 0;
                    break;
                }
                seconds = seconds * 10 + text[i] - '0';
            }
            long at = HttpDate.Seconds(text), now = HttpDate.Seconds(_answerDate);
            if (at >= 0 && now >= 0) seconds = at - now;
            if (seconds > 0 && seconds <= MaxRetryAfterSec) return (int)seconds * 1000;
            byte[] random = new byte[2];
            _entropy.Fill(random, 0, 2);
            return 5000 + ((random[0] << 8) | random[1]) % 5000;
        }

        private void BeginRotation(long nowMs)
        {
            _entropy.Fill(_newPrivate, 0, _newPrivate.Length);
            KeyText.Clamp(_newPrivate, 0);
            _rotationGeneration++;
            _rotationJobDue = true;
            Enter(Rotating, nowMs + ControlProtocol.RegisterTimeoutMs, "a new node key is computed");
        }

        private bool PollRotationJob(DhJob into)
        {
            if (!_rotationJobDue) return false;
            _rotationJobDue = false;
            into.Step = RotationStep;
            into.Generation = _rotationGeneration;
            into.BasePoint = true;
            into.Ok = false;
            Array.Copy(_newPrivate, into.Private, KeyText.Length);
            return true;
        }

        private int HandleRotationDone(DhJob job, long nowMs)
        {
            if (_state != Rotating || job.Generation != _rotationGeneration || !job.Ok) return Output.None;
            _identity.OldNodePublic = _identity.NodePublic;
            _identity.NodePublic = new byte[KeyText.Length];
            _identity.NodePrivate = new byte[KeyText.Length];
            Array.Copy(job.Result, _identity.NodePublic, KeyText.Length);
            Array.Copy(_newPrivate, _identity.NodePrivate, KeyText.Length);
            Cipher.Wipe(_newPrivate, 0, _newPrivate.Length);
            Cipher.Wipe(job.Private, 0, DhJob.KeyLength);
            _rotateFirst = false;
            _rotatedNow = true;
            _rotations++;
            _registered = false;
            _rotatedDue = true;
            SendRegister(nowMs);
            return Output.Event | Output.Transmit;
        }
    }
}
