using System;
using System.Text.Json;

namespace MicroLink.Lab.Core
{
    /// <summary>
    /// A node that speaks plain WireGuard and stands in every map: no DISCO, no relay, an exit node (Mullvad's are told like this).
    /// Written as NAME,KEY,ENDPOINT[,ENDPOINT...], the key in WireGuard's base64.
    /// </summary>
    public sealed class WireGuardOnlyPeer
    {
        public string Name { get; private init; }
        /// <summary>"nodekey:" and 64 hex digits.</summary>
        public string NodeKey { get; private init; }
        public string[] Endpoints { get; private init; }

        /// <summary>Null and a sentence when the text is none.</summary>
        public static WireGuardOnlyPeer Parse(string text, out string error)
        {
            error = "a WireGuard-only peer is written NAME,KEY,ENDPOINT[,ENDPOINT...], but this is \"" + text + "\".";
            string[] parts = text.Split(',');
            if (parts.Length < 3 || parts[0].Length == 0) return null;
            byte[] key = new byte[33];
            if (!Convert.TryFromBase64String(parts[1], key, out int length) || length != 32) return null;
            string[] endpoints = parts[2..];
            foreach (string endpoint in endpoints)
                if (!System.Net.IPEndPoint.TryParse(endpoint, out System.Net.IPEndPoint parsed) || parsed.Port == 0) return null;
            error = null;
            return new WireGuardOnlyPeer { Name = parts[0], NodeKey = "nodekey:" + Convert.ToHexStringLower(key, 0, 32), Endpoints = endpoints };
        }

        internal void Add(LabControl control)
        {
            long id = control.NextId();
            var node = new LabNode
            {
                Id = id, MachineKey = "mkey:" + new string('0', 64), Name = Name, IPv4 = "100.100." + (id >> 8 & 255) + "." + (id & 255),
                IPv6 = "fd7a:115c:a1e0::e:" + id.ToString("x"), Endpoints = Endpoints, Routes = new[] { "0.0.0.0/0", "::/0" }, Online = true,
                IsWireGuardOnly = true,
                Hostinfo = JsonDocument.Parse("{\"Hostname\":\"" + Name + "\"}").RootElement,
            };
            control.Index(node, NodeKey);
        }
    }
}
