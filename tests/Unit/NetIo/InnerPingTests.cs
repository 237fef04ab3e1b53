using System;
using MicroLink.NetIo;
using Xunit;

namespace MicroLink.Tests.Unit;

public sealed class InnerPingTests
{
    private readonly byte[] _packet = new byte[InnerPing.MaxLength];

    /// <summary>The golden TSMP ping of protocol.md 13.2, with its data 01..08 put in.</summary>
    [Fact]
    public void Tsmp_ping_is_the_golden_packet()
    {
        int length = InnerPing.WriteTsmp(_packet, 0, PlaneNode.Address(1), 0, PlaneNode.Address(2), 0, 0x01020304);
        for (int i = 0; i < 4; i++) _packet[25 + i] = (byte)(5 + i);
        Assert.Equal("4500001D000000004063B1FB6440000164400002700102030405060708", Convert.ToHexString(_packet, 0, length));
    }

    [Fact]
    public void Echo_requests_have_right_checksums()
    {
        int length = InnerPing.WriteIcmp(_packet, 0, PlaneNode.Address(1), 0, PlaneNode.Address(2), 0, unchecked((int)0xdeadbeef));
        Assert.Equal(28, length);
        Assert.Equal(0xffff, Sum(_packet, 0, 20, 0));
        Assert.Equal(0xffff, Sum(_packet, 20, 8, 0));

        byte[] one = Convert.FromHexString("fd7a115ca1e000000000000000000001"), two = Convert.FromHexString("fd7a115ca1e000000000000000000002");
        length = InnerPing.WriteIcmp(_packet, 0, one, 0, two, 0, 0x01020304);
        Assert.Equal(48, length);
        Assert.Equal(0xffff, Sum(_packet, 40, 8, Sum(_packet, 8, 32, 8 + 58)));
    }

    [Fact]
    public void Families_must_agree()
    {
        byte[] v6 = Convert.FromHexString("fd7a115ca1e000000000000000000001");
        Assert.Equal(-1, InnerPing.WriteIcmp(_packet, 0, v6, 0, PlaneNode.Address(2), 0, 1));
        Assert.Equal(-1, InnerPing.WriteTsmp(_packet, 0, PlaneNode.Address(2), 0, v6, 0, 1));
    }

    /// <summary>Random bytes never make the reader leave the packet or throw.</summary>
    [Fact]
    public void Replies_are_read_without_trust()
    {
        Random random = new(7);
        byte[] junk = new byte[80];
        for (int i = 0; i < 20000; i++)
        {
            random.NextBytes(junk);
            junk[0] = (byte)(random.Next(2) == 0 ? 0x40 | junk[0] & 15 : 0x60);
            if (random.Next(2) == 0) junk[junk[0] >> 4 == 4 ? 9 : 6] = (byte)(random.Next(2) == 0 ? 99 : 1);
            int count = random.Next(junk.Length + 1);
            byte[] exact = junk.AsSpan(0, count).ToArray();
            InnerPing.ReadReply(exact, 0, count, out _, out _);
        }
    }

    private static int Sum(byte[] bytes, int offset, int count, int sum)
    {
        for (int i = 0; i < count; i += 2) sum += bytes[offset + i] << 8 | bytes[offset + i + 1];
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        return sum;
    }
}
