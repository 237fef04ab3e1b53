using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;

namespace MicroLink.Lab.Core
{
    /// <summary>POST /machine/map: polls, lite updates, and what goes to whom when something changes (protocol.md 4).</summary>
    internal sealed class LabMap
    {
        private static readonly byte[] KeepAlive = Encoding.ASCII.GetBytes("{\"KeepAlive\":true}");

        private readonly LabControl _control;
        private readonly MapWriter _writer;
        private readonly List<MapPoll> _polls = new List<MapPoll>();

        public LabMap(LabControl control)
        {
            _control = control;
            _writer = new MapWriter(control);
        }

        public int Polls => _polls.Count;

        public long Deadline
        {
            get
            {
                long deadline = long.MaxValue;
                foreach (MapPoll poll in _polls) deadline = Math.Min(deadline, Math.Min(poll.FlushAtMs, poll.KeepAliveAtMs));
                foreach (LabNode node in _control.NodeTable) deadline = Math.Min(deadline, Math.Min(node.OfflineAtMs, node.DeleteAtMs));
                return deadline;
            }
        }

        public LabExchange Handle(LabRequest http, ILabResponse response, long nowMs)
        {
            using JsonDocument document = LabControl.Parse(http.Body, RequestShapes.Map, out string error);
            if (error != null)
            {
                _control.Refuse(nowMs, http, "500 for map: " + error);
                return LabControl.Reply(response, 500, "internal server error");
            }
            JsonElement root = document.RootElement;
            long version = LabRegistration.Number(root, "Version");
            if (version < _control.Flavor.MinVersion)
            {
                _control.Refuse(nowMs, http, "400 for map: Version " + version + " is below " + _control.Flavor.MinVersion);
                return LabControl.Reply(response, 400, "unsupported client version:  (" + version + ")");
            }
            LabNode node = _control.FindByKey(LabRegistration.String(root, "NodeKey").ToLowerInvariant());
            if (node == null || node.MachineKey != http.MachineKey)
            {
                _control.Refuse(nowMs, http, _control.Flavor.UnknownNodeStatus + " for map: "
                    + (node == null ? "this node key is not registered" : node.Name + " belongs to another machine key"));
                return LabControl.Reply(response, _control.Flavor.UnknownNodeStatus, "node not found");
            }
            if (!root.TryGetProperty("Hostinfo", out JsonElement host) || host.ValueKind != JsonValueKind.Object)
            {
                _control.Refuse(nowMs, http, "400 for map: Hostinfo is missing");
                return LabControl.Reply(response, 400, "Hostinfo is missing");
            }
            string compress = LabRegistration.String(root, "Compress");
            if (compress != "" && compress != "zstd")
            {
                _control.Refuse(nowMs, http, "400 for map: Compress \"" + compress + "\" is not known");
                return LabControl.Reply(response, 400, "unknown compression");
            }
            bool stream = Flag(root, "Stream"), omitPeers = Flag(root, "OmitPeers");
            if (!CheckEndpoints(root, http, nowMs)) return LabControl.Reply(response, 400, "EndpointTypes does not match Endpoints");
            // Capability 68: facts are for lite updates only, and a client that sends them in its poll alone stays unknown to its peers.
            if (!stream || _control.Flavor.StreamFactsCount)
                Update(node, root, host, LabRegistration.Whole(root, "Version"), stream, http, nowMs);
            if (stream)
            {
                bool silent = _control.Flavor.KeepAliveOnlyWhenAsked && !Flag(root, "KeepAlive");
                return StartPoll(node, response, compress == "zstd", silent, nowMs);
            }
            if (_control.Flavor.LiteAnswersMap)
            {
                var once = new MapPoll(this, node, response, compress == "zstd", true);
                once.Start();
                once.Send(_writer.Full(node, nowMs, !omitPeers));
                once.End();
                return LabDone.Instance;
            }
            // A lite update is answered with 200 and nothing; so is the useless third kind (trap 15).
            if (!omitPeers)
                _control.Refuse(nowMs, http, "map with neither Stream nor OmitPeers: answered with an empty body, as headscale does");
            response.Start(200, null, 0);
            response.End();
            return LabDone.Instance;
        }

