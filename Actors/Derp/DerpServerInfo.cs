using MicroLink.Json;

namespace MicroLink.Derp
{
    /// <summary>
    /// What a relay tells about itself in ServerInfo (protocol.md 5.3): {"version":2} and, when it limits us, a token bucket. "If a rate is
    /// given, client should drop SendPacket frames beyond that token bucket."
    /// </summary>
    internal sealed class DerpServerInfo
    {
        private const int Rate = 0, Burst = 1;
        private static readonly string[] s_keys = { "TokenBucketBytesPerSecond", "TokenBucketBytesBurst" };

        /// <summary>0 = no limit.</summary>
        public int BytesPerSecond, BurstBytes;

        /// <summary>Anything that is not such JSON means "no limit": the box was good, so the server is ours and only newer.</summary>
        public void Read(byte[] json, int offset, int count)
        {
            BytesPerSecond = BurstBytes = 0;
            JsonReader reader = new JsonReader(s_keys, 64);
            reader.Feed(json, offset, count);
            int key = -1;
            for (int token = reader.Read(); token != JsonToken.None && token != JsonToken.Error && token != JsonToken.End; token = reader.Read())
            {
                if (token == JsonToken.Key) key = reader.Depth == 1 ? reader.KeyId : -1;
                if (token != JsonToken.Number || reader.Int64 <= 0) continue;
                int value = reader.Int64 > int.MaxValue ? int.MaxValue : (int)reader.Int64;
                if (key == Rate) BytesPerSecond = value;
                if (key == Burst) BurstBytes = value;
                key = -1;
            }
        }
    }
}
