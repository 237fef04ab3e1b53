using System;
using System.Collections.Generic;
using MicroLink.Runtime;
using MicroLink.Store;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>
    /// Settings in memory with a durable copy that a commit reaches 5 ms later. <see cref="PowerLoss"/> falls back to it.
    /// </summary>
    public sealed class SimKeyValueStore : IKeyValueStore
    {
        private const int CommitMs = 5;

        private readonly SimNetwork _network;
        private readonly SettingsTable _table = new SettingsTable();
        private byte[] _durable;
        private uint _sequence;

        public SimKeyValueStore(SimNetwork network)
        {
            _network = network;
        }

        /// <summary>Commits fail with this sentence while it is not null.</summary>
        public string FailWith { get; set; }

        public int Commits => (int)_sequence;

        public bool Open(out string error)
        {
            error = null;
            _table.Clear();
            if (_durable != null) SettingsImage.Read(_durable, _durable.Length, _table);
            return true;
        }

        public byte[] Get(string key) => _table.Get(key);

        public void Set(string key, byte[] value) => _table.Set(key, value);

        public void Remove(string key) => _table.Remove(key);

        public void Commit(ActorRef owner)
        {
            byte[] image = new byte[SettingsImage.LengthOf(_table)];
            SettingsImage.Write(_table, _sequence + 1, image);
            _network.Schedule(CommitMs, () =>
            {
                if (FailWith == null)
                {
                    _durable = image;
                    _sequence++;
                }
                if (owner != null) owner.Tell(new StoreCommitted(FailWith));
            });
        }

        public void Erase()
        {
            _table.Clear();
            _durable = null;
        }

        /// <summary>What a reboot without warning leaves.</summary>
        public void PowerLoss() => Open(out _);
    }

    /// <summary>Peer rows in memory; they survive reboots of the simulated node.</summary>
    public sealed class SimPeerStore : IPeerStore
    {
        private readonly SortedDictionary<long, byte[]> _rows = new();

        /// <summary>Rows that were really written, to check that unchanged ones are not.</summary>
        public int Writes { get; private set; }

        public int Count => _rows.Count;

        public void Put(long peerId, byte[] row, int offset, int count)
        {
            byte[] bytes = row.AsSpan(offset, count).ToArray();
            if (_rows.TryGetValue(peerId, out byte[] old) && old.AsSpan().SequenceEqual(bytes)) return;
            _rows[peerId] = bytes;
            Writes++;
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
            if (index < 0 || index >= _rows.Count) return -1;
            foreach (KeyValuePair<long, byte[]> pair in _rows)
            {
                if (index-- > 0) continue;
                peerId = pair.Key;
                pair.Value.CopyTo(into, offset);
                return pair.Value.Length;
            }
            return -1;
        }

        public void Clear() => _rows.Clear();

        public void Flush()
        {
        }
    }
}