        public void HandleTimeout(long nowMs)
        {
            foreach (LabNode node in _control.NodeTable.ToArray())
            {
                if (node.DeleteAtMs <= nowMs)
                {
                    node.DeleteAtMs = long.MaxValue;
                    _control.Remove(node, nowMs);
                }
                else if (node.OfflineAtMs <= nowMs)
                {
                    node.OfflineAtMs = long.MaxValue;
                    SetOnline(node, false, nowMs);
                }
            }
            foreach (MapPoll poll in _polls.ToArray())
            {
                if (poll.FlushAtMs <= nowMs) Flush(poll, nowMs);
                else if (poll.KeepAliveAtMs <= nowMs) Send(poll, KeepAlive, nowMs);
            }
        }

        /// <summary>Tells every other stream, after the collecting time.</summary>
        public void Changed(LabNode node, int change, long nowMs)
        {
            foreach (MapPoll poll in _polls)
            {
                if (poll.Node != node) poll.Note(node, change, nowMs + _control.Core.Options.CollectMs);
            }
        }

        /// <summary>The node's own stream gets a new self Node.</summary>
        public void SelfChanged(LabNode node, long nowMs)
        {
            if (node.Poll == null) return;
            node.Poll.SelfPending = true;
            node.Poll.FlushAtMs = Math.Min(node.Poll.FlushAtMs, nowMs + _control.Core.Options.CollectMs);
        }

        /// <summary>Every stream gets the DERPMap anew.</summary>
        public void DerpMapChanged(long nowMs)
        {
            foreach (MapPoll poll in _polls.ToArray()) Send(poll, _writer.DerpMapOnly(nowMs), nowMs);
        }

        public void Removed(LabNode node, long nowMs)
        {
            if (node.Poll != null) EndPoll(node.Poll);
            Changed(node, LabChange.Removed, nowMs);
        }

        public void EndAll(long nowMs)
        {
            foreach (MapPoll poll in _polls.ToArray())
            {
                EndPoll(poll);
                WaitOffline(poll.Node, nowMs);
            }
        }

        public void PollEnded(MapPoll poll, long nowMs, string why)
        {
            if (!_polls.Remove(poll)) return;
            if (poll.Node.Poll != poll) return;
            poll.Node.Poll = null;
            _control.Core.Log(nowMs, "control: " + poll.Node.Name + ": " + why);
            WaitOffline(poll.Node, nowMs);
        }

        private LabExchange StartPoll(LabNode node, ILabResponse response, bool zstd, bool silent, long nowMs)
        {
            if (node.Poll != null)
            {
                _control.Core.Log(nowMs, "control: " + node.Name + " polls again; its older map stream ends");
                EndPoll(node.Poll);
            }
            var poll = new MapPoll(this, node, response, zstd, silent);
            node.Poll = poll;
            node.OfflineAtMs = long.MaxValue;
            node.DeleteAtMs = long.MaxValue;
            _polls.Add(poll);
            poll.Start();
            SetOnline(node, true, nowMs);
            Send(poll, _writer.Full(node, nowMs, true), nowMs);
            _control.Core.Log(nowMs, "control: " + node.Name + " polls the map, " + (_control.NodeTable.Count - 1) + " peers");
            return poll;
        }

        private void Update(LabNode node, JsonElement root, JsonElement host, int version, bool stream, LabRequest http, long nowMs)
        {
            int change = 0;
            string disco = LabRegistration.String(root, "DiscoKey");
            if (disco.Length == 0) disco = LabNode.ZeroDisco;
            disco = disco.ToLowerInvariant();
            if (disco == LabNode.ZeroDisco)
            {
                _control.Refuse(nowMs, http, (stream ? "streaming map" : "lite map") + " request without a DiscoKey: " + node.Name
                    + " now has none, as headscale would have it, and cannot be reached");
            }
            if (disco != node.DiscoKey) change |= disco == LabNode.ZeroDisco ? LabChange.Full : LabChange.Disco;
            node.DiscoKey = disco;
            if (root.TryGetProperty("Endpoints", out JsonElement list) && list.ValueKind == JsonValueKind.Array)
            {
                string[] endpoints = LabRegistration.Strings(root, "Endpoints");
                if (!endpoints.AsSpan().SequenceEqual(node.Endpoints))
                    change |= endpoints.Length == 0 ? LabChange.Full : LabChange.Endpoints;
                node.Endpoints = endpoints;
            }
            change |= UpdateHost(node, host, nowMs);
            if (version != node.Version) change |= LabChange.Version;
            node.Version = version;
            if (change == 0) return;
            Changed(node, change, nowMs);
            if (!stream) SelfChanged(node, nowMs);
        }

