using MicroLink.Bytes;

namespace MicroLink.Noise
{
    /// <summary>
    /// Finds out whether the server's first plaintext bytes are an EarlyNoise blob or already HTTP/2 (protocol.md 2.5), at any cut.
    /// <code>
    ///   0  magic FF FF FF 54 53      absent: these bytes are an HTTP/2 frame header and go to the HTTP/2 reader
    ///   5  JSON length u32 BE        at most 10 MiB; skipped, never stored: a client needs nothing of it
    ///   9  JSON
    /// </code>
    /// </summary>
    public sealed class EarlyNoise
    {
        public const int HeaderLength = 9;
        private const int MagicLength = 5;
        private const int MaxLength = 10 * 1024 * 1024;

        private static readonly byte[] Magic = { 0xFF, 0xFF, 0xFF, 0x54, 0x53 };

        private readonly byte[] _header = new byte[HeaderLength];
        private int _have;
        private int _skip;

        /// <summary>Known: either the blob has been read, or there is none. From then on every byte belongs to HTTP/2.</summary>
        public bool Done { get; private set; }
        /// <summary>There was a blob.</summary>
        public bool Present { get; private set; }
        /// <summary>The length field is above 10 MiB: drop the connection.</summary>
        public bool Failed { get; private set; }
        /// <summary>Bytes taken that turned out to be HTTP/2: give <see cref="PushedBack"/>[0..count) to the HTTP/2 reader first.</summary>
        public int PushedBackCount { get; private set; }
        public byte[] PushedBack { get { return _header; } }

        public void Reset()
        {
            _have = 0;
            _skip = 0;
            Done = false;
            Present = false;
            Failed = false;
            PushedBackCount = 0;
        }

        /// <summary>Takes plaintext; returns how many bytes. Stops taking once <see cref="Done"/> or <see cref="Failed"/>.</summary>
        public int Handle(byte[] buffer, int offset, int count)
        {
            int taken = 0;
            while (!Done && !Failed && taken < count)
            {
                if (Present)
                {
                    int skip = count - taken < _skip ? count - taken : _skip;
                    _skip -= skip;
                    taken += skip;
                    Done = _skip == 0;
                    continue;
                }
                _header[_have++] = buffer[offset + taken++];
                OnHeaderByte();
            }
            return taken;
        }

        /// <summary>Writes a blob around the given JSON (for the lab's control server); returns its length.</summary>
        public static int Write(byte[] into, int offset, byte[] json)
        {
            for (int i = 0; i < MagicLength; i++) into[offset + i] = Magic[i];
            ByteOrder.StoreU32BE(into, offset + MagicLength, (uint)json.Length);
            for (int i = 0; i < json.Length; i++) into[offset + HeaderLength + i] = json[i];
            return HeaderLength + json.Length;
        }

        private void OnHeaderByte()
        {
            if (_have <= MagicLength && _header[_have - 1] != Magic[_have - 1])
            {
                PushedBackCount = _have;
                Done = true;
                return;
            }
            if (_have < HeaderLength) return;
            uint length = ByteOrder.LoadU32BE(_header, MagicLength);
            if (length > MaxLength)
            {
                Failed = true;
                return;
            }
            Present = true;
            _skip = (int)length;
            Done = _skip == 0;
        }
    }
}
