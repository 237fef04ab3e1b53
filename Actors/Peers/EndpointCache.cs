using System;
using MicroLink.Bytes;

namespace MicroLink.Peers
{
    // One line, 64 bytes:
    //
    //   0  8  node id, 0 = empty
    //   8  1  number of IPv4 endpoints, then 1 of IPv6
    //  10  .  address[4] port u16 each, then address[16] port u16 each, big endian

    /// <summary>
    /// The endpoints of peers that are not active, as control told them. They change too often for the store, so they are kept here, in a fixed
    /// number of lines: a peer takes the line of another one when there are more peers than lines. Whose endpoints are gone is
    /// reached by its relay first, and tells them itself then (call-me-maybe).
    /// </summary>
    public sealed class EndpointCache
    {
        private const int LineBytes = 64, ListAt = 10, V4Bytes = 6, V6Bytes = 18, V4Offset = 12;

        private readonly byte[] _lines;
        private readonly int _mask;

        /// <param name="lines">64 bytes each; a power of two.</param>
        public EndpointCache(int lines)
        {
            if (lines < 1 || (lines & (lines - 1)) != 0) throw new ArgumentException("lines");
            _lines = new byte[lines * LineBytes];
            _mask = lines - 1;
        }

        public int Bytes { get { return _lines.Length; } }

        /// <summary>18 bytes each; null or empty = none. As many as fit are kept: nine IPv4, or three and two IPv6.</summary>
        public void Set(long id, byte[] endpoints)
        {
            int line = LineOf(id);
            if (endpoints == null || endpoints.Length == 0)
            {
                if (Has(line, id)) ByteOrder.StoreU64LE(_lines, line, 0);
                return;
            }
            ByteOrder.StoreU64LE(_lines, line, (ulong)id);
            int at = line + ListAt;
            int v4 = Copy(endpoints, true, ref at, line + LineBytes);
            int v6 = Copy(endpoints, false, ref at, line + LineBytes);
            _lines[line + 8] = (byte)v4;
            _lines[line + 9] = (byte)v6;
        }

        /// <summary>18 bytes each; null = not known (any more).</summary>
        public byte[] Get(long id)
        {
            int line = LineOf(id);
            if (!Has(line, id)) return null;
            int v4 = _lines[line + 8], v6 = _lines[line + 9], at = line + ListAt;
            byte[] endpoints = new byte[(v4 + v6) * NetEndpoint.Length];
            for (int i = 0; i < v4 + v6; i++)
            {
                int into = i * NetEndpoint.Length;
                int length = i < v4 ? V4Bytes : V6Bytes;
                if (i < v4) endpoints[into + 10] = endpoints[into + 11] = 0xff;
                Array.Copy(_lines, at, endpoints, into + NetEndpoint.Length - length, length);
                at += length;
            }
            return endpoints;
        }

        private int Copy(byte[] endpoints, bool v4, ref int at, int end)
        {
            int count = 0;
            int length = v4 ? V4Bytes : V6Bytes;
            for (int from = 0; from + NetEndpoint.Length <= endpoints.Length && at + length <= end; from += NetEndpoint.Length)
            {
                if (NetEndpoint.IsV4(endpoints, from) != v4) continue;
                Array.Copy(endpoints, v4 ? from + V4Offset : from, _lines, at, length);
                at += length;
                count++;
            }
            return count;
        }

        private bool Has(int line, long id) { return (long)ByteOrder.LoadU64LE(_lines, line) == id; }

        private int LineOf(long id)
        {
            long mixed = id ^ (id >> 13) ^ (id >> 29);
            return (int)(mixed & _mask) * LineBytes;
        }
    }
}
