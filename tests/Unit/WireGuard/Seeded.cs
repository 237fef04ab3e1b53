using System;
using MicroLink.Drivers;

namespace MicroLink.Tests.Unit.WireGuard;

/// <summary>Random bytes that repeat; Next, when set, is given out first (a golden ephemeral).</summary>
internal sealed class Seeded : IEntropy
{
    private readonly Random _random;
    public byte[] Next;

    public Seeded(int seed) { _random = new Random(seed); }

    public void Fill(byte[] buffer, int offset, int count)
    {
        if (Next != null && Next.Length == count)
        {
            Array.Copy(Next, 0, buffer, offset, count);
            Next = null;
            return;
        }
        _random.NextBytes(buffer.AsSpan(offset, count));
    }
}
