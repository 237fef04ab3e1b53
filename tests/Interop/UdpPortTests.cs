using System;
using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Drivers.Desktop;
using MicroLink.Native;
using MicroLink.Runtime;
using Xunit;

namespace MicroLink.Tests.Interop
{
    /// <summary>The UDP port over the native pump, on real loopback sockets.</summary>
    public sealed class UdpPortTests
    {
        private static readonly byte[] s_magic = { 0x54, 0x53, 0xF0, 0x9F, 0x92, 0xAC };

        [Theory]
        [InlineData("127.0.0.1")]
        [InlineData("::1")]
        public void A_datagram_from_one_data_plane_is_announced_at_the_other(string address)
        {
            using StreamClient client = new StreamClient(null);   // only its recording actor is used
            int from = DataPlane.Create(4, 1024, 16, 16384, 65536), to = DataPlane.Create(4, 1024, 16, 16384, 65536);
            UdpPacketPort sender = new UdpPacketPort(), receiver = new UdpPacketPort();
            int senderPort = sender.Open(from, 0, client.Owner), port = receiver.Open(to, 0, client.Owner);
            Assert.True(senderPort > 0 && port > 0, sender.Error + receiver.Error);
            byte[] key = new byte[32], datagram = new byte[124], endpoint = new byte[18], record = new byte[DataPlane.MaxEvent];
            key[3] = 9;
            DataPlane.DiscoKnown(to, key, true);
            s_magic.CopyTo(datagram, 0);
            key.CopyTo(datagram, s_magic.Length);
            for (int round = 0; round < 3; round++)   // announced every time, not only the first
            {
                AddressBytes.Write(System.Net.IPAddress.Parse(address), endpoint, 0);
                endpoint[16] = (byte)(port >> 8);
                endpoint[17] = (byte)port;
                DataPlane.UdpOut(from, endpoint, 0, datagram, 0, datagram.Length);
                sender.Flush();
                Assert.IsType<NetIoReady>(client.Next());
                Assert.Equal(DataPlane.EventHeader + datagram.Length, DataPlane.PollEvent(to, record, 0));
                Assert.Equal(senderPort, record[24] << 8 | record[25]);
            }
            receiver.Close();
            sender.Close();
            DataPlane.Destroy(from);
            DataPlane.Destroy(to);
        }

        [Fact]
        public void A_taken_port_gives_another_and_rebind_keeps_the_number()
        {
            using StreamClient client = new StreamClient(null);
            int plane = DataPlane.Create(4, 1024, 16, 16384, 65536), other = DataPlane.Create(4, 1024, 16, 16384, 65536);
            UdpPacketPort first = new UdpPacketPort(), second = new UdpPacketPort();
            int port = first.Open(plane, 0, client.Owner);
            int another = second.Open(other, port, client.Owner);
            Assert.NotEqual(0, another);
            Assert.NotEqual(port, another);
            second.Close();
            Assert.Equal(port, first.Rebind(port));
            first.Close();
            first.Close();
            Assert.Equal(0, first.Rebind(0));
            DataPlane.Destroy(plane);
            DataPlane.Destroy(other);
        }

        [Fact]
        public void Local_addresses_are_those_of_the_interfaces()
        {
            byte[] into = new byte[16 * 32];
            int count = new UdpPacketPort().LocalAddresses(into, 0);
            Assert.True(count > 0);
            for (int i = 0; i < count; i++) Assert.NotNull(AddressBytes.Read(into, 16 * i));
            Assert.Equal(1, new UdpPacketPort().LocalAddresses(new byte[16], 0));   // never more than fit
        }
    }
}
