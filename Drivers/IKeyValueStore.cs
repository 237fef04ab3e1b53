using MicroLink.Runtime;

namespace MicroLink.Drivers
{
    /// <summary>
    /// Keys, settings and the clock floor: a few kilobytes, two slots, CRC, sequence number, atomic switch (design section 8).
    /// Get and Set work on memory; Commit writes on the storage thread.
    /// </summary>
    public interface IKeyValueStore
    {
        /// <summary>Reads the newest valid slot. False with a plain sentence when there is data that cannot be read; then nothing is ever overwritten.</summary>
        bool Open(out string error);
        byte[] Get(string key);
        void Set(string key, byte[] value);
        void Remove(string key);
        /// <summary>Writes the whole store to the older slot. Answers the owner (when not null) with <see cref="StoreCommitted"/>.</summary>
        void Commit(ActorRef owner);
        /// <summary>Factory reset: erases both slots.</summary>
        void Erase();
    }

    public sealed class StoreCommitted : Message
    {
        /// <summary>Null, or why writing failed, as one plain sentence.</summary>
        public readonly string Error;
        public StoreCommitted(string error) { Error = error; }
    }
}
