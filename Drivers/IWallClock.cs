namespace MicroLink.Drivers
{
    /// <summary>The wall clock of the host. Monotonic time comes from the kernel's IClock.</summary>
    public interface IWallClock
    {
        /// <summary>Milliseconds since 1970-01-01T00:00:00Z as the host believes; 0 when the host has no clock.</summary>
        long UnixMs { get; }
    }
}
