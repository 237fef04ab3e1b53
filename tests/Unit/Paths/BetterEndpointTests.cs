using MicroLink.Bytes;
using MicroLink.Paths;
using Xunit;

namespace MicroLink.Tests.Unit.Paths;

/// <summary>The comparison of proven addresses, with the golden values of protocol.md 13 (betterAddr).</summary>
public sealed class BetterEndpointTests
{
    [Theory]
    [InlineData("1.2.3.4:5", 5, "2.3.4.5:6", 10, true)]
    [InlineData("1.2.3.4:5", 5, "1.2.3.4:5", 10, false)]
    [InlineData("1.2.3.4:5", 100, "2.3.4.5:6", 100, false)]
    [InlineData("1.2.3.4:5", 100, "2.3.4.5:6", 101, false)]
    [InlineData("1.2.3.4:5", 100, "2.3.4.5:6", 103, true)]
    [InlineData("1.2.3.4:5", 0, "2.3.4.5:6", 0, false)]
    [InlineData("10.0.0.2:1", 100, "1.2.3.4:5", 91, true)]
    [InlineData("1.2.3.4:5", 91, "10.0.0.2:1", 100, false)]
    [InlineData("10.0.0.2:1", 100, "1.2.3.4:5", 30, false)]
    [InlineData("1.2.3.4:5", 30, "10.0.0.2:1", 100, true)]
    [InlineData("[2001::5]:1", 100, "1.2.3.4:5", 91, true)]
    [InlineData("[2001::5]:1", 100, "1.2.3.4:5", 30, false)]
    [InlineData("192.168.0.1:1", 100, "[2001::5]:1", 101, true)]
    [InlineData("[2001::5]:1", 101, "192.168.0.1:1", 100, false)]
    [InlineData("[fe80::1]:1", 101, "[fd89::1]:1", 100, true)]
    [InlineData("[fe80::1]:1", 101, "[::1]:1", 100, false)]
    public void As_the_reference(string a, int aMs, string b, int bMs, bool expected)
    {
        byte[] pair = Disco.DiscoWireTests.Endpoints(a + " " + b);
        Assert.Equal(expected, BetterEndpoint.IsBetter(pair, 0, aMs * 1000, pair, 18, bMs * 1000));
    }

    [Fact]
    public void Differences_below_a_millisecond_are_noise()
    {
        byte[] pair = Disco.DiscoWireTests.Endpoints("1.2.3.4:5 2.3.4.5:6");
        Assert.False(BetterEndpoint.IsBetter(pair, 0, 30, pair, 18, 900));
    }
}
