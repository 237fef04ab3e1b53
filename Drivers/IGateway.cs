namespace MicroLink.Drivers
{
    /// <summary>The way out of the host's network, for port mapping.</summary>
    public interface IGateway
    {
        /// <summary>Writes the IPv4 default gateway and our address towards it, 16 bytes each; false when there is none.</summary>
        bool Find(byte[] gateway, byte[] local);
    }
}
