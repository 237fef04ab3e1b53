using MicroLink.Json;

namespace MicroLink.NetMap
{
    /// <summary>Reads ClientVersion: informational; Text is one sentence worth showing, or null.</summary>
    internal sealed class ClientVersionReader : MapSection
    {
        private int _key;
        private bool _latest;
        private bool _urgent;
        private string _version;
        private string _notice;

        public ClientVersionReader(JsonReader reader, int item) : base(reader, item) { }

        public string Text { get; private set; }

        protected override void OnBegin()
        {
            _latest = false;
            _urgent = false;
            _version = null;
            _notice = null;
        }

        protected override bool Take(int token)
        {
            switch (token)
            {
                case JsonToken.Key:
                    _key = Reader.KeyId;
                    if (_key < MapKeys.RunningLatest || _key > MapKeys.UrgentSecurityUpdate) Reader.SkipValue();
                    break;
                case JsonToken.True:
                    if (_key == MapKeys.RunningLatest) _latest = true;
                    else if (_key == MapKeys.UrgentSecurityUpdate) _urgent = true;
                    break;
                case JsonToken.String:
                    if (_key == MapKeys.LatestVersion) _version = Reader.Text;
                    else if (_key == MapKeys.NotifyText) _notice = Reader.Text;
                    break;
                case JsonToken.ArrayStart: Reader.SkipValue(); break;
                case JsonToken.ObjectStart: Reader.SkipValue(); break;
            }
            if (Depth > 0) return false;
            Text = null;
            if (_latest) return true;
            if (_version != null) Text = "Control says that Tailscale " + _version + " is the latest version"
                + (_urgent ? ", an urgent security update" : "") + (_notice != null ? " (" + _notice + ")." : ".");
            return true;
        }
    }
}
