using MicroLink.Json;

namespace MicroLink.NetMap
{
    /// <summary>Who owns a node. Control upserts profiles by Id and never takes one away (protocol.md 4.6).</summary>
    public sealed class UserProfile
    {
        public long Id;
        public string LoginName = "";
        public string DisplayName = "";
    }

    /// <summary>Reads the UserProfiles array: one fact for each object with an Id. The picture's URL is skipped.</summary>
    internal sealed class UserProfileReader : MapSection
    {
        private int _key;

        public UserProfileReader(JsonReader reader, int item) : base(reader, item) { }

        /// <summary>The profile read last.</summary>
        public UserProfile Profile { get; private set; }

        protected override void OnBegin()
        {
            Profile = null;
        }

        protected override bool Take(int token)
        {
            switch (token)
            {
                case JsonToken.ObjectStart:
                    if (Depth == 2) Profile = new UserProfile();
                    else Reader.SkipValue();
                    return false;
                case JsonToken.ArrayStart:
                    Reader.SkipValue();
                    return false;
                case JsonToken.ObjectEnd:
                    return Depth == 1 && Profile != null && Profile.Id != 0;
                case JsonToken.Key:
                    _key = Reader.KeyId;
                    if (_key != MapKeys.Id && _key != MapKeys.LoginName && _key != MapKeys.DisplayName) Reader.SkipValue();
                    return false;
                case JsonToken.Number:
                    if (Profile != null && _key == MapKeys.Id && Reader.IsInteger) Profile.Id = Reader.Int64;
                    return false;
                case JsonToken.String:
                    if (Profile == null) return false;
                    if (_key == MapKeys.LoginName) Profile.LoginName = Reader.Text;
                    else if (_key == MapKeys.DisplayName) Profile.DisplayName = Reader.Text;
                    return false;
                default:
                    return false;
            }
        }
    }
}
