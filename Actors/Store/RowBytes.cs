using System;
using System.Text;
using MicroLink.Bytes;

namespace MicroLink.Store
{
    /// <summary>Writes the parts of a stored row; a method returns the place behind, -1 when it does not fit or did not before.</summary>
    internal static class RowBytes
    {
        /// <summary>Length u8, UTF-8. Null counts as empty.</summary>
        public static int PutText(string text, byte[] into, int at)
        {
            if (at < 0) return -1;
            byte[] bytes = text == null ? new byte[0] : Encoding.UTF8.GetBytes(text);
            if (bytes.Length > 255 || at + 1 + bytes.Length > StoredPeer.BytesMax) return -1;
            into[at] = (byte)bytes.Length;
            Array.Copy(bytes, 0, into, at + 1, bytes.Length);
            return at + 1 + bytes.Length;
        }
    }

    /// <summary>Reads forward and never past the end; after a failure every value is empty and Ok is false.</summary>
    internal sealed class RowCursor
    {
        private readonly byte[] _bytes;
        private readonly int _end;
        private int _at;
        public bool Ok = true;
        private readonly byte[] _prefix = new byte[NetEndpoint.PrefixLength];

        public RowCursor(byte[] bytes, int at, int end)
        {
            _bytes = bytes;
            _at = at;
            _end = end;
        }

        public int U8()
        {
            if (!Has(1)) return 0;
            return _bytes[_at++];
        }

        public int U16()
        {
            int low = U8();
            return low | (U8() << 8);
        }

        public byte[] Bytes(int count)
        {
            if (!Has(count)) return new byte[0];
            byte[] value = new byte[count];
            Array.Copy(_bytes, _at, value, 0, count);
            _at += count;
            return value;
        }

        /// <summary>Four bytes, as 16.</summary>
        public byte[] V4Address()
        {
            byte[] address = new byte[NetEndpoint.AddressLength];
            if (!Has(4)) return address;
            address[10] = 0xff;
            address[11] = 0xff;
            Array.Copy(_bytes, _at, address, 12, 4);
            _at += 4;
            return address;
        }

        public void Skip(int count)
        {
            if (Has(count)) _at += count;
        }

        /// <summary>Prefixes in the form of StoredPeer, as 17 bytes each.</summary>
        public byte[] Prefixes()
        {
            int count = U16();
            // Each takes at least five bytes.
            if (!Has(count * 5)) return new byte[0];
            byte[] prefixes = new byte[count * NetEndpoint.PrefixLength];
            for (int i = 0; i < count; i++) Prefix(prefixes, i * NetEndpoint.PrefixLength);
            return prefixes;
        }

        /// <summary>Reads one prefix; is it exactly this address?</summary>
        public bool NextIs(byte[] address)
        {
            byte[] prefix = _prefix;
            Prefix(prefix, 0);
            return Ok && prefix[NetEndpoint.AddressLength] == 128 && NetEndpoint.AddressEqual(prefix, 0, address, 0);
        }

        private void Prefix(byte[] into, int at)
        {
            int bits = U8();
            bool v4 = bits >= 160;
            int length = v4 ? 4 : NetEndpoint.AddressLength;
            if (bits > 192 || (!v4 && bits > 128)) Ok = false;
            if (!Has(length)) return;
            if (v4)
            {
                for (int i = 0; i < 10; i++) into[at + i] = 0;
                into[at + 10] = 0xff;
                into[at + 11] = 0xff;
            }
            Array.Copy(_bytes, _at, into, at + NetEndpoint.AddressLength - length, length);
            into[at + NetEndpoint.AddressLength] = (byte)(v4 ? bits - 64 : bits);
            _at += length;
        }

        public string Text()
        {
            int count = U8();
            if (!Has(count)) return "";
            string value = Encoding.UTF8.GetString(_bytes, _at, count);
            _at += count;
            return value;
        }

        public string[] Texts()
        {
            int count = U8();
            if (count == 0 || !Has(count)) return null;   // each text takes at least its length byte
            string[] all = new string[count];
            for (int i = 0; i < count; i++) all[i] = Text();
            return all;
        }

        private bool Has(int count)
        {
            if (Ok && count <= _end - _at) return true;
            Ok = false;
            return false;
        }
    }
}
