using MicroLink.Runtime;

namespace MicroLink.Drivers
{
    /// <summary>Name resolution that never blocks an actor (design section 7).</summary>
    public interface IResolver
    {
        /// <summary>Answers the owner with <see cref="Resolved"/>, in time or with an error after at most five seconds.</summary>
        void Resolve(string host, ActorRef owner, int tag);
    }

    public sealed class Resolved : Message
    {
        public readonly int Tag;
        /// <summary>Addresses, 16 bytes each (IPv4 as v4-mapped); empty when the name was not found.</summary>
        public readonly byte[] Addresses;
        /// <summary>Null, or why there is no address, as one plain sentence.</summary>
        public readonly string Error;
        public Resolved(int tag, byte[] addresses, string error) { Tag = tag; Addresses = addresses; Error = error; }
    }
}
