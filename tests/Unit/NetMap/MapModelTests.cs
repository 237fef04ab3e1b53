using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using MicroLink.NetMap;
using Xunit;

namespace MicroLink.Tests.Unit.NetMap;

/// <summary>
/// Random map streams against a model that is as simple as the rules allow: it holds whole peers in a dictionary and applies a message in
/// Go's order (protocol.md 4.6). ./tests/Unit/planted-bugs.sh plants merge bugs, and these tests must see each of them.
/// </summary>
public partial class MapModelTests
{
    private const int Sequences = 150, SoakSequences = 20000, Messages = 25;

    [Fact]
    public void Random_streams_give_the_same_tailnet_as_the_model()
    {
        bool soak = Environment.GetEnvironmentVariable("MICROLINK_SOAK") != null;
        for (int seed = 1; seed <= (soak ? SoakSequences : Sequences); seed++)
        {
            string difference = RunSequence(seed);
            Assert.True(difference == null, difference);
        }
    }

    /// <summary>A model with one rule wrong must disagree with the machine: else these sequences would not see the same bug in the machine.</summary>
    [Fact]
    public void Every_wrong_rule_is_noticed()
    {
        List<string> unseen = Bugs.ToList();
        for (int seed = 1; seed <= Sequences && unseen.Count > 0; seed++) unseen.RemoveAll(bug => !Agrees(seed, bug));
        Assert.True(unseen.Count == 0, "no sequence notices: " + string.Join("; ", unseen));
    }

    private static bool Agrees(int seed, string bug) => RunSequence(seed, bug) == null;

    // Null, or where model and machine differ.
    private static string RunSequence(int seed, string bug = null)
    {
        Random random = new(seed);
        MapReplay replay = new();
        Model model = new(bug);
        List<string> sent = new();
        bool first = true;
        for (int n = 0; n < Messages; n++)
        {
            if (!first && random.Next(8) == 0)
            {
                replay.Stream.Begin();
                first = true;
            }
            replay.NowMs += random.Next(1000, 50000);
            Message message = Message.Random(random, first, model);
            sent.Add((first ? "first " : "") + message.Json);
            model.Apply(message, first, replay.NowMs);
            replay.Message(message.Json, random.Next(3) == 0 ? random.Next(1, 60) : int.MaxValue);
            first = first && message.KeepAlive;
            string want = model.Describe(), have = Describe(replay);
            if (want != have || model.Peers.Count != replay.Stream.Index.Count)
                return $"seed {seed}, message {n}, {replay.Stream.Index.Count} known:\n{string.Join("\n", sent)}\nmodel:\n{want}\nstream:\n{have}";
        }

        return null;
    }

    private static string Describe(MapReplay replay) => string.Join("\n", replay.Peers.Values.Select(Row)) + "\nhealth " + string.Join("|", replay.Health);

    private static string Row(PeerRow row) => $"{row.Id} key {row.Key[31]} disco {row.DiscoKey?[31] ?? 0} home {row.HomeRelay} online {row.Online} seen {row.LastSeenMs} "
        + $"expiry {row.KeyExpiryMs} {row.Expired} cap {row.Capability} [{MapReplay.Endpoints(row.Endpoints)}] [{MapReplay.Prefixes(row.AllowedIps)}] "
        + (row.Capabilities == null ? "-" : string.Join(",", row.Capabilities));

    /// <summary>What a message says, and its text in the field order of Go's MapResponse.</summary>
    private sealed class Message
    {
        public bool KeepAlive;
        public List<Peer> Peers, Changed;
        public List<int> Removed;
        public List<Peer> Patches;
        public Dictionary<int, bool> Seen, Online;
        public string[] Health;
        public Dictionary<string, string> Display;
        public string ControlTime;
        public string Json;

