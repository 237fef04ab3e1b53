namespace MicroLink.NetMap
{
    /// <summary>The facts that need no merging with the peers: each becomes one event.</summary>
    public sealed partial class MapStream
    {
        private void ApplyRest(int item)
        {
            switch (item)
            {
                case MapParser.Relays:
                    Raise(MapEvent.Relays);
                    _event.Map = _parser.Map;
                    break;
                case MapParser.Time:
                    _clockKnown = true;
                    _clockOffsetMs = _parser.Number - _nowMs;
                    Raise(MapEvent.ControlTime);
                    _event.Value = _parser.Number;
                    break;
                case MapParser.Ping:
                    Raise(MapEvent.Ping);
                    _event.Text = _parser.Text;
                    _event.Types = _parser.Types;
                    _event.Flag = _parser.Flag;
                    _event.Address = _parser.Address;
                    _event.Payload = _parser.Payload;
                    break;
                case MapParser.Url:
                    Raise(MapEvent.OpenUrl);
                    _event.Text = _parser.Text;
                    break;
                case MapParser.Lock: OnLock(_parser.Flag); break;
                case MapParser.Sleep:
                    Raise(MapEvent.Sleep);
                    _event.Value = _parser.Number;
                    break;
                default: ApplySection(item); break;
            }
        }

        private void ApplySection(int item)
        {
            switch (item)
            {
                case MapParser.DnsSettings:
                    Raise(MapEvent.DnsSettings);
                    _event.Config = _parser.DnsSection.Config;
                    break;
                case MapParser.Profile:
                    Raise(MapEvent.Profile);
                    _event.User = _parser.ProfileSection.Profile;
                    break;
                case MapParser.FilterRules:
                    _filterChanged = true;
                    Raise(MapEvent.FilterPart);
                    _event.Filter = _parser.Filter;
                    _event.Filter.Stream = Index.Streams;
                    break;
                case MapParser.Health:
                    RaiseHealth();
                    break;
                case MapParser.DialPlan:
                    Raise(MapEvent.DialPlan);
                    _event.Plan = _parser.DialPlanSection.Plan;
                    break;
                case MapParser.ClientVersion:
                    Raise(MapEvent.ClientVersion);
                    _event.Text = _parser.VersionSection.Text;
                    break;
                case MapParser.Domain:
                    Raise(MapEvent.Domain);
                    _event.Text = _parser.Text;
                    break;
            }
        }

        /// <summary>
        /// A peer as it was kept from an earlier start: told like one that control sends, unless control has said something of it already.
        /// The first map message of a stream takes away those that it does not name. False when it is of no use.
        /// </summary>
        public bool HandleStored(PeerRow row, long nowMs)
        {
            _nowMs = nowMs;
            if (_event.Kind != MapEvent.None || Locked || row.Key == null || row.Id == 0 || Index.Find(row.Id) >= 0) return false;
            int position = Index.Add(row.Id);
            if (position < 0) return false;
            Index.SetMark(position, PeerIndex.Admitted);
            Index.SetExpiry(position, row.KeyExpiryMs, row.Expired);
            Raise(MapEvent.Upsert);
            _event.Row = row;
            _event.Flag = true;
            return true;
        }

        /// <summary>This node as it was kept from an earlier start.</summary>
        public void HandleStoredSelf(PeerRow row)
        {
            if (_event.Kind != MapEvent.None) return;
            KeepSelf(row);
            Raise(MapEvent.Self);
            _event.Row = row;
            _event.Flag = true;
        }

        /// <summary>The relay map as it was kept.</summary>
        public void HandleStoredRelays(DerpMap map)
        {
            if (_event.Kind != MapEvent.None) return;
            Raise(MapEvent.Relays);
            _event.Map = map;
            _event.Flag = true;
        }

        private void KeepSelf(PeerRow row)
        {
            _self = row;
            NodeAttributes attributes = NodeAttributes.Of(row.Capabilities);
            _attributesDue |= _attributes == null || attributes.Bits != _attributes.Bits;
            _attributes = attributes;
        }

        private void RaiseHealth()
        {
            Raise(MapEvent.Health);
            _event.Texts = _parser.HealthTexts.Texts();
            _healthSaid = true;
        }
    }
}
