using Xunit;

namespace MicroLink.Tests.Interop
{
    /// <summary>A test that is skipped, with the reason, where openssl is not installed.</summary>
    public sealed class OpenSslFactAttribute : FactAttribute
    {
        public OpenSslFactAttribute()
        {
            Skip = OpenSslServer.WhyNot();
        }
    }

    /// <summary>As <see cref="OpenSslFactAttribute"/>, with data.</summary>
    public sealed class OpenSslTheoryAttribute : TheoryAttribute
    {
        public OpenSslTheoryAttribute()
        {
            Skip = OpenSslServer.WhyNot();
        }
    }
}
