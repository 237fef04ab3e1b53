using System;

namespace MicroLink.Native
{
    /// <summary>
    /// The C scanner (native/src/ml_json.c) over state that lives in a managed array: nothing to free. Use MicroLink.Json.JsonReader; this is
    /// only its door to the library. Record layout: native/src/ml_face_json.c.
    /// </summary>
    public static class JsonScanner
    {
        public const int RecordLength = 32;
        public const int Consumed = 0, KeyId = 4, ValueCount = 8, Depth = 12, Flags = 13, Error = 14, Int64 = 16, Offset = 24;
        public const int FlagTruncated = 1, FlagInteger = 2, FlagSaturated = 4;
        public const int MinValueCapacity = 32;

        /// <summary>
        /// State for a table of packed keys (length byte, UTF-8 bytes, ...). Null when the table or the capacity is outside the limits: 4096
        /// keys, 32 KB of names, 32 bytes to 1 MB of value.
        /// </summary>
        public static byte[] Create(byte[] keys, int valueCapacity)
        {
            int size = JsonNative.mlm_json_size(keys, keys.Length, valueCapacity);
            if (size <= 0) return null;
            byte[] state = new byte[size];
            return JsonNative.mlm_json_init(state, size, keys, keys.Length, valueCapacity) == 0 ? state : null;
        }

        public static void Reset(byte[] state)
        {
            JsonNative.mlm_json_reset(state);
        }

        public static void Finish(byte[] state)
        {
            JsonNative.mlm_json_finish(state);
        }

        public static void Skip(byte[] state)
        {
            JsonNative.mlm_json_skip(state);
        }

        /// <summary>Next token number; value (at least the capacity given to Create) and record are filled.</summary>
        public static int Read(byte[] state, byte[] bytes, int offset, int count, byte[] value, byte[] record)
        {
            if (count < 0 || offset < 0 || (bytes == null ? count != 0 : count > bytes.Length - offset)) throw new ArgumentException("range");
            if (record.Length < RecordLength) throw new ArgumentException("record");
            return JsonNative.mlm_json_read(state, bytes, offset, count, value, record);
        }
    }
}
