using System;
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

    /// <summary>
    /// The flash of a simulated node: it survives reboots. An operation takes 1 ms (program) or 40 ms (erase); a power cut stops it in the
    /// middle.
    /// </summary>
    public sealed class SimFlash : IFlash
    {
        private readonly SimNetwork _network;
        private readonly byte[] _bytes;
        private int _powers;

        public SimFlash(SimNetwork network, int sectors)
        {
            _network = network;
            SectorCount = sectors;
            _bytes = new byte[sectors * PeerFlash.SectorBytes];
            Array.Fill(_bytes, (byte)0xFF);
        }

        public int SectorCount { get; }
        public int ErasedFrom => _bytes.Length;

        /// <summary>Program operations so far, to check that unchanged rows are not written.</summary>
        public int Programs { get; private set; }
        public int Erases { get; private set; }

        /// <summary>The peers that are stored now.</summary>
        public int Count
        {
            get
            {
                PeerFlash log = new PeerFlash(this);
                int peers = 0;
                for (long id = 0; log.Next(id, out id);) peers++;
                return peers;
            }
        }

        public bool Open(out string error)
        {
            error = null;
            return true;
        }

        public void Read(int address, byte[] into, int offset, int count) => Array.Copy(_bytes, address, into, offset, count);

        public void Program(int address, byte[] from, int offset, int count, ActorRef owner)
        {
            byte[] copy = from.AsSpan(offset, count).ToArray();
            Programs++;
            Later(1, owner, () => copy.CopyTo(_bytes, address));
        }

        public void Erase(int sector, ActorRef owner)
        {
            Erases++;
            Later(40, owner, () => Array.Fill(_bytes, (byte)0xFF, sector * PeerFlash.SectorBytes, PeerFlash.SectorBytes));
        }

        /// <summary>What is under way never happens.</summary>
        public void PowerLoss() => _powers++;

        private void Later(int ms, ActorRef owner, Action act)
        {
            int power = _powers;
            _network.Schedule(ms, () =>
            {
                if (power != _powers) return;
                act();
                if (owner != null) owner.Tell(new FlashDone(null));
            });
        }
    }
}
