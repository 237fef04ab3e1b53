using System;
using MicroLink.Store;
using Xunit;

namespace MicroLink.Tests.Unit.Store
{
    public sealed class PeerLogTests
    {
        [Fact]
        public void A_record_has_the_layout_of_the_byte_picture_and_is_checked_whole()
        {
            byte[] bytes = new byte[64];
            int length = PeerLog.Write(bytes, 3, PeerLog.Put, 0x0102, new byte[] { 0, 0xAA, 0xBB }, 1, 2);
            Assert.Equal(18, length);
            Assert.Equal("0200" + "01" + "00" + "0201000000000000" + "AABB", Convert.ToHexString(bytes, 7, 14));
            Assert.Equal(18, PeerLog.Check(bytes, 3, 3 + length));
            Assert.Equal(PeerLog.Put, PeerLog.KindOf(bytes, 3));
            Assert.Equal(0x0102, PeerLog.PeerIdOf(bytes, 3));
            for (int cut = 0; cut < length; cut++) Assert.Equal(PeerLog.Cut, PeerLog.Check(bytes, 3, 3 + cut));
            for (int at = 3; at < 3 + length; at++)
            {
                bytes[at] ^= 0x80;
                Assert.True(PeerLog.Check(bytes, 3, 3 + length) <= 0, "flipped byte " + at);
                bytes[at] ^= 0x80;
            }
        }
    }
}
