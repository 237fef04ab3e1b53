using MicroLink.Bytes;
using MicroLink.Http2;
using MicroLink.NetMap;

namespace MicroLink.Control
{
    /// <summary>The map poll's data and what its facts mean for the connection (protocol.md 4.4 to 4.9).</summary>
    public sealed partial class ControlClient
    {
        private bool _authorized;
        private bool _fullMapSeen;
        private bool _selfExpired;
        private int _sleepMs;
        private bool _lockChanged;
        private string _lastPing;
        private string _lastPage;

        // Map data inside the Noise record's buffer, not yet read by the map stream.
        private byte[] _data;
        private int _dataAt;
        private int _dataLeft;

        // True while the map stream has an event that nobody has taken.
        private bool HandleMapData(long nowMs)
        {
            int output = _map.Handle(_data, _dataAt, _dataLeft, nowMs);
            int read = _map.Consumed;
            _dataAt += read;
            _dataLeft -= read;
            if (read > 0)
            {
                _session.Http.Consume(_pollStream, read);
                // Whatever arrives shows that the server lives; what we send does not (protocol.md 4.5).
                if (_state == Mapping) _deadline = nowMs + ControlProtocol.MapWatchdogMs;
            }
            if ((output & Output.Event) != 0) return true;
            if (_map.Failure == MapFailure.None || _state != Mapping) return false;
            _dataLeft = 0;
            Lost("Control sent " + MapFailure.Text(_map.Failure) + ".", RefusedFloorMs, nowMs);
            return false;
        }

        private bool PollMapFact(ControlEvent into)
        {
            while (_map.PollEvent(into.Map))
            {
                if (!OnMapEvent(into.Map)) continue;
                into.Kind = ControlEvent.MapFact;
                return true;
            }
            if (EventBit() == 0) return false;
            return PollEvent(into);
        }

        /// <summary>Control has said who is there, or is just saying it: what an earlier start has kept does not count any more.</summary>
        public bool HasMap { get { return _wasConnected || _map.InMessage; } }

        /// <summary>What was kept from an earlier start; each becomes one event.</summary>
        public void HandleStoredPeer(PeerRow row, long nowMs) { _map.HandleStored(row, nowMs); }
        public void HandleStoredSelf(PeerRow row) { _map.HandleStoredSelf(row); }
        public void HandleStoredRelays(DerpMap map) { _map.HandleStoredRelays(map); }

        // True when the event is for the actors; the others concern the connection.
        private bool OnMapEvent(MapEvent fact)
        {
            switch (fact.Kind)
            {
                case MapEvent.Self:
                    if (fact.Flag) return true;
                    _authorized = fact.Row.MachineAuthorized;
                    _selfExpired = fact.Row.Expired;
                    if (_fullMapSeen) ShowMapState();
                    return true;
                case MapEvent.Ping:
                    return !AnswerPing(fact);
                case MapEvent.DialPlan:
                    _plan = fact.Plan;
                    return false;
                case MapEvent.AttributeSet:
                    _onlyHttps = fact.Attributes.Has(NodeAttributes.OnlyTcp443);
                    return true;
                case MapEvent.OpenUrl:
                    // Once for each page: a server repeats it in every message (control/controlclient/map.go).
                    if (fact.Text != _lastPage) Show(_shownState, "Control asks to open " + fact.Text, fact.Text);
                    _lastPage = fact.Text;
                    return false;
                case MapEvent.TailnetLock:
                    OnTailnetLock(fact.Flag);
                    return false;
                case MapEvent.Sleep:
                    _sleepMs = (int)fact.Value;
                    return false;
                case MapEvent.MessageEnd:
                    OnMessageEnd(fact.Flag);
                    return false;
                default:
                    return true;
            }
        }

        private void OnMessageEnd(bool keepAlive)
        {
            if (keepAlive) return;
            if (!_fullMapSeen)
            {
                _fullMapSeen = true;
                _wasConnected = true;
                // Back-off starts again from a full map (protocol.md 4.5).
                _backoff.Reset();
            }
            ShowMapState();
        }

        private void ShowMapState()
        {
            if (_state != Mapping) return;
            if (!_authorized)
                Show(ControlState.NeedsApproval, "This node is registered but waits for the approval of an administrator.", null);
            else if (_map.Locked)
                Show(ControlState.Connected, "Connected, but the tailnet uses tailnet lock, which is not supported: no peers.", null);
            else if (_map.Overflowed > 0)
                Show(ControlState.Connected, "Connected, but the tailnet has more peers than fit here; the others are ignored.", null);
            else Show(ControlState.Connected, "Connected to " + _options.ControlUrl + ".", null);
        }

        private void OnTailnetLock(bool on)
        {
            // Off again: the peers that were refused must be read anew.
            _lockChanged = !on;
            if (_fullMapSeen) ShowMapState();
        }

        /// <summary>After the events of a message were taken: what they mean for the connection. The actor calls it once they are all
        /// delivered.</summary>
        public int HandleEventsTaken(long nowMs)
        {
            if (_state != Mapping) return Output.None;
            if (_sleepMs > 0)
            {
                int pause = _sleepMs;
                _sleepMs = 0;
                Pause("The control server asked for a pause.", pause, nowMs);
                return Output.Event;
            }
            if (_lockChanged)
            {
                _lockChanged = false;
                Lost("Tailnet lock was switched off; the map is read again.", 0, nowMs);
                return Output.Event;
            }
            if (!_selfExpired || !_fullMapSeen) return Output.None;
            _selfExpired = false;
            _registered = false;
            _rotateFirst = true;
            // A server that calls every new key expired must not get a new one every 10 ms.
            Lost("This node's key has expired; a new one will be registered.", _rotations > 0 ? MaxBackoffMs : 0, nowMs);
            return Output.Event;
        }

        // protocol.md 4.9. True when nothing is left to do; what is not just a HEAD over Noise is for the ping actor.
        private bool AnswerPing(MapEvent ping)
        {
            if (ping.Text.Length == 0 || ping.Text == _lastPing || _state != Mapping) return true;
            _lastPing = ping.Text;
            if (!ping.Flag || ping.Types.Length > 0) return false;
            HttpUrl url = HttpUrl.Parse(ping.Text);
            if (url != null) Side(new Http2Request { Method = "HEAD", Path = url.Path, Authority = _url.Authority });
            return true;
        }

        /// <summary>Posts bytes to a path over Noise, the answer to a ping. Lost without a connection or with too much under way.</summary>
        public int HandlePost(string path, byte[] body, long nowMs)
        {
            if (_state != Mapping) return Output.None;
            Side(new Http2Request { Path = path, Authority = _url.Authority, Body = body, BodyCount = body.Length });
            return Output.Transmit;
        }

        private void OnWatchdog(long nowMs)
        {
            // Our own slow consumer is no reason to drop the server.
            if (_dataLeft > 0) _deadline = nowMs + 10000;
            else Lost("The control server sent nothing for 120 s.", 0, nowMs);
        }
    }
}
