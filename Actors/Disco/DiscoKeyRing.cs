using System;
using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Native;

namespace MicroLink.Disco
{
    /// <summary>
    /// Our disco key pair, and the box key shared with each peer that we talk to. A box key costs one X25519 (11-50 ms on an ESP32), so
    /// it is computed once per peer key, as a <see cref="DhJob"/>, and kept; the least recently used one makes room for a new one.
    /// Disco keys are never stored: each start of the node makes a new pair (protocol.md section 1).
    /// <code>
    ///   Find(peer) -> -1, not known -> Want(peer) -> PollJob -> [X25519 elsewhere] -> HandleJobDone -> Find(peer) -> offset
    /// </code>
    /// </summary>
    public sealed class DiscoKeyRing
    {
        private const int Free = 0, Wanted = 1, Computing = 2, Ready = 3, Refused = 4;

        private const int AnswerMs = 2000;

        public readonly byte[] Public;
        /// <summary>Box keys, 32 bytes each, at the offsets that <see cref="Find"/> returns.</summary>
        public readonly byte[] Shared;

        private readonly byte[] _private;
        private readonly byte[] _peers;
        private readonly byte[] _states;
        private readonly int[] _generations;
        private readonly int[] _usedAt;
        private readonly long[] _askedMs;
        private int _clock;
        private int _generation;

        public DiscoKeyRing(byte[] privateKey, byte[] publicKey, int capacity)
        {
            _private = privateKey;
            Public = publicKey;
            Shared = new byte[capacity * DiscoWire.KeyLength];
            _peers = new byte[capacity * DiscoWire.KeyLength];
            _states = new byte[capacity];
            _generations = new int[capacity];
            _usedAt = new int[capacity];
            _askedMs = new long[capacity];
        }

        /// <summary>Makes a fresh pair: 64 bytes, private key then public key.</summary>
        public static byte[] NewPair(IEntropy entropy)
        {
            byte[] pair = new byte[2 * DiscoWire.KeyLength];
            entropy.Fill(pair, 0, DiscoWire.KeyLength);
            KeyText.Clamp(pair, 0);
            Cipher.X25519Base(pair, 0, pair, DiscoWire.KeyLength);
            return pair;
        }

        /// <summary>Where in <see cref="Shared"/> the box key for this peer stands, or -1 when it is not there (yet).</summary>
        public int Find(byte[] peerKey, int offset)
        {
            int row = Row(peerKey, offset);
            if (row < 0 || _states[row] != Ready) return -1;
            _usedAt[row] = ++_clock;
            return row * DiscoWire.KeyLength;
        }

        /// <summary>Asks for the box key. True when an answer will come (poll for a job), false when this peer key is known to be worthless.</summary>
        public bool Want(byte[] peerKey, int offset, long nowMs)
        {
            int row = Row(peerKey, offset);
            if (row >= 0)
            {
                // An answer that never came (a full mailbox): ask again instead of waiting for ever.
                if (_states[row] == Computing && nowMs - _askedMs[row] >= AnswerMs) _states[row] = Wanted;
                return _states[row] != Refused;
            }
            row = Oldest();
            Wipe(row);
            Array.Copy(peerKey, offset, _peers, row * DiscoWire.KeyLength, DiscoWire.KeyLength);
            _states[row] = Wanted;
            _generations[row] = ++_generation;
            _usedAt[row] = ++_clock;
            return true;
        }

        /// <summary>Fills the next X25519 to compute; false when there is none.</summary>
        public bool PollJob(DhJob into, long nowMs)
        {
            for (int row = 0; row < _states.Length; row++)
            {
                if (_states[row] != Wanted) continue;
                _states[row] = Computing;
                _askedMs[row] = nowMs;
                Array.Copy(_private, 0, into.Private, 0, DhJob.KeyLength);
                Array.Copy(_peers, row * DiscoWire.KeyLength, into.Public, 0, DhJob.KeyLength);
                into.BasePoint = false;
                into.Generation = _generations[row];
                return true;
            }
            return false;
        }

        /// <summary>
        /// Takes an answer. Returns Output.Event when a box key became usable (its peer key stands in job.Public), Output.None when the
        /// row was given to another peer meanwhile or the key is worthless.
        /// </summary>
        public int HandleJobDone(DhJob job)
        {
            for (int row = 0; row < _states.Length; row++)
            {
                if (_states[row] != Computing || _generations[row] != job.Generation) continue;
                if (job.Ok) Cipher.BoxDeriveNm(job.Result, 0, Shared, row * DiscoWire.KeyLength);
                _states[row] = (byte)(job.Ok ? Ready : Refused);
                Cipher.Wipe(job.Private, 0, DhJob.KeyLength);
                Cipher.Wipe(job.Result, 0, DhJob.KeyLength);
                return job.Ok ? Output.Event : Output.None;
            }
            return Output.None;
        }

        /// <summary>Forgets a peer key, for example because the peer restarted with a new one.</summary>
        public void Forget(byte[] peerKey, int offset)
        {
            int row = Row(peerKey, offset);
            if (row >= 0) Wipe(row);
        }

        private int Row(byte[] peerKey, int offset)
        {
            for (int row = 0; row < _states.Length; row++)
            {
                if (_states[row] != Free && KeyText.Equal(_peers, row * DiscoWire.KeyLength, peerKey, offset)) return row;
            }
            return -1;
        }

        private int Oldest()
        {
            int oldest = 0;
            for (int row = 0; row < _states.Length; row++)
            {
                if (_states[row] == Free) return row;
                if (_usedAt[row] - _usedAt[oldest] < 0) oldest = row;
            }
            return oldest;
        }

        private void Wipe(int row)
        {
            Cipher.Wipe(Shared, row * DiscoWire.KeyLength, DiscoWire.KeyLength);
            _states[row] = Free;
        }
    }
}
