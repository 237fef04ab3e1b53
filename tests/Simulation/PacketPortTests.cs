using System;
using MicroLink.Drivers;
using MicroLink.Drivers.Simulated;
using MicroLink.Native;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Simulation
{
    /// <summary>
    /// Two native data planes joined by the simulated network: a datagram goes through, at virtual time, and events are announced.
    /// </summary>
    public sealed class PacketPortTests
    {
        [Fact]
        public void What_one_data_plane_sends_the_other_receives_and_announces()
        {
            VirtualClock time = new VirtualClock { Ms = 1000 };
            SimNetwork network = new SimNetwork(time, 1);
            SimHost a = network.AddPublicHost("a"), b = network.AddPublicHost("b");
            TestSystem system = new TestSystem(time, 8);
            Probe ownerA = system.NewProbe("a"), ownerB = system.NewProbe("b");
            int planeA = DataPlane.Create(4, 1024, 16, 16384, 65536), planeB = DataPlane.Create(4, 1024, 16, 16384, 65536);
            SimPacketPort portA = new SimPacketPort(a), portB = new SimPacketPort(b);
            Assert.Equal(41641, portA.Open(planeA, 41641, ownerA.Ref));
            Assert.Equal(41641, portB.Open(planeB, 41641, ownerB.Ref));
            byte[] local = new byte[16];
            Assert.Equal(1, portB.LocalAddresses(local, 0));

            byte[] key = new byte[32];
            key[0] = 7;
            DataPlane.DiscoKnown(planeB, key, true);
            byte[] datagram = new byte[124];
            new byte[] { 0x54, 0x53, 0xF0, 0x9F, 0x92, 0xAC }.CopyTo(datagram, 0);
            key.CopyTo(datagram, 6);
            byte[] endpoint = new byte[18];
            new SimEndpoint(b.Address, 41641).Write(endpoint);
            DataPlane.UdpOut(planeA, endpoint, 0, datagram, 0, datagram.Length);
            portA.Flush();
            for (int ms = 0; ms < 9; ms++)
            {
                time.Ms++;
                network.RunDue();
            }
            byte[] record = new byte[DataPlane.MaxEvent];
            Assert.Equal(0, DataPlane.PollEvent(planeB, record, 0));
            time.Ms += 1;
            while (network.RunDue())
            {
            }
            system.RunToQuiet();
            ownerB.Expect(typeof(NetIoReady));
            Assert.Equal(64 + 124, DataPlane.PollEvent(planeB, record, 0));
            Assert.Equal(2, record[0]);   // a DISCO event
            Assert.True(SimEndpoint.TryRead(record.AsSpan(8), out SimEndpoint source));
            Assert.Equal(new SimEndpoint(a.Address, 41641), source);
            portA.Close();
            portB.Close();
            DataPlane.Destroy(planeA);
            DataPlane.Destroy(planeB);
        }
    }
}
