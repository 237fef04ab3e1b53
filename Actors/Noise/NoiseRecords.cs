using System;
using System.Text;
using MicroLink.Bytes;
using MicroLink.Native;

namespace MicroLink.Noise
{
    /// <summary>
    /// The record layer after the handshake (protocol.md 2.4), both directions. Nonce = 4 zero bytes || u64 BIG endian counter from 0
    /// (WireGuard's is little endian). Any failure is final: the connection must be dropped.
    /// <para>Receive: call <see cref="Open"/> until everything is consumed; after each <see cref="Record"/> take the plaintext (possibly
    /// zero bytes) before the next call. Send: put up to 4077 bytes at offset + 3 and call <see cref="SealInPlace"/>.</para>
    /// </summary>
    public sealed class NoiseRecords
    {
        /// <summary>Results of <see cref="Open"/>.</summary>
        public const int NeedMore = 0, Record = 1, Failed = -1;

        private readonly byte[] _sendKey = new byte[NoiseWire.KeyLength];
        private readonly byte[] _receiveKey = new byte[NoiseWire.KeyLength];
        private readonly byte[] _nonce = new byte[12];
        private readonly byte[] _record = new byte[NoiseWire.MaxRecord];
        private long _sendCounter;
        private long _receiveCounter;
        private int _have;

        /// <summary>The buffer that holds the plaintext of the last record.</summary>
        public byte[] Plain { get { return _record; } }
        public int PlainOffset { get { return NoiseWire.HeaderLength; } }
        public int PlainCount { get; private set; }
        /// <summary>How many bytes the last <see cref="Open"/> took.</summary>
        public int Consumed { get; private set; }
        /// <summary>A value of <see cref="NoiseFailure"/>.</summary>
        public int Failure { get; private set; }
        /// <summary>The text of an error record (type 3), unauthenticated; null otherwise.</summary>
        public string ErrorText { get; private set; }

        /// <summary>Starts both directions at counter 0 with copies of the keys.</summary>
        public void Start(byte[] sendKey, byte[] receiveKey)
        {
            Array.Copy(sendKey, 0, _sendKey, 0, NoiseWire.KeyLength);
            Array.Copy(receiveKey, 0, _receiveKey, 0, NoiseWire.KeyLength);
            _sendCounter = 0;
            _receiveCounter = 0;
            _have = 0;
            PlainCount = 0;
            Failure = NoiseFailure.None;
            ErrorText = null;
        }

        /// <summary>Takes bytes up to the end of one record. Returns NeedMore (all consumed), Record, or Failed.</summary>
        public int Open(byte[] buffer, int offset, int count)
        {
            Consumed = 0;
            PlainCount = 0;
            if (Failure != NoiseFailure.None) return Failed;
            while (_have < NoiseWire.HeaderLength && Consumed < count) _record[_have++] = buffer[offset + Consumed++];
            if (_have < NoiseWire.HeaderLength) return NeedMore;

            int length = ByteOrder.LoadU16BE(_record, 1);
            if (length > NoiseWire.MaxRecord - NoiseWire.HeaderLength) return Fail(NoiseFailure.WrongLength);
            int take = NoiseWire.HeaderLength + length - _have;
            if (take > count - Consumed) take = count - Consumed;
            Array.Copy(buffer, offset + Consumed, _record, _have, take);
            _have += take;
            Consumed += take;
            if (_have < NoiseWire.HeaderLength + length) return NeedMore;

            _have = 0;
            return OnRecord(length);
        }

        /// <summary>
        /// Seals <paramref name="count"/> plaintext bytes (at most 4077) that stand at <paramref name="offset"/> + 3 of a buffer with room
        /// for 16 more behind them. Returns the length of the record that then starts at offset, or -1.
        /// </summary>
        public int SealInPlace(byte[] buffer, int offset, int count)
        {
            if (Failure != NoiseFailure.None || count > NoiseWire.MaxPlaintext) return Failed;
            if (_sendCounter == long.MaxValue) return Fail(NoiseFailure.CounterExhausted);
            SetNonce(_sendCounter++);
            int sealedCount = Cipher.ChaChaPolySeal(_sendKey, 0, _nonce, 0, _nonce, 0, 0, buffer, offset + NoiseWire.HeaderLength, count);
            buffer[offset] = NoiseWire.TypeRecord;
            ByteOrder.StoreU16BE(buffer, offset + 1, sealedCount);
            return NoiseWire.HeaderLength + sealedCount;
        }

        /// <summary>Forgets the keys.</summary>
        public void Wipe()
        {
            Cipher.Wipe(_sendKey, 0, _sendKey.Length);
            Cipher.Wipe(_receiveKey, 0, _receiveKey.Length);
            Cipher.Wipe(_record, 0, _record.Length);
        }

        private int OnRecord(int length)
        {
            if (_record[0] == NoiseWire.TypeError)
            {
                ErrorText = Encoding.UTF8.GetString(_record, NoiseWire.HeaderLength, length < 256 ? length : 256);
                return Fail(NoiseFailure.PeerError);
            }
            if (_record[0] != NoiseWire.TypeRecord) return Fail(NoiseFailure.WrongType);
            if (length < NoiseWire.TagLength) return Fail(NoiseFailure.WrongLength);
            if (_receiveCounter == long.MaxValue) return Fail(NoiseFailure.CounterExhausted);
            SetNonce(_receiveCounter++);
            int plain = Cipher.ChaChaPolyOpen(_receiveKey, 0, _nonce, 0, _nonce, 0, 0, _record, NoiseWire.HeaderLength, length);
            if (plain < 0) return Fail(NoiseFailure.WrongTag);
            PlainCount = plain;
            return Record;
        }

        private void SetNonce(long counter)
        {
            ByteOrder.StoreU64BE(_nonce, 4, (ulong)counter);
        }

        private int Fail(int failure)
        {
            Failure = failure;
            return Failed;
        }
    }
}
