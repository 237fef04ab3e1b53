using MicroLink.Drivers;
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
}
