using System;

namespace MicroLink.Store
{
    /// <summary>
    /// Names and values in memory, in the order they were first set. Limits keep the image below 64 KB and are the caller's to respect:
    /// a name or value out of range is a bug here, never something a server sent.
    /// </summary>
    public sealed class SettingsTable
    {
        public const int EntriesMax = 128;
        /// <summary>Longest name, in UTF-8 bytes.</summary>
        public const int KeyBytesMax = 64;
        public const int ValueBytesMax = 4096;

        private readonly string[] _keys = new string[EntriesMax];
        private readonly byte[][] _values = new byte[EntriesMax][];
        private int _count;

        public int Count { get { return _count; } }

        public string KeyAt(int index) { return _keys[index]; }

        public byte[] ValueAt(int index) { return _values[index]; }

        /// <summary>The value itself, not a copy: it must not be changed. Null when there is none.</summary>
        public byte[] Get(string key)
        {
            int index = Find(key);
            return index < 0 ? null : _values[index];
        }

        public void Set(string key, byte[] value)
        {
            if (key == null || key.Length == 0 || key.Length > KeyBytesMax) throw new ArgumentException("key");
            if (value == null || value.Length > ValueBytesMax) throw new ArgumentException("value");
            int index = Find(key);
            if (index < 0)
            {
                if (_count == EntriesMax) throw new InvalidOperationException("settings table is full");
                index = _count++;
                _keys[index] = key;
            }
            _values[index] = value;
        }

        /// <returns>False when there was no such name.</returns>
        public bool Remove(string key)
        {
            int index = Find(key);
            if (index < 0) return false;
            _count--;
            Array.Copy(_keys, index + 1, _keys, index, _count - index);
            Array.Copy(_values, index + 1, _values, index, _count - index);
            _keys[_count] = null;
            _values[_count] = null;
            return true;
        }

        public void Clear()
        {
            while (_count > 0)
            {
                _count--;
                _keys[_count] = null;
                _values[_count] = null;
            }
        }

        private int Find(string key)
        {
            for (int i = 0; i < _count; i++)
            {
                if (_keys[i] == key) return i;
            }
            return -1;
        }
    }
}
