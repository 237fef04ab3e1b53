using MicroLink.Drivers;

namespace MicroLink.Tests.Unit.Disco;

/// <summary>Repeatable "random" bytes (xorshift), or a script of exact bytes first.</summary>
internal sealed class SeedEntropy : IEntropy
{
    private readonly byte[] _script;
    private int _at;
    private uint _state;

    public SeedEntropy(int seed) : this(seed, []) { }

    public SeedEntropy(int seed, byte[] script)
    {
        _state = (uint)seed * 2654435761u + 1;
        _script = script;
    }

    public void Fill(byte[] buffer, int offset, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (_at < _script.Length)
            {
                buffer[offset + i] = _script[_at++];
                continue;
            }
            _state ^= _state << 13;
            _state ^= _state >> 17;
            _state ^= _state << 5;
            buffer[offset + i] = (byte)(_state >> 8);
        }
    }
}
