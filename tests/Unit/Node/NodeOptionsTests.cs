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
        [InlineData("http://")]
        [InlineData("https://control.example:99999")]
        [InlineData("https://control.example/path")]
        public void Control_url_that_can_never_work_is_refused_at_start(string url)
        {
            Assert.Contains("must look like https://name", new NodeOptions { ControlUrl = url }.Check());
        }

        [Fact]
        public void Control_urls_scheme_may_be_of_either_case()
        {
            Assert.Null(new NodeOptions { ControlUrl = "HTTPS://Control.example:443/" }.Check());
        }

        [Theory]
        [InlineData("a b")]
        [InlineData("-a")]
        [InlineData("a-")]
        [InlineData("a..b")]
        [InlineData("a-.b")]
        [InlineData(".")]
        [InlineData("a_b")]
        [InlineData("Über")]
        public void Host_names_that_dns_does_not_have_are_refused(string name)
        {
            Assert.Contains("\"" + name + "\"", new NodeOptions { HostName = name }.Check());
        }

        [Theory]
        [InlineData("a")]
        [InlineData("Sensor-7")]
        [InlineData("7.kitchen.example")]
        public void Host_names_are_labels_with_dots_between(string name)
        {
            Assert.Null(new NodeOptions { HostName = name }.Check());
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
