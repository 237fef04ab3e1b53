using Xunit;

namespace MicroLink.Tests.Interop.Network
{
    /// <summary>Runs where network namespaces with nftables and the built node and lab are; elsewhere it says why not.</summary>
    public sealed class NetworkFactAttribute : FactAttribute
    {
        private static readonly string s_whyNot = NetworkLab.WhyNot();

        public NetworkFactAttribute()
        {
            Skip = s_whyNot;
        }
    }
}
