using MicroLink.Disco;
using Xunit;

namespace MicroLink.Tests.Unit.Disco;

/// <summary>A known peer that has gone mad costs no more than its share.</summary>
public sealed class DiscoLimiterTests
{
    [Fact]
    public void A_sender_has_a_burst_and_a_rate_and_others_do_not_notice()
    {
        DiscoLimiter limiter = new DiscoLimiter();
        byte[] mad = new byte[32], calm = new byte[32];
        calm[0] = 1;
        int allowed = 0;
        for (int ms = 0; ms < 10000; ms++)
        {
            if (limiter.Allow(mad, 0, ms)) allowed++;
            if (ms % 500 == 0) Assert.True(limiter.Allow(calm, 0, ms));
        }
        Assert.InRange(allowed, DiscoLimiter.Burst + 10 * DiscoLimiter.PerSecond - 5, DiscoLimiter.Burst + 10 * DiscoLimiter.PerSecond + 5);
        Assert.Equal(10000 - allowed, limiter.Refused);
    }
}
