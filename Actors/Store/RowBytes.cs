using System;
using System.Text;

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
