using System;
using System.Net;
using System.Text;
using MicroLink.Bytes;
using Xunit;

namespace MicroLink.Tests.Unit.Bytes;

public class NetEndpointTests
{
    [Theory]
    [InlineData("1.2.3.4:567", "00000000000000000000ffff010203040237")]
    [InlineData("0.0.0.0:0", "00000000000000000000ffff000000000000")]
    [InlineData("255.255.255.255:65535", "00000000000000000000ffffffffffffffff")]
    [InlineData("[2001::1]:789", "200100000000000000000000000000010315")]
    [InlineData("[::]:1", "000000000000000000000000000000000001")]
    [InlineData("[fd7a:115c:a1e0:ab12:4843:cd96:6240:1]:41641", "fd7a115ca1e0ab124843cd9662400001a2a9")]
    public void Text_and_bytes(string text, string bytes)
    {
        byte[] endpoint = new byte[20];
        Assert.True(NetEndpoint.Parse(text, endpoint, 1));
        Assert.Equal(bytes, Hex.ToText(endpoint, 1, 18));
        Assert.Equal(text, NetEndpoint.Format(endpoint, 1));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":1")]
    [InlineData("1.2.3.4")]
    [InlineData("1.2.3.4:")]
    [InlineData("1.2.3.4:65536")]
    [InlineData("1.2.3.4:-1")]
    [InlineData("1.2.3.4:01")]
    [InlineData("1.2.3.4:1 ")]
    [InlineData("1.2.3:1")]
    [InlineData("1.2.3.4.5:1")]
    [InlineData("1.2.3.256:1")]
    [InlineData("01.2.3.4:1")]
    [InlineData("1..3.4:1")]
    [InlineData("1.2.3.4x:1")]
    [InlineData("1.2.3.1234:1")]
    [InlineData("host:1")]
    [InlineData("2001::1:789")]
    [InlineData("[2001::1]")]
    [InlineData("[2001::1]789")]
    [InlineData("[2001::1:789")]
    [InlineData("[]:1")]
    [InlineData("[1.2.3.4]:1")]
    [InlineData("[fe80::1%eth0]:1")]
    [InlineData("[1:2:3:4:5:6:7]:1")]
    [InlineData("[1:2:3:4:5:6:7:8:9]:1")]
    [InlineData("[1:2:3:4:5:6:7:8::]:1")]
    [InlineData("[1::2::3]:1")]
    [InlineData("[:1::2]:1")]
    [InlineData("[1::2:]:1")]
    [InlineData("[:::]:1")]
    [InlineData("[12345::]:1")]
    [InlineData("[g::]:1")]
    [InlineData("[::1.2.3]:1")]
    [InlineData("[::1.2.3.4:5]:1")]
    [InlineData("[1:2:3:4:5:6:7:1.2.3.4]:1")]
    public void Refused(string text)
    {
        Assert.False(NetEndpoint.Parse(text, new byte[18], 0));
    }

    /// <summary>Every address of the platform's own parser, written its way, is read and written the same.</summary>
    [Fact]
    public void Addresses_agree_with_the_platform()
    {
        const int seed = 5952;
        Random random = new(seed);
        byte[] address = new byte[16], back = new byte[16];
        for (int i = 0; i < 3000; i++)
        {
            for (int k = 0; k < 16; k += 2)
            {
                bool zero = random.Next(3) > 0;
                address[k] = zero ? (byte)0 : (byte)random.Next(random.Next(1, 256));
                address[k + 1] = zero ? (byte)0 : (byte)random.Next(256);
            }
            // The platform writes ::a.b.c.d and mapped addresses with dots; Go's netip only the mapped ones, and ours as plain IPv4.
            address[0] |= 0x20;
            string expected = new IPAddress(address).ToString();
            Assert.True(NetEndpoint.FormatAddress(address, 0) == expected, $"seed {seed}, {i}: {expected}");
            Assert.True(NetEndpoint.ParseAddress(expected, back, 0));
            Assert.Equal(address, back);
        }
    }

    [Theory]
    [InlineData("::ffff:1.2.3.4", "1.2.3.4")]
    [InlineData("::ffff:102:304", "1.2.3.4")]
    [InlineData("64:ff9b::1.2.3.4", "64:ff9b::102:304")]
    [InlineData("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304")]
    [InlineData("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1")]
    [InlineData("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0")]
    [InlineData("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8")]
    [InlineData("::1", "::1")]
    [InlineData("1::", "1::")]
    public void Other_ways_to_write_an_address(string text, string canonical)
    {
        byte[] address = new byte[16];
        Assert.True(NetEndpoint.ParseAddress(text, address, 0));
        Assert.Equal(canonical, NetEndpoint.FormatAddress(address, 0));
    }

    [Theory]
    [InlineData("100.64.0.1/32", "100.64.0.1", true)]
    [InlineData("100.64.0.1/32", "100.64.0.2", false)]
    [InlineData("100.64.0.0/10", "100.127.255.255", true)]
    [InlineData("100.64.0.0/10", "100.128.0.0", false)]
    [InlineData("0.0.0.0/0", "8.8.8.8", true)]
    [InlineData("0.0.0.0/0", "2001::1", false)]
    [InlineData("::/0", "2001::1", true)]
    [InlineData("fd7a:115c:a1e0::/48", "fd7a:115c:a1e0:ab12::1", true)]
    [InlineData("fd7a:115c:a1e0::/48", "fd7a:115c:a1e1::1", false)]
    [InlineData("10.1.2.3/9", "10.127.0.1", true)]
    [InlineData("10.1.2.3/9", "10.128.0.1", false)]
    public void Prefixes(string prefix, string address, bool inside)
    {
        byte[] prefixBytes = new byte[18], addressBytes = new byte[16];
        Assert.True(NetEndpoint.ParsePrefix(prefix, prefixBytes, 1));
        Assert.Equal(prefix, NetEndpoint.FormatPrefix(prefixBytes, 1));
        Assert.True(NetEndpoint.ParseAddress(address, addressBytes, 0));
        Assert.Equal(inside, NetEndpoint.PrefixContains(prefixBytes, 1, addressBytes, 0));
    }

    [Theory]
    [InlineData("1.2.3.4")]
    [InlineData("1.2.3.4/33")]
    [InlineData("1.2.3.4/")]
    [InlineData("1.2.3.4/-1")]
    [InlineData("1.2.3.4/08")]
    [InlineData("::1/129")]
    [InlineData("/8")]
    [InlineData("1.2.3.4/8/8")]
    public void Prefixes_refused(string text)
    {
        Assert.False(NetEndpoint.ParsePrefix(text, new byte[17], 0));
    }

    [Theory]
    [InlineData("127.0.0.1", "loopback")]
    [InlineData("::1", "loopback")]
    [InlineData("10.255.0.1", "private")]
    [InlineData("172.16.0.1", "private")]
    [InlineData("172.31.255.255", "private")]
    [InlineData("172.32.0.1", "")]
    [InlineData("192.168.7.7", "private")]
    [InlineData("192.169.0.1", "")]
    [InlineData("fc00::1", "private")]
    [InlineData("fd7a:115c:a1e0::1", "private tailnet")]
    [InlineData("fd7a:115c:a1e1::1", "private")]
    [InlineData("169.254.1.1", "linklocal")]
    [InlineData("fe80::1", "linklocal")]
    [InlineData("febf::1", "linklocal")]
    [InlineData("fec0::1", "")]
    [InlineData("224.0.0.1", "multicast")]
    [InlineData("239.255.255.255", "multicast")]
    [InlineData("240.0.0.1", "")]
    [InlineData("ff02::1", "multicast")]
    [InlineData("0.0.0.0", "unspecified")]
    [InlineData("::", "unspecified")]
    [InlineData("100.64.0.1", "tailnet")]
    [InlineData("100.127.255.254", "tailnet")]
    [InlineData("100.128.0.1", "")]
    [InlineData("100.63.0.1", "")]
    [InlineData("8.8.8.8", "")]
    [InlineData("2001:4860::8888", "")]
    public void Kinds(string text, string kinds)
    {
        byte[] a = new byte[18];
        Assert.True(NetEndpoint.ParseAddress(text, a, 2));
        StringBuilder found = new();
        void Note(bool holds, string name) { if (holds) found.Append(found.Length > 0 ? " " : "").Append(name); }
        Note(NetEndpoint.IsLoopback(a, 2), "loopback");
        Note(NetEndpoint.IsPrivate(a, 2), "private");
        Note(NetEndpoint.IsLinkLocal(a, 2), "linklocal");
        Note(NetEndpoint.IsMulticast(a, 2), "multicast");
        Note(NetEndpoint.IsUnspecified(a, 2), "unspecified");
        Note(NetEndpoint.IsTailnet(a, 2), "tailnet");
        Assert.Equal(kinds, found.ToString());
        Assert.Equal(!text.Contains(':'), NetEndpoint.IsV4(a, 2));
    }

    [Fact]
    public void Writing_and_comparing()
    {
        byte[] a = new byte[18], b = new byte[40];
        Array.Fill(b, (byte)0xee);
        NetEndpoint.WriteV4(a, 0, 2, 3, 4, 5, 1234);
        NetEndpoint.WriteV4(b, 20, new byte[] { 9, 2, 3, 4, 5 }, 1, 1234);
        Assert.True(NetEndpoint.Equal(a, 0, b, 20));
        Assert.Equal("2.3.4.5:1234", NetEndpoint.Format(b, 20));
        NetEndpoint.SetPort(b, 20, 65535);
        Assert.False(NetEndpoint.Equal(a, 0, b, 20));
        Assert.True(NetEndpoint.AddressEqual(a, 0, b, 20));
        Assert.Equal(65535, NetEndpoint.Port(b, 20));
        NetEndpoint.Write(b, 0, a, 0, 80);
        Assert.Equal("2.3.4.5:80", NetEndpoint.Format(b, 0));
        Assert.Equal(0xee, b[18]);
    }
}
