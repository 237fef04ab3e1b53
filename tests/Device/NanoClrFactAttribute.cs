using Xunit;

namespace MicroLink.Tests.Device;

/// <summary>A test that is skipped, with what to set, where nanoFramework is not installed.</summary>
public sealed class NanoClrFactAttribute : FactAttribute
{
    public NanoClrFactAttribute()
    {
        Skip = NanoTools.WhyNot();
    }
}
