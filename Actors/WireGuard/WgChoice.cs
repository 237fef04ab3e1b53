using MicroLink.Bytes;
using MicroLink.NetMap;

namespace MicroLink.WireGuard
{
    /// <summary>A peer as a user writes it: short or full name (DNS names have no case), tunnel address or stable id.</summary>
    public sealed class WgChoice
    {
        private readonly byte[] _address;
        private readonly string _lower;

        public WgChoice(string text)
        {
            Text = text;
            _lower = text.ToLower();
            byte[] address = new byte[NetEndpoint.AddressLength];
            if (NetEndpoint.ParseAddress(text, address, 0)) _address = address;
        }

        public readonly string Text;

        public bool Matches(PeerRow row)
        {
            if (_address == null) return Text == row.StableId || IsNameOf(row.Name);
            byte[] own = row.Addresses;
            for (int at = 0; own != null && at + NetEndpoint.PrefixLength <= own.Length; at += NetEndpoint.PrefixLength)
            {
                if (NetEndpoint.AddressEqual(own, at, _address, 0)) return true;
            }
            return false;
        }

        /// <summary>One choice for each text; null or none = an empty list.</summary>
        public static WgChoice[] All(string[] texts)
        {
            WgChoice[] choices = new WgChoice[texts == null ? 0 : texts.Length];
            for (int i = 0; i < choices.Length; i++) choices[i] = new WgChoice(texts[i]);
            return choices;
        }

        public static bool Any(WgChoice[] choices, PeerRow row)
        {
            for (int i = 0; i < choices.Length; i++)
            {
                if (choices[i].Matches(row)) return true;
            }
            return false;
        }

        private bool IsNameOf(string name)
        {
            if (name == null) return false;
            string full = name.ToLower();
            int dot = full.IndexOf('.');
            return _lower == full || _lower + "." == full || (dot > 0 && _lower == full.Substring(0, dot));
        }
    }
}
