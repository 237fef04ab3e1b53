using System.Linq;
using System.Net;
using System.Net.NetworkInformation;
using MicroLink.Drivers.Desktop;
using Xunit;

namespace MicroLink.Tests.Unit.Drivers
{
    public sealed class LocalAddressesTests
    {
        [Fact]
        public void They_are_those_that_the_runtime_sees()
        {
            byte[] bytes = new byte[64 * AddressBytes.Length];
            int count = AddressBytes.WriteLocal(bytes, 0);
            IPAddress[] ours = Enumerable.Range(0, count).Select(i => AddressBytes.Read(bytes, i * AddressBytes.Length)).ToArray();
            IPAddress[] seen = NetworkInterface.GetAllNetworkInterfaces().Where(card => card.OperationalStatus != OperationalStatus.Down)
                .SelectMany(card => card.GetIPProperties().UnicastAddresses).Select(row => row.Address).ToArray();
            Assert.NotEmpty(ours);
            Assert.All(ours, address => Assert.Contains(address, seen));
            Assert.All(seen.Where(address => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && !IPAddress.IsLoopback(address)
                && !(address.GetAddressBytes()[0] == 100 && (address.GetAddressBytes()[1] & 0xC0) == 64)), address => Assert.Contains(address, ours));
        }
    }
}