        public static Message Random(Random random, bool first, Model model)
        {
            Message m = new();
            if (!first && random.Next(6) == 0)
            {
                m.KeepAlive = true;
                // What a keep-alive must not carry is not looked at.
                m.Json = "{\"KeepAlive\":true,\"OnlineChange\":{\"1\":false},\"PeersRemoved\":[1,2]}";
                return m;
            }
            if (random.Next(first ? 2 : 12) == 0) m.Peers = List(random, 0, 6, () => Peer.Full(random));
            if (random.Next(3) == 0) m.Changed = List(random, 0, 3, () => Peer.Full(random));
            if (random.Next(3) == 0) m.Removed = List(random, 0, 3, () => Id(random));
            if (random.Next(2) == 0) m.Patches = List(random, 0, 4, () => Peer.Patch(random));
            if (random.Next(4) == 0) m.Seen = Flags(random);
            if (random.Next(4) == 0) m.Online = Flags(random);
            if (random.Next(4) == 0) m.Health = random.Next(3) == 0 ? Array.Empty<string>() : new[] { "h" + random.Next(9) };
            if (random.Next(4) == 0) m.Display = Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(5) == 0 ? "*" : "m" + random.Next(4)).Distinct()
                .ToDictionary(id => id, id => id == "*" || random.Next(3) == 0 ? null : "d" + random.Next(99));
            if (random.Next(5) == 0) m.ControlTime = "2026-12-0" + random.Next(1, 9) + "T00:00:00Z";
            m.Write(random, first);
            return m;
        }

        private void Write(Random random, bool first)
        {
            StringBuilder json = new("{");
            void Field(string name, string value)
            {
                if (value != null || random.Next(4) == 0) json.Append(json.Length > 1 ? "," : "").Append('"').Append(name).Append("\":").Append(value ?? "null");
            }

            string Array<T>(List<T> list, Func<T, string> text) => list == null ? null : "[" + string.Join(",", list.Select(text)) + "]";
            string Map(Dictionary<int, bool> map) => map == null ? null : "{" + string.Join(",", map.Select(p => $"\"{p.Key}\":{(p.Value ? "true" : "false")}")) + "}";
            Field("Node", first ? "{\"ID\":99,\"Key\":\"nodekey:" + new string('9', 64) + "\"}" : null);
            Field("Peers", Array(Peers, p => p.Json(false)));
            Field("PeersChanged", Array(Changed, p => p.Json(false)));
            Field("PeersRemoved", Array(Removed, id => id.ToString()));
            Field("PeersChangedPatch", Array(Patches, p => p.Json(true)));
            Field("PeerSeenChange", Map(Seen));
            Field("OnlineChange", Map(Online));
            Field("Health", Health == null ? null : "[" + string.Join(",", Health.Select(h => "\"" + h + "\"")) + "]");
            Field("DisplayMessages", Display == null ? null : "{" + string.Join(",", Display.Select(p => $"\"{p.Key}\":" + (p.Value == null ? "null" : "{\"Text\":\"" + p.Value + "\"}"))) + "}");
            if (ControlTime != null) Field("ControlTime", "\"" + ControlTime + "\"");
            Json = json.Append('}').ToString();
        }

        private static int Id(Random random) => random.Next(1, 9);

        private static Dictionary<int, bool> Flags(Random random) => Enumerable.Range(0, random.Next(1, 4)).Select(_ => Id(random)).Distinct().ToDictionary(id => id, _ => random.Next(2) == 0);

