namespace MicroLink.Sockets
{
    /// <summary>Names of the tailnet, for the blocking sockets; not to be called from an actor.</summary>
    public interface INameLookup
    {
        /// <summary>Writes the address (16 bytes) of a peer's short name, full name or address. Null, or why not, as one plain sentence.</summary>
        string Find(string nameOrAddress, byte[] into, int offset);
    }
}
