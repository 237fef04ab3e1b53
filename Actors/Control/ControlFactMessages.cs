using MicroLink.NetMap;
using MicroLink.Runtime;

namespace MicroLink.Control
{
    /// <summary>The attributes of the self node that change behaviour; sent when the set is first known and when it changes.</summary>
    public sealed class AttributesChanged : Message
    {
        public readonly NodeAttributes Attributes;
        public AttributesChanged(NodeAttributes attributes) { Attributes = attributes; }
    }

    /// <summary>To the node: everything that control finds wrong with it; empty = nothing.</summary>
    public sealed class ControlHealthChanged : Message
    {
        public readonly string[] Texts;
        public ControlHealthChanged(string[] texts) { Texts = texts; }
    }

    /// <summary>To the node: a user who owns nodes, new or changed.</summary>
    public sealed class UserProfileChanged : Message
    {
        public readonly UserProfile Profile;
        public UserProfileChanged(UserProfile profile) { Profile = profile; }
    }

    /// <summary>To the node: the name of the tailnet.</summary>
    public sealed class TailnetNamed : Message
    {
        public readonly string Name;
        public TailnetNamed(string name) { Name = name; }
    }

    /// <summary>To the node: what control says about versions; null = nothing to say.</summary>
    public sealed class ClientVersionSeen : Message
    {
        public readonly string Text;
        public ClientVersionSeen(string text) { Text = text; }
    }
}
