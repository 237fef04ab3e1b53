using MicroLink.Control;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.Runtime;
using MicroLink.WireGuard;

namespace MicroLink.Sockets
{
    /// <summary>
    /// Owns the netif: gives the stack our addresses, runs its timers, and hands on what it tells. Packets never come here.
    /// <code>
    ///  netio --SocketsReady--> sockets --SocketsReady--> udp, tcp
    ///                             |  AddressWanted --> node --PeerWanted--> wg --PeerActivated--> sockets: waiting packets go
    /// </code>
    /// </summary>
    public sealed class SocketsActor : Actor
    {
        /// <summary>Timer slots this actor needs (Props.WithTimers).</summary>
        public const int TimerSlots = 2;
        private const int TickTimer = 0, TellTimer = 1;
        private const int TellRetryMs = 5;

        private readonly NetStack _stack;
        private readonly ActorRef _node, _udp, _tcp;
        private readonly int _echoPort;
        private readonly byte[] _wanted = new byte[DataPlane.AddressLength];
        private int _untold;

        /// <param name="stack">Opened once, outside: sockets survive a restart of this actor. One that could not be opened says why.</param>
        /// <param name="echoPort">UDP and TCP port that answers with what it gets, for tests; 0 = none.</param>
        public SocketsActor(NetStack stack, ActorRef node, ActorRef udp, ActorRef tcp, int echoPort)
        {
            _stack = stack;
            _node = node;
            _udp = udp;
            _tcp = tcp;
            _echoPort = echoPort;
        }

        protected override void OnStart()
        {
            if (!_stack.IsOpen)
            {
                Log.Warning(_stack.Trouble);
                Send(_node, new SocketsTrouble(_stack.Trouble));
                return;
            }
            Echo();
            Timers.Set(TickTimer, 1, SocketTimer.Tick, "timers of the IP stack");
        }

        protected override void OnReceive(Message message)
        {
            if (!_stack.IsOpen) return;
            switch (message)
            {
                case SocketsReady _: Drain(); break;
                case SocketTimer timer: OnTimer(timer); break;
                case SelfChanged self: _stack.SetAddresses(self.Self.Addresses); break;
                case PeerActivated _: _stack.Retry(NowMs); break;
                case NobodyHas nobody: Net.NobodyHas(_stack.Handle, nobody.Address, 0); break;
                default: return;
            }
        }

        private void OnTimer(SocketTimer timer)
        {
            if (timer == SocketTimer.Tick) Timers.Set(TickTimer, _stack.Tick(NowMs), SocketTimer.Tick, "timers of the IP stack");
            else Tell();
        }

        private void Echo()
        {
            if (_echoPort == 0 || _stack.Echoes) return;
            int result = Net.Echo(_stack.Handle, _echoPort);
            _stack.Echoes = result == 0;
            if (!_stack.Echoes) Send(_node, new SocketsTrouble("The echo port " + _echoPort.ToString() + " is not served: " + Net.Describe(result) + "."));
        }

        private void Drain()
        {
            bool more;
            do _untold |= _stack.Poll(out more);
            while (more);
            Tell();
            while (Net.Wanted(_stack.Handle, _wanted) == 1)
            {
                byte[] address = new byte[DataPlane.AddressLength];
                System.Array.Copy(_wanted, 0, address, 0, address.Length);
                // Refused: the packets are dropped after ten seconds and counted; TCP has asked again by then.
                Send(_node, new AddressWanted(address));
            }
        }

        /// <summary>News that an owner's mailbox refuses is offered again: the stack tells each change once.</summary>
        private void Tell()
        {
            if ((_untold & 1 << NetStack.UdpOwns) != 0 && Send(_udp, SocketsReady.Instance)) _untold &= ~(1 << NetStack.UdpOwns);
            if ((_untold & 1 << NetStack.TcpOwns) != 0 && Send(_tcp, SocketsReady.Instance)) _untold &= ~(1 << NetStack.TcpOwns);
            _untold &= 1 << NetStack.UdpOwns | 1 << NetStack.TcpOwns;
            if (_untold != 0) Timers.Set(TellTimer, TellRetryMs, SocketTimer.Told, "socket actors are busy");
        }
    }
}
