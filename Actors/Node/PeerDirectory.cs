using System.Collections;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.NetMap;

namespace MicroLink.Node
{
    /// <summary>
    /// Every peer of the tailnet by id, for status and for looking up names. One writer (the node actor). Bounded: beyond
    /// <see cref="Capacity"/> a peer is not listed, and <see cref="NotListed"/> counts it.
    /// </summary>
    public sealed class PeerDirectory
    {
        /// <summary>PeerRow.Addresses: 16 bytes of address and the prefix length.</summary>
        private const int PrefixLength = 17;

        private readonly Hashtable _byId = new Hashtable();
        private readonly ArrayList _entries = new ArrayList();
        /// <summary>By full name in lower case without the last dot; of two with one name, the later.</summary>
        private readonly Hashtable _byName = new Hashtable();

        public PeerDirectory(int capacity)
        {
            Capacity = capacity;
        }

        public int Capacity { get; }

        public int Count { get { return _entries.Count; } }

        public int NotListed { get; private set; }

        public PeerEntry this[int index] { get { return (PeerEntry)_entries[index]; } }

        /// <summary>The entry of a peer, or null.</summary>
        public PeerEntry Find(long id)
        {
            return (PeerEntry)_byId[id];
        }

        /// <summary>Applies one change. The directory keeps rows of its own, because upserted rows go to several actors.</summary>
        public void Apply(PeerDelta delta)
        {
            PeerEntry entry = Find(delta.Row.Id);
            if (delta.Kind == PeerDelta.Removed)
            {
                if (entry == null) return;
                _byId.Remove(delta.Row.Id);
                ForgetName(entry);
                _entries.Remove(entry);
                return;
            }
            if (delta.Kind == PeerDelta.Patch)
            {
                if (entry != null) entry.Row.Apply(delta.Row);   // unknown ids are ignored (protocol.md 4.6)
                return;
            }
            if (entry != null)
            {
                ForgetName(entry);
                entry.Row = delta.Row.Clone();
                _byName[FullName(entry)] = entry;
                return;
            }
            if (_entries.Count == Capacity)
            {
                NotListed++;
                return;
            }
            entry = new PeerEntry(delta.Row.Clone());
            _byId.Add(delta.Row.Id, entry);
            _byName[FullName(entry)] = entry;
            _entries.Add(entry);
        }

        /// <summary>The peer with this short name, full name (with or without the last dot) or address; null when there is none.</summary>
        public PeerEntry Lookup(string nameOrAddress)
        {
            byte[] address = new byte[NetEndpoint.AddressLength];
            if (NetEndpoint.ParseAddress(nameOrAddress, address, 0)) return FindByAddress(address);
            string wanted = NodeText.WithoutLastDot(nameOrAddress).ToLower();
            PeerEntry named = FindByFullName(wanted);
            for (int i = 0; named == null && i < _entries.Count; i++)
            {
                if (this[i].ShortName().ToLower() == wanted) named = this[i];
            }
            return named;
        }

        /// <summary>The peer with exactly this name, lower case without the last dot; null when there is none.</summary>
        public PeerEntry FindByFullName(string fullName)
        {
            return (PeerEntry)_byName[fullName];
        }

        /// <summary>The peer with this address, 16 bytes; null when there is none.</summary>
        public PeerEntry FindByAddress(byte[] address)
        {
            for (int i = 0; i < _entries.Count; i++)
            {
                if (HasAddress(this[i].Row, address)) return this[i];
            }
            return null;
        }

        private void ForgetName(PeerEntry entry)
        {
            string name = FullName(entry);
            if (_byName[name] == entry) _byName.Remove(name);
        }

        private static string FullName(PeerEntry entry)
        {
            return NodeText.WithoutLastDot(entry.Row.Name).ToLower();
        }

        private static bool HasAddress(PeerRow row, byte[] address)
        {
            if (row.Addresses == null) return false;
            for (int at = 0; at + PrefixLength <= row.Addresses.Length; at += PrefixLength)
            {
                int same = 0;
                while (same < NetEndpoint.AddressLength && row.Addresses[at + same] == address[same]) same++;
                if (same == NetEndpoint.AddressLength) return true;
            }
            return false;
        }
    }
}