        private int UpdateHost(LabNode node, JsonElement host, long nowMs)
        {
            int change = 0;
            // NetInfo is kept when a request has none (protocol.md 12.1); it is what tells peers the home region (trap 21).
            if (host.TryGetProperty("NetInfo", out JsonElement net) && net.ValueKind == JsonValueKind.Object)
            {
                node.NetInfo = net.GetRawText();
                int home = LabRegistration.Whole(net, "PreferredDERP");
                if (home != node.HomeDerp)
                {
                    _control.Core.Log(nowMs, "control: " + node.Name + " is at home in DERP region " + home);
                    change |= home == 0 ? LabChange.Full : LabChange.Relay;
                }
                node.HomeDerp = home;
            }
            if (node.Hostinfo == null || node.Hostinfo.Value.GetRawText() != host.GetRawText())
            {
                string label = LabNames.Sanitize(LabRegistration.String(host, "Hostname"));
                string before = node.Hostinfo == null ? null : LabNames.Sanitize(LabRegistration.String(node.Hostinfo.Value, "Hostname"));
                if (label.Length > 0 && label != before)
                {
                    node.Name = _control.FreeName(label, node.Id, node);
                    change |= LabChange.Full;
                }
                node.Hostinfo = host.Clone();
                string[] routes = LabRegistration.Strings(host, "RoutableIPs");
                if (!routes.AsSpan().SequenceEqual(node.Routes)) change |= LabChange.Full;
                node.Routes = routes;
            }
            return change;
        }

        private bool CheckEndpoints(JsonElement root, LabRequest http, long nowMs)
        {
            int endpoints = LabRegistration.Strings(root, "Endpoints").Length;
            bool hasTypes = root.TryGetProperty("EndpointTypes", out JsonElement list) && list.ValueKind == JsonValueKind.Array;
            int types = hasTypes ? list.GetArrayLength() : 0;
            if (types == 0 || types == endpoints) return true;
            _control.Refuse(nowMs, http, "400 for map: " + endpoints + " Endpoints but " + types + " EndpointTypes");
            return false;
        }

        private void SetOnline(LabNode node, bool online, long nowMs)
        {
            if (node.Online == online) return;
            node.Online = online;
            node.LastSeenMs = nowMs;
            if (!online) _control.Core.Log(nowMs, "control: " + node.Name + " is offline");
            Changed(node, LabChange.Online, nowMs);
        }

        private void WaitOffline(LabNode node, long nowMs)
        {
            LabOptions options = _control.Core.Options;
            node.LastSeenMs = nowMs;
            node.OfflineAtMs = nowMs + options.OfflineGraceMs;
            if (node.Ephemeral) node.DeleteAtMs = nowMs + options.EphemeralMs;
        }

        private void EndPoll(MapPoll poll)
        {
            _polls.Remove(poll);
            if (poll.Node.Poll == poll) poll.Node.Poll = null;
            poll.End();
        }

        private void Flush(MapPoll poll, long nowMs)
        {
            poll.FlushAtMs = long.MaxValue;
            byte[] message = _writer.Delta(poll, nowMs);
            poll.Pending.Clear();
            poll.SelfPending = false;
            if (message != null) Send(poll, message, nowMs);
        }

        private void Send(MapPoll poll, byte[] json, long nowMs)
        {
            poll.Send(json);
            poll.KeepAliveAtMs = poll.IsSilent ? long.MaxValue : nowMs + _control.Core.Options.KeepAliveMs;
            // A first map is as long as the tailnet is large: that much may always wait.
            if (poll.Backlog <= MapPoll.MaxBacklog + 2048L * _control.NodeTable.Count) return;
            _control.Core.Log(nowMs, "control: " + poll.Node.Name + " does not read its map stream; it is ended");
            EndPoll(poll);
            WaitOffline(poll.Node, nowMs);
        }

        private static bool Flag(JsonElement root, string name)
        {
            return root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;
        }
    }
}
