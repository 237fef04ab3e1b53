namespace MicroLink.NetMap
{
    /// <summary>
    /// What control says about one peer. In an upsert every field holds; in a patch only those whose bit is set in
    /// <see cref="Fields"/> (protocol.md 4.6). Rows are handed over, never shared and changed.
    /// </summary>
    public sealed class PeerRow
    {
        public const int HasKey = 1, HasDiscoKey = 2, HasEndpoints = 4, HasHomeRelay = 8, HasOnline = 16, HasKeyExpiry = 32,
                         HasCapability = 64, HasLastSeen = 128, HasCapMap = 256, HasKeySignature = 512, HasExpired = 1024, All = 0x7fffffff;

        /// <summary>Tri-state values of <see cref="Online"/>.</summary>
        public const int Unknown = 0, Offline = 1, IsOnline = 2;

        public long Id;
        public int Fields;

        public string StableId;
        /// <summary>FQDN with the trailing dot, as control sent it.</summary>
        public string Name;
        /// <summary>Node public key, 32 bytes; null in a patch without HasKey.</summary>
        public byte[] Key;
        /// <summary>Disco public key, 32 bytes; null = none.</summary>
        public byte[] DiscoKey;
        /// <summary>The node's prefixes, 17 bytes each: address[16] (IPv4 v4-mapped), length in IPv6 bits (v4 /32 = 128).</summary>
        public byte[] Addresses;
        /// <summary>AllowedIPs after normalisation (null on the wire = Addresses), same form.</summary>
        public byte[] AllowedIps;
        /// <summary>Endpoints, 18 bytes each: address[16], port big endian.</summary>
        public byte[] Endpoints;
        /// <summary>Home DERP region, 0 = none.</summary>
        public int HomeRelay;
        /// <summary>UserProfile.Id of the owner, 0 = not said.</summary>
        public long UserId;
        public int Online;
        /// <summary>Unix milliseconds, 0 = never expires.</summary>
        public long KeyExpiryMs;
        /// <summary>Unix milliseconds, 0 = unknown.</summary>
        public long LastSeenMs;
        public int Capability;
        public bool Expired;
        public bool MachineAuthorized;
        public bool IsWireGuardOnly;
        public bool IsJailed;
        public bool UnsignedPeerApiOnly;
        /// <summary>The address of ours, 16 bytes, that this peer knows us by instead of our own of that family; null = our own
        /// (SelfNodeV4MasqAddrForThisPeer, protocol.md 4.7).</summary>
        public byte[] MasqueradeV4, MasqueradeV6;
        /// <summary>Control named one that cannot be an address of ours. The peer gets no tunnel: it would see an address that it must
        /// not see.</summary>
        public bool MasqueradeInvalid;
        /// <summary>Tags of the node, null = none.</summary>
        public string[] Tags;
        /// <summary>Keys of the node's CapMap, null = none.</summary>
        public string[] Capabilities;
        /// <summary>Only read on the self node: base64 KeySignature present.</summary>
        public bool HasSignature;

        /// <summary>A copy for one receiver: an actor that merges patches must not change the row of another.</summary>
        public PeerRow Clone()
        {
            return new PeerRow
            {
                Id = Id, Fields = Fields, StableId = StableId, Name = Name, Key = Key, DiscoKey = DiscoKey, Addresses = Addresses,
                AllowedIps = AllowedIps, Endpoints = Endpoints, HomeRelay = HomeRelay, Online = Online, KeyExpiryMs = KeyExpiryMs,
                LastSeenMs = LastSeenMs, Capability = Capability, Expired = Expired, MachineAuthorized = MachineAuthorized,
                IsWireGuardOnly = IsWireGuardOnly, IsJailed = IsJailed, UnsignedPeerApiOnly = UnsignedPeerApiOnly, Tags = Tags,
                Capabilities = Capabilities, HasSignature = HasSignature, UserId = UserId,
                MasqueradeV4 = MasqueradeV4, MasqueradeV6 = MasqueradeV6, MasqueradeInvalid = MasqueradeInvalid,
            };
        }

        /// <summary>Merges the fields that a patch carries; null or absent on the wire = unchanged (protocol.md 4.6).</summary>
        public void Apply(PeerRow patch)
        {
            if ((patch.Fields & HasKey) != 0) Key = patch.Key;
            if ((patch.Fields & HasDiscoKey) != 0) DiscoKey = patch.DiscoKey;
            if ((patch.Fields & HasEndpoints) != 0) Endpoints = patch.Endpoints;
            if ((patch.Fields & HasHomeRelay) != 0) HomeRelay = patch.HomeRelay;
            if ((patch.Fields & HasOnline) != 0) Online = patch.Online;
            if ((patch.Fields & HasKeyExpiry) != 0) KeyExpiryMs = patch.KeyExpiryMs;
            if ((patch.Fields & HasCapability) != 0) Capability = patch.Capability;
            if ((patch.Fields & HasLastSeen) != 0) LastSeenMs = patch.LastSeenMs;
            if ((patch.Fields & HasCapMap) != 0) Capabilities = patch.Capabilities;
            if ((patch.Fields & HasKeySignature) != 0) HasSignature = patch.HasSignature;
            if ((patch.Fields & HasExpired) != 0) Expired = patch.Expired;
            if (!IsWireGuardOnly) return;
            DiscoKey = null;
            HomeRelay = 0;
        }
    }
}