        private static List<T> List<T>(Random random, int least, int most, Func<T> make) => Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => make()).ToList();
    }

    /// <summary>A whole peer, or a patch: null = not said.</summary>
    private sealed class Peer
    {
        public int Id;
        public int? Key, Disco, Home, Cap, Legacy;
        public bool? Online, Expired;
        public string Expiry, Seen;
        public string[] Endpoints, Allowed, Caps;
        public bool Unsigned;

        public static Peer Full(Random random) => new()
        {
            Id = random.Next(1, 9), Key = random.Next(1, 200), Disco = random.Next(3) == 0 ? null : random.Next(1, 200), Home = random.Next(4) == 0 ? null : random.Next(0, 5),
            Legacy = random.Next(3) == 0 ? random.Next(1, 9) : null, Cap = random.Next(130), Online = random.Next(3) switch { 0 => null, 1 => true, _ => false },
            Expiry = Time(random), Seen = random.Next(2) == 0 ? null : Time(random), Endpoints = random.Next(3) == 0 ? null : Texts(random, i => "192.0.2." + i + ":41641"),
            Allowed = random.Next(2) == 0 ? null : Texts(random, i => "10.0." + i + ".0/24"), Caps = random.Next(2) == 0 ? null : Texts(random, i => "cap" + i),
            Expired = random.Next(9) == 0 ? true : null, Unsigned = random.Next(9) == 0,
        };

        public static Peer Patch(Random random) => new()
        {
            Id = random.Next(1, 9), Key = Maybe(random, 200), Disco = Maybe(random, 200), Home = random.Next(3) == 0 ? random.Next(0, 9) : null, Cap = Maybe(random, 130),
            Online = random.Next(3) switch { 0 => null, 1 => true, _ => false }, Expiry = random.Next(3) == 0 ? Time(random) : null, Seen = random.Next(3) == 0 ? Time(random) : null,
            Endpoints = random.Next(3) == 0 ? Texts(random, i => "198.51.100." + i + ":1") : null, Caps = random.Next(4) == 0 ? Texts(random, i => "cap" + i) : null,
        };

        public string Json(bool patch)
        {
            List<string> fields = new() { (patch ? "\"NodeID\":" : "\"ID\":") + Id };
            void Field(string name, string value)
            {
                if (value != null) fields.Add($"\"{name}\":{value}");
            }

            string Hex(int? value, string prefix) => value == null ? null : $"\"{prefix}{value.Value.ToString("x").PadLeft(64, '0')}\"";
            string List(string[] list) => list == null ? null : "[" + string.Join(",", list.Select(t => "\"" + t + "\"")) + "]";
            string Bool(bool? value) => value == null ? null : value.Value ? "true" : "false";
            Field("Key", Hex(Key, "nodekey:"));
            Field("KeyExpiry", Expiry == null ? (patch ? "null" : null) : "\"" + Expiry + "\"");
            Field("DiscoKey", Hex(Disco, "discokey:"));
            if (!patch) Field("Addresses", "[\"100.64.0." + Id + "/32\"]");
            if (!patch) Field("AllowedIPs", List(Allowed) ?? "null");
            Field("Endpoints", List(Endpoints) ?? "null");
            if (patch) Field("DERPRegion", Home?.ToString());
            else
            {
                Field("DERP", Legacy == null ? null : "\"127.3.3.40:" + Legacy + "\"");
                Field("HomeDERP", Home?.ToString());
                Field("Expired", Bool(Expired));
                if (Unsigned) Field("UnsignedPeerAPIOnly", "true");
            }

            Field("Cap", Cap?.ToString());
            Field("CapMap", Caps == null ? "null" : "{" + string.Join(",", Caps.Select(c => "\"" + c + "\":[1,{\"a\":null}]")) + "}");
            Field("LastSeen", Seen == null ? "null" : "\"" + Seen + "\"");
            Field("Online", Bool(Online) ?? "null");
            return "{" + string.Join(",", fields) + "}";
        }

        private static int? Maybe(Random random, int below) => random.Next(3) == 0 ? random.Next(1, below) : null;

        private static string[] Texts(Random random, Func<int, string> text) => Enumerable.Range(0, random.Next(3)).Select(_ => text(random.Next(1, 99))).Distinct().ToArray();

        private static string Time(Random random) => random.Next(4) == 0 ? "0001-01-01T00:00:00Z" : $"2026-1{random.Next(1, 3)}-{random.Next(1, 29):00}T{random.Next(24):00}:00:00Z";
    }
}
