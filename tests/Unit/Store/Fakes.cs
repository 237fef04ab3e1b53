using System.Collections.Generic;
using System.Linq;
using MicroLink.Drivers;
using MicroLink.NetMap;
using MicroLink.Runtime;
using MicroLink.Store;

namespace MicroLink.Tests.Unit.Store
{
    /// <summary>A key-value store in memory whose commits answer at once, fail, or are held.</summary>
    internal sealed class FakeSettings : IKeyValueStore
    {
        private readonly SettingsTable _table = new SettingsTable();

        public int Commits;
        public string Error;
        public bool Hold;

        public bool Open(out string error)
        {
            error = null;
            return true;
        }

        public byte[] Get(string key) => _table.Get(key);

        public void Set(string key, byte[] value) => _table.Set(key, value);

        public void Remove(string key) => _table.Remove(key);

        public void Commit(ActorRef owner)
        {
            Commits++;
            if (!Hold && owner != null) owner.Tell(new StoreCommitted(Error));
        }

        public void Release(ActorRef owner)
        {
            Hold = false;
            owner.Tell(new StoreCommitted(Error));
        }

        public void Erase() => _table.Clear();
    }

    internal sealed class FakePeers : IPeerStore
    {
        private readonly SortedDictionary<long, byte[]> _rows = new SortedDictionary<long, byte[]>();

        public int Puts;
        public int Flushes;

        public int Count => _rows.Count;

        public PeerRow Row(long id) => StoredPeer.Decode(_rows[id], 0, _rows[id].Length);

        public void Put(long peerId, byte[] row, int offset, int count)
        {
            Puts++;
            _rows[peerId] = row.Skip(offset).Take(count).ToArray();
        }

        public void Remove(long peerId) => _rows.Remove(peerId);

        public int Get(long peerId, byte[] into, int offset)
        {
            if (!_rows.TryGetValue(peerId, out byte[] row)) return -1;
            row.CopyTo(into, offset);
            return row.Length;
        }

        public int Read(int index, byte[] into, int offset, out long peerId)
        {
            peerId = 0;
            if (index >= _rows.Count) return -1;
            KeyValuePair<long, byte[]> pair = _rows.ElementAt(index);
            peerId = pair.Key;
            pair.Value.CopyTo(into, offset);
            return pair.Value.Length;
        }

        public void Clear() => _rows.Clear();

        public void Flush() => Flushes++;
    }
}
