namespace MicroLink.Runtime
{
    /// <summary>Monotonic milliseconds from an arbitrary start. The kernel and every deadline live on it; it knows no date.</summary>
    public interface IClock
    {
        long NowMs { get; }
    }
}
