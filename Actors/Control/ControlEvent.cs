using MicroLink.NetMap;

namespace MicroLink.Control
{
    /// <summary>What the control client wants done or has to tell; filled by ControlClient.PollEvent.</summary>
    public sealed class ControlEvent
    {
        public const int None = 0;
        /// <summary>Open the connection of Attempt (ControlClient.Race says where to).</summary>
        public const int Dial = 1;
        /// <summary>Close the connection of Attempt, or give up its dial; -1 = all of them.</summary>
        public const int Close = 2;
        /// <summary>State (a ControlState value), Text (one plain sentence), Url (the login page or null).</summary>
        public const int State = 3;
        /// <summary>Key is the server's Noise public key.</summary>
        public const int ServerKey = 4;
        /// <summary>The identity object has a new node key.</summary>
        public const int NodeKeyRotated = 5;
        /// <summary>Text: null, or why control could not be told.</summary>
        public const int LoggedOut = 6;
        /// <summary>Map holds a fact of the network map for other actors.</summary>
        public const int MapFact = 7;

        public int Kind;
        public int Attempt;
        public int StateNow;
        public string Text;
        public string Url;
        public byte[] Key;
        public readonly MapEvent Map = new MapEvent();
    }
}
