using MicroLink.Node;
using Xunit;

namespace MicroLink.Tests.Unit.Node
{
    public sealed class NodeOptionsTests
    {
        [Fact]
        public void Defaults_are_valid()
        {
            Assert.Null(new NodeOptions().Check());
        }

        [Fact]
        public void The_options_of_a_small_device_are_valid()
        {
            NodeOptions options = NodeOptions.ForDevice();
            Assert.Null(options.Check());
            options.EventBuffers = 1;
            Assert.Contains("EventBuffers", options.Check());
        }

        [Theory]
        [InlineData("ftp://x")]
        [InlineData("")]
        [InlineData(null)]
        [InlineData("controlplane.example")]
        public void Control_url_needs_a_scheme(string url)
        {
            Assert.Contains("http://", new NodeOptions { ControlUrl = url }.Check());
        }

        [Theory]
        [InlineData(0)]
        [InlineData(1025)]
        public void Active_peers_are_never_clamped_silently(int peers)
        {
            Assert.Contains(peers.ToString(), new NodeOptions { ActivePeers = peers }.Check());
        }

        [Theory]
        [InlineData("tag:a", true)]
        [InlineData("tag:sensor-7", true)]
        [InlineData("tag:", false)]
        [InlineData("tag:7up", false)]
        [InlineData("sensor", false)]
        [InlineData("tag:a b", false)]
        public void Tags_follow_tailcfg(string tag, bool valid)
        {
            Assert.Equal(valid, new NodeOptions { AdvertiseTags = [tag] }.Check() == null);
        }

        [Fact]
        public void Host_name_has_at_most_63_characters()
        {
            Assert.Null(new NodeOptions { HostName = new string('a', 63) }.Check());
            Assert.NotNull(new NodeOptions { HostName = new string('a', 64) }.Check());
            Assert.NotNull(new NodeOptions { HostName = "" }.Check());
        }

        [Theory]
        [InlineData(-1)]
        [InlineData(65536)]
        public void Port_is_16_bits(int port)
        {
            Assert.NotNull(new NodeOptions { UdpPort = port }.Check());
        }
    }
}
