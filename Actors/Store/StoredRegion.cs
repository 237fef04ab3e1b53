using System;
using MicroLink.Bytes;
using MicroLink.NetMap;

namespace MicroLink.Store
{
    // One region of the relay map as kept across reboots. Numbers are little endian.
    //
    //   0  1  format version, 1
    //   1  1  flags: 1 NoMeasureNoHome
    //   2  2  region id
    //   4  4  score in thousandths
    //   8  .  code, name       length u8, UTF-8 each
    //   .  1  number of nodes, then each:
    //         name, host name, certificate name ("" = none), IPv4, IPv6 as texts; STUN port + 1 u16; DERP port u16;
    //         flags: 1 STUN only, 2 insecure for tests, 4 can port 80

    /// <summary>Encodes and decodes the picture above. Nodes that do not fit into 1 KB are left out, the last ones first.</summary>
    public static class StoredRegion
    {
        private const int Version = 1, HeadLength = 8, MaxPort = 65534;

        /// <summary>Length, or -1 when not even the region itself fits.</summary>
        public static int Encode(DerpRegion region, byte[] into)
        {
            into[0] = Version;
            into[1] = (byte)(region.NoMeasureNoHome ? 1 : 0);
            ByteOrder.StoreU16LE(into, 2, region.Id);
            ByteOrder.StoreU32LE(into, 4, (uint)region.ScorePermille);
            int at = RowBytes.PutText(region.Name, into, RowBytes.PutText(region.Code, into, HeadLength));
            if (at < 0 || at + 1 > StoredPeer.BytesMax) return -1;
            int countAt = at++;
            int count = 0;
            for (int i = 0; i < region.Nodes.Length && count < 255; i++)
            {
                int next = EncodeNode(region.Nodes[i], into, at);
                if (next < 0) break;
                at = next;
                count++;
            }
            into[countAt] = (byte)count;
            return at;
        }

        /// <summary>Null when the bytes are not a region of this version.</summary>
        public static DerpRegion Decode(byte[] bytes, int offset, int count)
        {
            if (count < HeadLength || bytes[offset] != Version) return null;
            DerpRegion region = new DerpRegion
            {
                NoMeasureNoHome = (bytes[offset + 1] & 1) != 0,
                Id = ByteOrder.LoadU16LE(bytes, offset + 2),
                ScorePermille = (int)ByteOrder.LoadU32LE(bytes, offset + 4),
            };
            RowCursor cursor = new RowCursor(bytes, offset + HeadLength, offset + count);
            region.Code = cursor.Text();
            region.Name = cursor.Text();
            DerpNode[] nodes = new DerpNode[cursor.U8()];
            for (int i = 0; i < nodes.Length; i++) nodes[i] = DecodeNode(cursor);
            region.Nodes = nodes;
            return cursor.Ok && region.Id > 0 ? region : null;
        }

        private static int EncodeNode(DerpNode node, byte[] into, int at)
        {
            at = RowBytes.PutText(node.Name, into, at);
            at = RowBytes.PutText(node.HostName, into, at);
            at = RowBytes.PutText(node.CertName, into, at);
            at = RowBytes.PutText(node.IPv4, into, at);
            at = RowBytes.PutText(node.IPv6, into, at);
            if (at < 0 || at + 5 > StoredPeer.BytesMax) return -1;
            ByteOrder.StoreU16LE(into, at, (node.StunPort > MaxPort ? 0 : node.StunPort) + 1);
            ByteOrder.StoreU16LE(into, at + 2, node.DerpPort);
            into[at + 4] = (byte)((node.StunOnly ? 1 : 0) | (node.InsecureForTests ? 2 : 0) | (node.CanPort80 ? 4 : 0));
            return at + 5;
        }

        private static DerpNode DecodeNode(RowCursor cursor)
        {
            DerpNode node = new DerpNode { Name = cursor.Text(), HostName = cursor.Text(), CertName = cursor.Text() };
            if (node.CertName.Length == 0) node.CertName = null;
            node.IPv4 = cursor.Text();
            node.IPv6 = cursor.Text();
            node.StunPort = cursor.U16() - 1;
            node.DerpPort = cursor.U16();
            int flags = cursor.U8();
            node.StunOnly = (flags & 1) != 0;
            node.InsecureForTests = (flags & 2) != 0;
            node.CanPort80 = (flags & 4) != 0;
            return node;
        }
    }

    /// <summary>
    /// Row ids in the peer store. Peers have control's ids, of either sign (testcontrol makes negative ones); what else is kept has the smallest
    /// numbers there are.
    /// </summary>
    public static class StoredIds
    {
        /// <summary>For PeerFlash.Next: below every id.</summary>
        public const long BeforeAll = long.MinValue;
        /// <summary>Regions have up to 16 bits.</summary>
        private const long RegionBase = long.MinValue + 0x10000;
        public const long Self = RegionBase + 1;

        public static long OfRegion(int region) { return RegionBase - region; }
        public static bool IsRegion(long id) { return id < Self; }
        public static bool IsPeer(long id) { return id > Self; }
    }
}
