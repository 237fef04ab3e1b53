using System.Threading;
using MicroLink.Native;
using MicroLink.Runtime;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// The node's UDP port over the native pump (native/port/linux). Datagrams never come here; one thread waits for the data plane's
    /// events and announces them.
    /// </summary>
    public sealed class UdpPacketPort : IPacketPort
    {
        /// <summary>How long one native wait lasts at most; only bounds how long a lost wake-up could go unnoticed.</summary>
        private const int WaitMs = 1000;

        private readonly TunDevice _tun;
        private int _pump;
        private ActorRef _owner;
        private Thread _waiter;

        /// <param name="tun">The device that takes the place of the node's own IP stack, or null.</param>
        public UdpPacketPort(TunDevice tun = null)
        {
            _tun = tun;
        }

        public string Error { get; private set; }

        /// <summary>Told the pump's handle whenever it is opened, on the thread that opens it: a bridge of the host sends by it, too.</summary>
        public System.Action<int> Opened { get; set; }

        public int Open(int dataPlane, int preferredPort, ActorRef owner)
        {
            if (_pump != 0) return Rebind(preferredPort);
            int pump = Pump.Open(dataPlane, preferredPort);
            if (pump <= 0)
            {
                Error = "The UDP port could not be opened (error " + -pump + "); check that this process may use the network.";
                return 0;
            }
            string refused = _tun?.Start(pump);
            if (refused != null)
            {
                Pump.Close(pump);
                Error = refused;
                return 0;
            }
            _pump = pump;
            _owner = owner;
            _waiter = new Thread(WaitLoop) { IsBackground = true, Name = "microlink-udp" };
            _waiter.Start();
            Opened?.Invoke(pump);
            return Pump.Port(pump);
        }

        public void Flush()
        {
            if (_pump != 0) Pump.Flush(_pump);
        }

        public int Rebind(int preferredPort)
        {
            if (_pump == 0) return 0;
            int port = Pump.Rebind(_pump, preferredPort);
            if (port > 0) return port;
            Error = "The UDP port could not be opened again (error " + -port + ").";
            return 0;
        }

        public int LocalAddresses(byte[] into, int offset)
        {
            return AddressBytes.WriteLocal(into, offset);
        }

        public void Close()
        {
            int pump = Interlocked.Exchange(ref _pump, 0);
            if (pump == 0) return;
            _tun?.Stop();
            Pump.Close(pump);
            _waiter.Join();
        }

        private void WaitLoop()
        {
            int pump = _pump;
            while (true)
            {
                int result = Pump.Wait(pump, WaitMs);
                if (result < 0) return;
                if (result == 0) continue;
                // A full mailbox must not swallow the announcement: without it the events would wait for the next one.
                while (!_owner.TellUrgent(NetIoReady.Instance) && !_owner.Tell(NetIoReady.Instance) && _pump != 0) Thread.Sleep(1);
            }
        }
    }
}
