using MicroLink.Bytes;

namespace MicroLink.NetMap
{
    /// <summary>What is told behind a message: removals of the unlisted, expired keys, and that its peers count.</summary>
    public sealed partial class MapStream
    {
        // What is left to tell, one event at a time: removals after a full list or under lock, expired keys, the message's end.
        private bool RaiseNext()
        {
            if (_attributesDue)
            {
                _attributesDue = false;
                Raise(MapEvent.AttributeSet);
                _event.Attributes = _attributes;
                return true;
            }
            if (_sweepAll) return RaiseRemovalOfAny();
            if (_sweepUnlisted != NoSweep && RaiseRemovalOfUnlisted()) return true;
            if (_admit) return RaiseAdmitted();
            if (_sweepExpired != NoSweep && RaiseExpired()) return true;
            if (_tellHealth)
            {
                _tellHealth = false;
                RaiseHealth();
                return true;
            }
            if (!_ending) return false;
            if (_commitFilter || _unsigned.Changed)
            {
                _commitFilter = false;
                Raise(MapEvent.FilterCommit);
                _event.Value = Index.Streams;
                _event.Unsigned = _unsigned.Take();
                return true;
            }
            _ending = false;
            Raise(MapEvent.MessageEnd);
            _event.Flag = _keepAlive;
            return true;
        }

        private bool RaiseAdmitted()
        {
            _admit = false;
            Index.AdmitAll();
            Raise(MapEvent.Admitted);
            return true;
        }

        private bool RaiseRemovalOfAny()
        {
            for (int position = Index.Rows - 1; position >= 0; position--)
            {
                if (!Index.IsKnown(position)) continue;
                RaiseRemoval(position);
                return true;
            }
            _sweepAll = false;
            return RaiseNext();
        }

        private void Sweep(int keep)
        {
            _sweepUnlisted = SweepStart;
            _keep = keep;
        }

        private bool RaiseRemovalOfUnlisted()
        {
            for (int position = Index.From(_sweepUnlisted); position < Index.Rows; position++)
            {
                if (!Index.IsKnown(position) || (Index.Mark(position) & _keep) != 0) continue;
                _sweepUnlisted = Index.Id(position);
                RaiseRemoval(position);
                return true;
            }
            _sweepUnlisted = NoSweep;
            return false;
        }

        private void RaiseRemoval(int position)
        {
            Raise(MapEvent.Removed);
            _event.Row = new PeerRow { Id = Index.Id(position) };
            _unsigned.Remove(_event.Row.Id);
            Index.RemoveAt(position);
        }

        private bool RaiseExpired()
        {
            if (_sweepExpired == SweepStart && _self != null && !_self.Expired && IsOwnExpired(_self.KeyExpiryMs))
            {
                _self = _self.Clone();
                _self.Expired = true;
                Raise(MapEvent.Self);
                _event.Row = _self;
                return true;
            }
            for (int position = Index.From(_sweepExpired); position < Index.Rows; position++)
            {
                if (!Index.IsKnown(position) || (Index.Mark(position) & PeerIndex.ToldExpired) != 0) continue;
                long expiryMs = Index.ExpirySec(position) * 1000L;
                if (!IsExpired(expiryMs)) continue;
                _sweepExpired = Index.Id(position);
                Index.SetMark(position, PeerIndex.ToldExpired);
                Raise(MapEvent.Patch);
                _event.Row = new PeerRow { Id = _sweepExpired, Fields = PeerRow.HasExpired, Expired = true };
                return true;
            }
            _sweepExpired = NoSweep;
            FindDeadline();
            return false;
        }

        private void FindDeadline()
        {
            Deadline = Output.Never;
            if (_self != null && !_self.Expired) Expect(_self.KeyExpiryMs, _hostClockKnown ? _hostOffsetMs : _clockOffsetMs, _hostClockKnown || _clockKnown);
            for (int i = 0; i < Index.Rows; i++)
            {
                if (Index.IsKnown(i) && (Index.Mark(i) & PeerIndex.ToldExpired) == 0) Expect(Index.ExpirySec(i) * 1000L, _clockOffsetMs, _clockKnown);
            }
        }

        private void Expect(long expiryMs, long offsetMs, bool clockKnown)
        {
            long at = expiryMs - offsetMs;
            // A clock below the epoch is not believed; then there is nothing to wait for.
            if (clockKnown && expiryMs >= ExpiryEpochMs && at > _nowMs && at < Deadline) Deadline = at;
        }

        /// <summary>
        /// Our own key: by this host's clock when that is trusted (ipn/ipnlocal/local.go, keyExpired), so that also a server whose clock is not
        /// believed can say that the key has expired.
        /// </summary>
        private bool IsOwnExpired(long expiryMs)
        {
            return _hostClockKnown ? expiryMs > 0 && expiryMs <= _nowMs + _hostOffsetMs : IsExpired(expiryMs);
        }

        private bool IsExpired(long expiryMs)
        {
            long controlNowMs = _nowMs + _clockOffsetMs;
            return expiryMs > 0 && _clockKnown && controlNowMs >= ExpiryEpochMs && expiryMs <= controlNowMs;
        }
    }
}
