using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;

namespace MicroLink.Lab.Core
{
    /// <summary>
    /// The control server behind Noise and HTTP/2: routes, and the tables of nodes and of open requests. Registration is in
    /// LabRegistration, the map in LabMap. Answers like headscale (protocol.md 12.1) and prints why it refuses.
    /// </summary>
    public sealed class LabControl
    {
        public const int MaxBody = 1 << 20;

        private static readonly HashSet<string> NotImplemented = new HashSet<string>
        {
            "/machine/set-dns", "/machine/id-token", "/machine/audit-log", "/machine/feature/query", "/machine/set-device-attr",
            "/machine/update-health", "/machine/whoami",
        };

        private readonly List<LabNode> _nodes = new List<LabNode>();
        private readonly Dictionary<long, LabNode> _byId = new Dictionary<long, LabNode>();
        private readonly Dictionary<string, LabNode> _byKey = new Dictionary<string, LabNode>();
        private readonly LabRegistration _registration;
        private readonly LabMap _map;
        private long _lastId;

        internal LabControl(LabCore core)
        {
            Core = core;
            MakeNoiseKey();
            _registration = new LabRegistration(this);
            _map = new LabMap(this);
            FakePeers.Add(this, core.Options.FakePeers);
            foreach (WireGuardOnlyPeer peer in core.Options.WireGuardOnly) peer.Add(this);
        }

        internal LabCore Core { get; }
        internal LabFlavor Flavor => Core.Options.Flavor;
        internal LabMap Map => _map;
        internal List<LabNode> NodeTable => _nodes;

        internal LabNode FindById(long id) => _byId.GetValueOrDefault(id);

        /// <summary>Puts a new node into the table, or gives one in it a new key.</summary>
        internal void Index(LabNode node, string nodeKey)
        {
            if (_byId.TryAdd(node.Id, node)) _nodes.Add(node);
            else _byKey.Remove(node.NodeKey);
            node.NodeKey = nodeKey;
            _byKey[nodeKey] = node;
        }

        internal readonly byte[] NoisePrivate = new byte[32];

        /// <summary>The server's Noise static key, 32 bytes.</summary>
        public readonly byte[] NoisePublic = new byte[32];

        public IReadOnlyList<LabNode> Nodes => _nodes;

        /// <summary>Requests refused since start, for tests and the summary.</summary>
        public long Refused { get; private set; }

        /// <summary>Why the latest request was refused.</summary>
        public string LastRefusal { get; private set; } = "";

        public long Deadline => _map.Deadline;

        public void HandleTimeout(long nowMs) => _map.HandleTimeout(nowMs);

        public LabNode FindByKey(string nodeKey) => _byKey.GetValueOrDefault(nodeKey);

        public LabNode FindByName(string name) => _nodes.Find(n => n.Name == name);

        /// <summary>A request that came through Noise. The answer goes to <paramref name="response"/>, at once or later.</summary>
        public LabExchange Handle(LabRequest request, ILabResponse response, long nowMs)
        {
            string path = request.Path;
            int query = path.IndexOf('?');
            if (query >= 0) path = path[..query];
            if (NotImplemented.Contains(path)) return Reply(response, 501, "Not implemented yet");
            if (path != "/machine/register" && path != "/machine/map")
            {
                Refuse(nowMs, request, "404 for " + request.Method + " " + path + ": no such path inside Noise");
                return Reply(response, 404, "404 page not found");
            }
            if (request.Method != "POST")
            {
                Refuse(nowMs, request, "405 for " + request.Method + " " + path + ": only POST is served");
                return Reply(response, 405, "Method Not Allowed");
            }
            if (request.Body.Length > MaxBody)
            {
                Refuse(nowMs, request, "413 for " + path + ": the body is larger than 1 MiB");
                return Reply(response, 413, "request entity too large");
            }
            return path == "/machine/register" ? _registration.Handle(request, response, nowMs) : _map.Handle(request, response, nowMs);
        }

        /// <summary>A plain HTTP/1.1 request on the control port (not /ts2021).</summary>
        public LabReply HandlePlain(string method, string target, long nowMs)
        {
            int at = target.IndexOf('?');
            string path = at < 0 ? target : target[..at];
            string query = at < 0 ? "" : target[(at + 1)..];
            if (method != "GET" && method != "HEAD") return Plain(405, "Method Not Allowed");
            if (path == "/key") return Key(query, nowMs);
            if (path == "/health") return Json("application/health+json; charset=utf-8", "{\"status\":\"pass\"}");
            if (path.StartsWith("/register/", StringComparison.Ordinal))
            {
                return _registration.Approve(path["/register/".Length..], nowMs)
                    ? Plain(200, "The node is registered; you can close this page.")
                    : Plain(404, "This login is unknown or already done.");
            }
            return Plain(404, "404 page not found");
        }

        /// <summary>Approves the login whose URL ends in this id, as a user would in a browser.</summary>
        public bool Approve(string loginId, long nowMs) => _registration.Approve(loginId, nowMs);

        /// <summary>Expires a node's key now: its next registration gets NodeKeyExpired, its peers see Expired.</summary>
        public void Expire(LabNode node, long nowMs)
        {
            node.KeyExpiryMs = nowMs;
            _map.Changed(node, LabChange.Full, nowMs);
            _map.SelfChanged(node, nowMs);
        }

        /// <summary>Deletes a node: its poll ends, its peers get PeersRemoved, its next request 404.</summary>
        public void Remove(LabNode node, long nowMs)
        {
            if (!_nodes.Remove(node)) return;
            _byId.Remove(node.Id);
            _byKey.Remove(node.NodeKey);
            _map.Removed(node, nowMs);
            Core.Log(nowMs, "control: " + node.Name + " is deleted");
        }

