using MicroLink.Disco;
using Xunit;

namespace MicroLink.Tests.Unit.Disco;

/// <summary>A known peer that has gone mad costs no more than its share.</summary>
public sealed class DiscoLimiterTests
{
    [Fact]
    public void A_sender_has_a_burst_and_a_rate_and_others_do_not_notice()
    {
        DiscoLimiter limiter = new DiscoLimiter(DiscoLimiter.PerSecond, DiscoLimiter.Burst);
        byte[] mad = new byte[50], calm = new byte[50];
        calm[0] = 1;
        int allowed = 0;
        for (int ms = 0; ms < 10000; ms++)
        {
            if (limiter.Allow(mad, 0, 32, ms)) allowed++;
            if (ms % 500 == 0) Assert.True(limiter.Allow(calm, 0, 32, ms));
        }
        Assert.InRange(allowed, DiscoLimiter.Burst + 10 * DiscoLimiter.PerSecond - 5, DiscoLimiter.Burst + 10 * DiscoLimiter.PerSecond + 5);
        Assert.Equal(10000 - allowed, limiter.Refused);
    }

    [Fact]
    public void A_stranger_with_a_peers_key_does_not_use_up_the_peers_share()
    {
        DiscoLimiter limiter = new DiscoLimiter(DiscoLimiter.PerSecond, DiscoLimiter.Burst);
        byte[] peer = new byte[50], stranger = new byte[50];
        stranger[32 + 15] = 9;
        for (int ms = 0; ms < 10000; ms++)
        {
            limiter.Allow(stranger, 0, 32, ms);
            if (ms % 500 == 0) Assert.True(limiter.Allow(peer, 0, 32, ms));
        }
    }
}
