using System;
using System.Collections.Generic;
using System.Linq;
using MicroLink.NetMap;

namespace MicroLink.Tests.Unit.NetMap;

/// <summary>What a tailnet is after each message, in the simplest way that the rules allow; and the same with one rule wrong.</summary>
public partial class MapModelTests
{
    private static readonly string[] Bugs =
    {
        "a keep-alive is read whole",
        "a new stream keeps the health of the old one",
        "an empty list means nobody",
        "who is not listed stays",
        "deltas beside a full list count",
        "health null means healthy",
        "* is a message like any other",
        "a null message is kept",
        "a key expires only when a row is said",
        "a new stream keeps the peers of the old one",
        "PeersRemoved goes over PeersChanged",
        "PeersChanged only replaces",
        "OnlineChange and PeerSeenChange go over a patch",
        "PeerSeenChange false is passed over",
        "OnlineChange false means unknown",
        "the legacy home relay is not read",
        "AllowedIPs null means none",
        "UnsignedPeerAPIOnly keeps its AllowedIPs",
        "Key of a patch is lost",
        "DiscoKey of a patch is lost",
        "DERPRegion 0 takes the home away",
        "Cap of a patch is lost",
        "a patch without endpoints takes them away",
        "CapMap of a patch is lost",
        "a new expiry leaves an expired key expired",
        "the zero time has expired",
    };

    /// <summary>The rules of protocol.md 4.6 and 4.7, one line each, on whole peers.</summary>
    private sealed class Model
    {
        private readonly string _bug;
        public readonly SortedDictionary<int, Row> Peers = new();
        private readonly List<string> _health = new();
        private readonly List<(string Id, string Text)> _display = new();
        private long _offset;
        private bool _clock;

        public Model(string bug) => _bug = bug;

        private bool Has(string bug) => _bug == bug;

        public sealed class Row
        {
            public int Id, Key, Disco, Home, Cap, Online;
            public long Expiry, Seen;
            public bool Expired;
            public string[] Endpoints = Array.Empty<string>(), Allowed, Caps;
        }

        public void Apply(Message m, bool first, long nowMs)
        {
            if (m.KeepAlive)
            {
                if (Has("a keep-alive is read whole")) foreach (int id in new[] { 1, 2 }) Peers.Remove(id);
                return;
            }

            if (first && !Has("a new stream keeps the health of the old one"))
            {
                _health.Clear();
                _display.Clear();
            }

            // Full list: everything else about peers in this message does not count.
            bool full = m.Peers != null && (m.Peers.Count > 0 || Has("an empty list means nobody"));
            if (full)
            {
                if (!Has("who is not listed stays")) Peers.Clear();
                foreach (Peer peer in m.Peers) Peers[peer.Id] = Whole(peer, nowMs);
            }
            if (!full || Has("deltas beside a full list count")) Deltas(m, first && !full, nowMs);
            if (m.Health == null && Has("health null means healthy")) _health.Clear();
            if (m.Health != null)
            {
                _health.Clear();
                _health.AddRange(m.Health);
            }

            foreach ((string id, string text) in m.Display ?? new())
            {
                if (id == "*" && !Has("* is a message like any other")) _display.Clear();
                else if (text == null && !Has("a null message is kept")) _display.RemoveAll(d => d.Id == id);
                else if (_display.FindIndex(d => d.Id == id) is int at and >= 0) _display[at] = (id, text);
                else _display.Add((id, text));
            }

            if (m.ControlTime != null)
            {
                _offset = DateTimeOffset.Parse(m.ControlTime).ToUnixTimeMilliseconds() - nowMs;
                _clock = true;
            }

            if (Has("a key expires only when a row is said")) return;
            // A key whose time is over has expired, whatever was said before; nothing makes it valid but a new time.
            foreach (Row row in Peers.Values) row.Expired |= Past(row.Expiry, nowMs);
        }