        /// <summary>From now on these nodes are known to one peer by another address, and no others are.</summary>
        public void Masquerade(long nowMs, params LabMasquerade[] all)
        {
            Core.Options.Masquerades.Clear();
            Core.Options.Masquerades.AddRange(all);
            foreach (LabNode node in _nodes) _map.Changed(node, LabChange.Full, nowMs);
        }

        /// <summary>Ends <see cref="LabOptions.HoldEndpoints"/>: everybody learns everybody's endpoints.</summary>
        public void ReleaseEndpoints(long nowMs)
        {
            Core.Options.HoldEndpoints = false;
            foreach (LabNode node in _nodes)
            {
                if (node.Endpoints.Length > 0) _map.Changed(node, LabChange.Endpoints, nowMs);
            }
            Core.Log(nowMs, "control: endpoints are told from now on");
        }

        /// <summary>Ends every map stream cleanly, as a restart would.</summary>
        public void EndPolls(long nowMs) => _map.EndAll(nowMs);

        /// <summary>The server comes back with another Noise key: every poll ends, who knows the old key must fetch the new one.</summary>
        public void ReplaceNoiseKey(long nowMs)
        {
            MakeNoiseKey();
            EndPolls(nowMs);
        }

        private void MakeNoiseKey()
        {
            Core.Entropy.Fill(NoisePrivate, 0, 32);
            NoisePrivate[0] &= 0xF8;
            NoisePrivate[31] = (byte)((NoisePrivate[31] & 0x7F) | 0x40);
            LabNoise.PublicKey(NoisePrivate, NoisePublic);
        }

        /// <summary>Replaces the DERP map's regions (the relays themselves stay as they were made) and tells every stream.</summary>
        public void DerpMapChanged(long nowMs) => _map.DerpMapChanged(nowMs);

        internal long NextId() => ++_lastId;

        /// <summary>A free MagicDNS label for a hostname.</summary>
        internal string FreeName(string hostname, long id, LabNode except)
        {
            string label = LabNames.Sanitize(hostname);
            if (label.Length == 0) label = "node-" + id;
            var taken = new HashSet<string>();
            foreach (LabNode node in _nodes)
            {
                if (node != except) taken.Add(node.Name);
            }
            return LabNames.Unique(label, taken);
        }

        /// <summary>Core time as RFC 3339 with the fraction Go would print.</summary>
        internal string TimeText(long ms)
        {
            DateTimeOffset time = DateTimeOffset.FromUnixTimeMilliseconds(Core.Options.UnixMsAtZero + ms);
            return time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", System.Globalization.CultureInfo.InvariantCulture);
        }

        internal void Refuse(long nowMs, LabRequest request, string reason)
        {
            Refused++;
            LastRefusal = reason;
            Core.Log(nowMs, "control: refused (" + request.Remote + "): " + reason);
        }

        /// <summary>A short text answer, as Go's http.Error writes it.</summary>
        internal static LabExchange Reply(ILabResponse response, int status, string text)
        {
            byte[] body = Text(text + "\n");
            response.Start(status, "text/plain; charset=utf-8", body.Length);
            response.Write(body);
            response.End();
            return LabDone.Instance;
        }

        /// <summary>Parses a body; null and the reason when it is not one JSON object.</summary>
        internal static JsonDocument Parse(byte[] body, IReadOnlyDictionary<string, object> shape, out string error)
        {
            try
            {
                var options = new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false };
                JsonDocument document = JsonDocument.Parse(body, options);
                error = StrictJson.CheckText(document.RootElement) ?? StrictJson.Check(document.RootElement, shape, "");
                return document;
            }
            catch (JsonException e)
            {
                error = "the body is not JSON: " + e.Message;
                return null;
            }
            catch (InvalidOperationException)
            {
                // The search for duplicate names meets half a surrogate pair.
                error = "a name in the body is not valid Unicode";
                return null;
            }
        }

        internal static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

        private LabReply Key(string query, long nowMs)
        {
            string version = null;
            foreach (string pair in query.Split('&'))
            {
                if (pair.StartsWith("v=", StringComparison.Ordinal)) version = pair[2..];
            }
            if (string.IsNullOrEmpty(version))
            {
                Core.Log(nowMs, "control: refused /key: the capability version ?v= is missing");
                return Plain(400, "capability version must be set");
            }
            if (!int.TryParse(version, out int v)) return Plain(400, "invalid capability version");
            // Below 39 (Noise over any port) headscale answers 200 with nothing (protocol.md 1.1).
            if (v < 39) return new LabReply { Status = 200, Body = new byte[0] };
            string json = "{\"legacyPublicKey\":\"mkey:" + new string('0', 64) + "\",\"publicKey\":\"mkey:"
                + Convert.ToHexStringLower(NoisePublic) + "\"}\n";
            return Json("application/json", json);
        }

        private static LabReply Json(string contentType, string json)
        {
            return new LabReply { Status = 200, ContentType = contentType, Body = Text(json) };
        }

        private static LabReply Plain(int status, string text)
        {
            return new LabReply { Status = status, ContentType = "text/plain; charset=utf-8", Body = Text(text + "\n") };
        }
    }

    /// <summary>An exchange that is already over.</summary>
    internal sealed class LabDone : LabExchange
    {
        public static readonly LabDone Instance = new LabDone();

        public override void Aborted(long nowMs) { }
    }
}
