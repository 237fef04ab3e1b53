using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MicroLink.Lab.Core
{
    /// <summary>POST /machine/register (protocol.md 3), in headscale's order and with its texts.</summary>
    internal sealed class LabRegistration
    {
        private static readonly Regex TagForm = new Regex("^tag:[A-Za-z][A-Za-z0-9-]*$", RegexOptions.CultureInvariant);

        private const long UserId = 1, TaggedUserId = 2147455555;

        private readonly LabControl _control;
        private readonly Dictionary<string, LabLogin> _logins = new Dictionary<string, LabLogin>();

        public LabRegistration(LabControl control)
        {
            _control = control;
        }

        public LabExchange Handle(LabRequest http, ILabResponse response, long nowMs)
        {
            using JsonDocument document = LabControl.Parse(http.Body, RequestShapes.Register, out string error);
            // headscale ignores the decode error and then misses the version (captures/register/headscale-error-400-s5.txt).
            long version = document != null ? Number(document.RootElement, "Version") : 0;
            if (error == null && version < _control.Flavor.MinVersion) error = "Version " + version + " is below " + _control.Flavor.MinVersion;
            if (error != null)
            {
                _control.Refuse(nowMs, http, "400 for register: " + error);
                return LabControl.Reply(response, 400, "unsupported client version:  (" + version + ")");
            }
            JsonElement root = document.RootElement;
            error = CheckContent(root, out string nodeKey);
            if (error != null)
            {
                _control.Refuse(nowMs, http, "400 for register: " + error);
                return LabControl.Reply(response, 400, error);
            }
            string followup = String(root, "Followup");
            if (followup.Length > 0) return Follow(http, followup, response, nowMs);
            Answer(http, root, nodeKey, response, nowMs);
            return LabDone.Instance;
        }

        /// <summary>The user opened the login URL and agreed.</summary>
        public bool Approve(string id, long nowMs)
        {
            if (!_logins.Remove(id, out LabLogin login)) return false;
            LabNode node = Admit(login.MachineKey, login.NodeKey, login.Hostinfo, login.Version, login.Ephemeral, login.Tags, nowMs);
            login.Waiting?.Answer(Body(node, false, "", ""));
            login.Waiting = null;
            return true;
        }

        private static string CheckContent(JsonElement root, out string nodeKey)
        {
            nodeKey = null;
            if (!root.TryGetProperty("NodeKey", out JsonElement key) || key.ValueKind != JsonValueKind.String) return "NodeKey is missing";
            StrictJson.TryKey(key.GetString(), "nodekey:", out nodeKey);
            if (StrictJson.IsZeroKey(nodeKey)) return "NodeKey is the zero key";
            if (!root.TryGetProperty("Hostinfo", out JsonElement host) || host.ValueKind != JsonValueKind.Object)
                return "Hostinfo is missing";
            return null;
        }

        private void Answer(LabRequest http, JsonElement root, string nodeKey, ILabResponse response, long nowMs)
        {
            LabNode node = _control.FindByKey(nodeKey);
            bool logout = root.TryGetProperty("Expiry", out JsonElement expiry) && expiry.ValueKind == JsonValueKind.String
                && StrictJson.TryTime(expiry.GetString(), out DateTimeOffset time) && time.Year > 1
                && time.ToUnixTimeMilliseconds() <= _control.Core.Options.UnixMsAtZero + nowMs;
            if (node != null && node.MachineKey != http.MachineKey)
            {
                _control.Refuse(nowMs, http, "register: " + nodeKey[..16] + " belongs to another machine key");
                Send(response, Body(null, false, "", "node exists with a different machine key"));
                return;
            }
            if (logout && node != null)
            {
                Send(response, Logout(node, nowMs));
                return;
            }
            bool hasAuth = root.TryGetProperty("Auth", out JsonElement auth) && auth.ValueKind == JsonValueKind.Object;
            string authKey = hasAuth ? String(auth, "AuthKey") : "";
            if (node != null && !node.IsExpired(nowMs))
            {
                Send(response, Body(node, false, "", ""));
                return;
            }
            Admission(http, root, nodeKey, node, authKey, response, nowMs);
        }

        private void Admission(LabRequest http, JsonElement root, string nodeKey, LabNode expired, string authKey, ILabResponse response,
            long nowMs)
        {
            JsonElement host = root.GetProperty("Hostinfo");
            string[] tags = Strings(host, "RequestTags");
            bool ephemeral = root.TryGetProperty("Ephemeral", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
            foreach (string tag in tags)
            {
                if (TagForm.IsMatch(tag)) continue;
                _control.Refuse(nowMs, http, "register: tag \"" + tag + "\" is not of the form tag:name");
                Send(response, Body(null, false, "", "requested tags [" + tag + "] are invalid or not permitted"));
                return;
            }
            if (authKey.Length > 0)
            {
                LabAuthKey key = FindAuthKey(authKey);
                bool used = key != null && !key.Reusable && key.Uses > 0;
                string why = key == null ? "the auth key is unknown" : used ? "the one-time auth key is used up" : null;
                if (why != null)
                {
                    _control.Refuse(nowMs, http, "register: " + why);
                    Send(response, Body(null, false, "", "invalid pre auth key"));
                    return;
                }
                key.Uses++;
                string[] all = new string[tags.Length + key.Tags.Length];
                tags.CopyTo(all, 0);
                key.Tags.CopyTo(all, tags.Length);
                ephemeral |= key.Ephemeral;
                LabNode node = Admit(http.MachineKey, nodeKey, host.Clone(), Version(root), ephemeral, all, nowMs);
                Send(response, Body(node, false, "", ""));
                return;
            }
            if (expired != null)
            {
                _control.Refuse(nowMs, http, "register: the key of " + expired.Name + " has expired");
                Send(response, Body(null, true, "", ""));
                return;
            }
            if (_control.Core.Options.OpenRegistration)
            {
                Send(response, Body(Admit(http.MachineKey, nodeKey, host.Clone(), Version(root), ephemeral, tags, nowMs), false, "", ""));
                return;
            }
            var login = new LabLogin { Id = NewId(), MachineKey = http.MachineKey, NodeKey = nodeKey, Hostinfo = host.Clone(),
                Version = Version(root), Ephemeral = ephemeral, Tags = tags };
            _logins[login.Id] = login;
            _control.Core.Log(nowMs, "control: a node asks to log in; approve it at " + Url(login));
            Send(response, Body(null, false, Url(login), ""));
        }

        /// <summary>Followup long poll: held until the user is done; an unknown id gets a new URL (protocol.md 3.4).</summary>
        private LabExchange Follow(LabRequest http, string followup, ILabResponse response, long nowMs)
        {
            string id = followup[(followup.LastIndexOf('/') + 1)..];
            using JsonDocument document = JsonDocument.Parse(http.Body);
            string nodeKey = String(document.RootElement, "NodeKey").ToLowerInvariant();
            LabNode node = _control.FindByKey(nodeKey);
            if (node != null && node.MachineKey == http.MachineKey)
            {
                Send(response, Body(node, false, "", ""));
                return LabDone.Instance;
            }
            if (!_logins.TryGetValue(id, out LabLogin login) || login.NodeKey != nodeKey || login.MachineKey != http.MachineKey)
            {
                _control.Refuse(nowMs, http, "register: this Followup is unknown or belongs to another key; a new login URL is given");
                Admission(http, document.RootElement, nodeKey, null, "", response, nowMs);
                return LabDone.Instance;
            }
            login.Waiting?.Aborted(nowMs);
            login.Waiting = new LabLoginWait(login, response);
            return login.Waiting;
        }

        private byte[] Logout(LabNode node, long nowMs)
        {
            _control.Core.Log(nowMs, "control: " + node.Name + " logs out");
            if (node.Ephemeral)
            {
                _control.Remove(node, nowMs);
                return Body(null, true, "", "");
            }
            node.KeyExpiryMs = nowMs;
            _control.Map.Changed(node, LabChange.Full, nowMs);
            return Body(node, true, "", "");
        }

        private LabNode Admit(string machineKey, string nodeKey, JsonElement host, int version, bool ephemeral, string[] tags, long nowMs)
        {
            // The same machine with a new node key keeps its row, address and name; peers hear of the new key
            // (headscale-patch-key-rotated).
            LabNode node = _control.NodeTable.Find(n => n.MachineKey == machineKey);
            bool rotated = node != null;
            if (node == null)
            {
                long id = _control.NextId();
                node = new LabNode
                {
                    Id = id,
                    MachineKey = machineKey,
                    IPv4 = "100.64." + (id >> 8) + "." + (id & 255),
                    IPv6 = "fd7a:115c:a1e0::" + id.ToString("x"),
                    CreatedMs = nowMs,
                    Name = _control.FreeName(String(host, "Hostname"), id, null),
                };
            }
            _control.Index(node, nodeKey);
            node.KeyExpiryMs = -1;
            node.Version = version;
            node.Ephemeral = ephemeral;
            node.Tags = tags;
            node.Hostinfo = host;
            node.Routes = Strings(host, "RoutableIPs");
            node.DeleteAtMs = ephemeral && node.Poll == null ? nowMs + _control.Core.Options.EphemeralMs : long.MaxValue;
            _control.Core.Log(nowMs, "control: " + node.Name + (rotated ? " has a new node key" : " is registered as " + node.IPv4)
                + (ephemeral ? ", ephemeral" : "") + (tags.Length > 0 ? ", " + string.Join(' ', tags) : ""));
            _control.Map.Changed(node, rotated ? LabChange.Key | LabChange.Full : LabChange.Full, nowMs);
            return node;
        }

        private static byte[] Body(LabNode node, bool expired, string authUrl, string error)
        {
            var stream = new MemoryStream();
            using (var json = new Utf8JsonWriter(stream))
            {
                long id = node == null ? 0 : node.Tags.Length > 0 ? TaggedUserId : UserId;
                string login = id == 0 ? "" : id == UserId ? "lab" : "tagged-devices";
                string display = id == 0 ? "" : id == UserId ? "lab" : "Tagged Devices";
                json.WriteStartObject();
                json.WriteStartObject("User");
                json.WriteNumber("ID", id);
                json.WriteString("DisplayName", display);
                json.WriteEndObject();
                json.WriteStartObject("Login");
                json.WriteNumber("ID", id);
                json.WriteString("Provider", "");
                json.WriteString("LoginName", login);
                json.WriteString("DisplayName", display);
                json.WriteEndObject();
                json.WriteBoolean("NodeKeyExpired", expired);
                json.WriteBoolean("MachineAuthorized", node != null && node.MachineAuthorized);
                json.WriteString("AuthURL", authUrl);
                json.WriteNull("NodeKeySignature");
                json.WriteString("Error", error);
                json.WriteEndObject();
            }
            stream.WriteByte((byte)'\n');
            return stream.ToArray();
        }

        internal static void Send(ILabResponse response, byte[] body)
        {
            response.Start(200, "application/json; charset=utf-8", body.Length);
            response.Write(body);
            response.End();
        }

        private LabAuthKey FindAuthKey(string text)
        {
            LabOptions options = _control.Core.Options;
            if (!string.IsNullOrEmpty(options.AuthKey) && text == options.AuthKey) return new LabAuthKey { Key = text };
            return options.MoreAuthKeys.Find(k => k.Key == text);
        }

        private string NewId()
        {
            byte[] id = new byte[12];
            _control.Core.Entropy.Fill(id, 0, id.Length);
            return "hskey-authreq-" + Convert.ToHexStringLower(id);
        }

        private string Url(LabLogin login) => _control.Core.Options.PublicUrl.TrimEnd('/') + "/register/" + login.Id;

        private static int Version(JsonElement root) => Whole(root, "Version");

        /// <summary>A number as int; what does not fit becomes the nearest int.</summary>
        internal static int Whole(JsonElement value, string name) => (int)Math.Clamp(Number(value, name), int.MinValue, int.MaxValue);

        internal static long Number(JsonElement value, string name)
        {
            return value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement member)
                && member.ValueKind == JsonValueKind.Number && member.TryGetInt64(out long number) ? number : 0;
        }

        internal static string String(JsonElement value, string name)
        {
            return value.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.String ? member.GetString() : "";
        }

        internal static string[] Strings(JsonElement value, string name)
        {
            var list = new List<string>();
            if (value.TryGetProperty(name, out JsonElement member) && member.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in member.EnumerateArray()) list.Add(item.GetString());
            }
            return list.ToArray();
        }
    }

    /// <summary>A login that a user has yet to approve.</summary>
    internal sealed class LabLogin
    {
        public string Id, MachineKey, NodeKey;
        public JsonElement Hostinfo;
        public int Version;
        public bool Ephemeral;
        public string[] Tags;
        public LabLoginWait Waiting;
    }

    /// <summary>A held Followup request.</summary>
    internal sealed class LabLoginWait : LabExchange
    {
        private readonly LabLogin _login;
        private ILabResponse _response;

        public LabLoginWait(LabLogin login, ILabResponse response)
        {
            _login = login;
            _response = response;
        }

        public void Answer(byte[] body)
        {
            if (_response != null) LabRegistration.Send(_response, body);
            _response = null;
        }

        public override void Aborted(long nowMs)
        {
            _response = null;
            if (_login.Waiting == this) _login.Waiting = null;
        }
    }
}