        private void Deltas(Message m, bool first, long nowMs)
        {
            if (first && !Has("a new stream keeps the peers of the old one")) Peers.Clear();
            List<int> removed = m.Removed ?? new();
            if (!Has("PeersRemoved goes over PeersChanged")) foreach (int id in removed) Peers.Remove(id);
            foreach (Peer peer in m.Changed ?? new()) if (!Has("PeersChanged only replaces") || Peers.ContainsKey(peer.Id)) Peers[peer.Id] = Whole(peer, nowMs);
            if (Has("PeersRemoved goes over PeersChanged")) foreach (int id in removed) Peers.Remove(id);
            if (Has("OnlineChange and PeerSeenChange go over a patch")) Patches(m, nowMs);
            foreach ((int id, bool seen) in m.Seen ?? new()) if (Peers.TryGetValue(id, out Row row)) row.Seen = seen && _clock ? nowMs + _offset : Has("PeerSeenChange false is passed over") ? row.Seen : 0;
            foreach ((int id, bool online) in m.Online ?? new()) if (Peers.TryGetValue(id, out Row row)) row.Online = online ? PeerRow.IsOnline : Has("OnlineChange false means unknown") ? PeerRow.Unknown : PeerRow.Offline;
            if (!Has("OnlineChange and PeerSeenChange go over a patch")) Patches(m, nowMs);
        }

        private void Patches(Message m, long nowMs)
        {
            foreach (Peer patch in m.Patches ?? new()) if (Peers.TryGetValue(patch.Id, out Row row)) Patch(row, patch, nowMs);
        }

        public string Describe() => string.Join("\n", Peers.Values.Select(r => $"{r.Id} key {r.Key} disco {r.Disco} home {r.Home} online {r.Online} seen {r.Seen} "
            + $"expiry {r.Expiry} {r.Expired} cap {r.Cap} [{string.Join(",", r.Endpoints)}] [{string.Join(",", r.Allowed)}] "
            + (r.Caps == null ? "-" : string.Join(",", r.Caps)))) + "\nhealth " + string.Join("|", _health.Concat(_display.Select(d => d.Text)));

        private Row Whole(Peer p, long nowMs) => new()
        {
            Id = p.Id, Key = p.Key.Value, Disco = p.Disco ?? 0, Home = p.Home is null or 0 ? Has("the legacy home relay is not read") ? 0 : p.Legacy ?? 0 : p.Home.Value, Cap = p.Cap ?? 0,
            Online = p.Online == null ? PeerRow.Unknown : p.Online.Value ? PeerRow.IsOnline : PeerRow.Offline, Expiry = Ms(p.Expiry), Seen = Ms(p.Seen),
            Expired = p.Expired == true || Past(Ms(p.Expiry), nowMs), Endpoints = p.Endpoints ?? Array.Empty<string>(),
            Allowed = p.Allowed == null && !Has("AllowedIPs null means none") || p.Unsigned && !Has("UnsignedPeerAPIOnly keeps its AllowedIPs") ? new[] { "100.64.0." + p.Id + "/32" } : p.Allowed ?? Array.Empty<string>(), Caps = p.Caps,
        };

        private void Patch(Row row, Peer p, long nowMs)
        {
            row.Key = Has("Key of a patch is lost") ? row.Key : p.Key ?? row.Key;
            row.Disco = Has("DiscoKey of a patch is lost") ? row.Disco : p.Disco ?? row.Disco;
            if (p.Home is > 0 || p.Home == 0 && Has("DERPRegion 0 takes the home away")) row.Home = p.Home.Value;
            if (p.Cap is > 0 && !Has("Cap of a patch is lost")) row.Cap = p.Cap.Value;
            if (p.Online != null) row.Online = p.Online.Value ? PeerRow.IsOnline : PeerRow.Offline;
            if (p.Seen != null) row.Seen = Ms(p.Seen);
            row.Endpoints = p.Endpoints ?? (Has("a patch without endpoints takes them away") ? Array.Empty<string>() : row.Endpoints);
            row.Caps = Has("CapMap of a patch is lost") ? row.Caps : p.Caps ?? row.Caps;
            if (p.Expiry == null) return;
            row.Expiry = Ms(p.Expiry);
            row.Expired = Has("a new expiry leaves an expired key expired") ? row.Expired | Past(row.Expiry, nowMs) : Past(row.Expiry, nowMs);
        }

        private bool Past(long expiry, long nowMs) => (expiry > 0 || Has("the zero time has expired")) && _clock && expiry <= nowMs + _offset;

        private static long Ms(string time) => time == null || time.StartsWith("0001") ? 0 : DateTimeOffset.Parse(time).ToUnixTimeMilliseconds();
    }
}
