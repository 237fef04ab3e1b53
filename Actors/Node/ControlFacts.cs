using System.Collections;
using MicroLink.Json;
using MicroLink.NetMap;

namespace MicroLink.Node
{
    /// <summary>What control told about the tailnet, for status: its name, its users, what it finds wrong, attributes.</summary>
    internal sealed class ControlFacts
    {
        /// <summary>Users beyond this are not kept: their nodes show no owner.</summary>
        public const int MaxUsers = 1024;

        private readonly Hashtable _users = new Hashtable();

        public string Tailnet;
        public string[] Texts = new string[0];
        public string Version;
        public NodeAttributes Attributes = NodeAttributes.None;

        /// <summary>Profiles are upserted and never removed (protocol.md 4.6).</summary>
        public void Set(UserProfile profile)
        {
            if (_users.Count < MaxUsers || _users.Contains(profile.Id)) _users[profile.Id] = profile;
        }

        /// <summary>The login name of a node's owner, null = not known.</summary>
        public string LoginOf(PeerRow row)
        {
            UserProfile profile = row.UserId == 0 ? null : (UserProfile)_users[row.UserId];
            return profile == null ? null : profile.LoginName;
        }

        public void WriteHealth(JsonWriter json)
        {
            for (int i = 0; i < Texts.Length; i++) json.String("Control says: " + Texts[i]);
        }
    }
}
