using System;
using System.Collections.Generic;

namespace MicroLink.Tests.Fuzz;

/// <summary>Damages inputs the way afl does: bits, bytes, lengths, pieces moved, doubled, dropped, spliced from another input.</summary>
public sealed class FuzzMutator
{
    private static readonly int[] Interesting = { 0, 1, 3, 4, 9, 16, 32, 64, 100, 127, 128, 255, 256, 512, 1000, 4096, 16384, 32767, 65535 };

    private readonly Random _random;
    private readonly IReadOnlyList<byte[]> _corpus;

    public FuzzMutator(int seed, IReadOnlyList<byte[]> corpus)
    {
        _random = new Random(seed);
        _corpus = corpus;
    }

    public byte[] Next()
    {
        List<byte> bytes = new(_corpus[_random.Next(_corpus.Count)]);
        // Long inputs are cut: a parser sees more of the damage in the time there is.
        if (bytes.Count > 4096 && _random.Next(4) > 0) bytes.RemoveRange(4096, bytes.Count - 4096);
        for (int n = 1 << _random.Next(5); n > 0; n--) Damage(bytes);
        return bytes.ToArray();
    }

    private void Damage(List<byte> bytes)
    {
        if (bytes.Count == 0) bytes.Add((byte)_random.Next(256));
        int at = _random.Next(bytes.Count), length = Math.Min(_random.Next(1, 1 << _random.Next(1, 9)), bytes.Count - at);
        switch (_random.Next(9))
        {
            case 0: bytes[at] ^= (byte)(1 << _random.Next(8)); break;
            case 1: bytes[at] = (byte)_random.Next(256); break;
            case 2: bytes[at] = (byte)Interesting[_random.Next(Interesting.Length)]; break;
            case 3:
                int value = Interesting[_random.Next(Interesting.Length)];
                for (int i = 0; i < 2 && at + i < bytes.Count; i++) bytes[at + i] = (byte)(value >> (8 * _random.Next(2)));
                break;
            case 4: bytes.RemoveRange(at, length); break;
            case 5: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
            case 6: bytes.Insert(at, (byte)_random.Next(256)); break;
            case 7: bytes.RemoveRange(at, bytes.Count - at); break;
            case 8:
                byte[] other = _corpus[_random.Next(_corpus.Count)];
                int from = _random.Next(other.Length + 1);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(length, other.Length - from)).ToArray());
                break;
        }
    }
}
