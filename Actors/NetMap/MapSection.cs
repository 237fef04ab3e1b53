using MicroLink.Json;

namespace MicroLink.NetMap
{
    /// <summary>
    /// Reads one subtree of a map response that needs no merging with the peers: DNSConfig, UserProfiles, Health and the like. MapParser
    /// gives it every token from the one that opens the subtree to the one that closes it.
    /// </summary>
    internal abstract class MapSection
    {
        /// <summary>Bits of what OnToken returns: something is complete and can be taken; the subtree has ended.</summary>
        public const int More = 0, Fact = 1, Ended = 2;

        protected readonly JsonReader Reader;
        private int _outside;

        protected MapSection(JsonReader reader, int item)
        {
            Reader = reader;
            Item = item;
        }

        /// <summary>The MapParser item that a fact of this section is.</summary>
        public int Item { get; }

        /// <summary>The subtree opens: an object or an array.</summary>
        public void Begin()
        {
            _outside = Reader.Depth - 1;
            OnBegin();
        }

        public int OnToken(int token)
        {
            bool end = token == JsonToken.ObjectEnd || token == JsonToken.ArrayEnd;
            bool fact = Take(token);
            return (fact ? Fact : More) | (end && Reader.Depth == _outside ? Ended : More);
        }

        /// <summary>Open containers, the section's own included; after the token that closes it: 0.</summary>
        protected int Depth { get { return Reader.Depth - _outside; } }

        protected abstract void OnBegin();

        /// <summary>True when the section has something to give.</summary>
        protected abstract bool Take(int token);
    }
}
