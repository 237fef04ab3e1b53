using System.Collections;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.Runtime;

namespace MicroLink.Sockets
{
    /// <summary>
    /// UDP inside the tunnel, for actors and for the facade <see cref="TunnelUdp"/>. A buffer that is told to this actor is sent; reading is
    /// asked for. What nobody reads stays in the native socket, which holds 256 datagrams and counts what it drops beyond.
    /// </summary>
    public sealed class UdpSocketActor : Actor
    {
        /// <summary>Timer slots this actor needs (Props.WithTimers).</summary>
        public const int TimerSlots = 2;
        private const int DeadlineTimer = 0, BufferTimer = 1;
        private const int NoBufferMs = 5;

        private readonly NetStack _stack;
        private readonly ArrayList _sockets = new ArrayList();
        private readonly byte[] _local = new byte[DataPlane.EndpointLength];

        /// <param name="pool">Leased by senders and for what arrives; buffers cut longer datagrams, which is counted.</param>
        public UdpSocketActor(NetStack stack, BufferPool pool)
        {
            _stack = stack;
            Pool = pool;
        }

        public readonly BufferPool Pool;

        protected override void OnStop()
        {
            for (int i = 0; i < _sockets.Count; i++) Shut((UdpSocket)_sockets[i], DataPlane.BadHandle);
            _sockets.Clear();
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case PacketBuffer buffer: OnSend(buffer); break;
                case UdpBind bind: OnBind(bind); break;
                case UdpRead read: OnRead(read); break;
                case UdpClose close: OnClose(close.Udp); break;
                case SocketsReady _: ServeAll(); break;
                case SocketTimer _: OnTimer(); break;
                default: return;
            }
        }

        private void OnBind(UdpBind bind)
        {
            if (!_stack.IsOpen)
            {
                Reply(new SocketError(Net.NoStack, _stack.Trouble ?? Net.Describe(Net.NoStack)));
                return;
            }
            System.Array.Clear(_local, 0, _local.Length);
            _local[16] = (byte)(bind.Port >> 8);
            _local[17] = (byte)bind.Port;
            int handle = Net.UdpOpen(_stack.Handle, _local, 0);
            if (handle < 0)
            {
                Reply(new SocketError(handle));
                return;
            }
            Net.Local(_stack.Handle, handle, _local, 0);
            UdpSocket socket = new UdpSocket(handle, _local[16] << 8 | _local[17]);
            _stack.Own(handle, NetStack.UdpOwns);
            _sockets.Add(socket);
            if (Reply(new UdpBound(socket))) return;
            OnClose(socket);   // nobody waits for it any more
        }

        private void OnSend(PacketBuffer buffer)
        {
            UdpSocket socket = buffer.Tag as UdpSocket;
            int result = DataPlane.BadArgument;
            if (socket == null || !socket.IsOpen) result = Net.NotConnected;
            else if (buffer.Count >= SocketBuffer.DatagramHeader)
                result = Net.UdpSend(_stack.Handle, socket.Handle, buffer.Bytes, buffer.Offset, buffer.Bytes,
                    buffer.Offset + SocketBuffer.DatagramHeader, buffer.Count - SocketBuffer.DatagramHeader, NowMs);
            buffer.Return();
            _stack.Flush();
            if (result < 0 && Sender != null) Reply(new SocketError(result));
            else if (Ticket != 0) Reply(SocketDone.Instance);
        }

        private void OnRead(UdpRead read)
        {
            UdpSocket socket = read.Udp;
            if (!socket.IsOpen) Reply(new SocketError(Net.NotConnected));
            else if (socket.Reader.Waits) Reply(new SocketError(Net.InUse, "somebody else is reading from this socket"));
            else
            {
                socket.Reader.Set(Sender, Ticket, read.TimeoutMs, NowMs);
                Serve(socket);
                SetDeadline();
            }
        }

        private void OnClose(UdpSocket socket)
        {
            if (!socket.IsOpen) return;
            Shut(socket, Net.NotConnected);
            _sockets.Remove(socket);
        }

        private void Shut(UdpSocket socket, int error)
        {
            if (socket.Reader.Waits) ReplyTo(socket.Reader.Asker, socket.Reader.Ticket, new SocketError(error));
            socket.Reader.Clear();
            if (socket.Held != null) socket.Held.Return();
            socket.Held = null;
            _stack.Own(socket.Handle, NetStack.NobodyOwns);
            Net.Close(_stack.Handle, socket.Handle, false, NowMs);
            socket.Handle = 0;
        }

        private void ServeAll()
        {
            for (int i = 0; i < _sockets.Count; i++) Serve((UdpSocket)_sockets[i]);
        }

        /// <summary>Gives the reader what waits. Without a free buffer it is tried again; the datagram stays where it is.</summary>
        private void Serve(UdpSocket socket)
        {
            if (!socket.Reader.Waits) return;
            PacketBuffer buffer = socket.Held;
            socket.Held = null;
            if (buffer == null) buffer = Receive(socket);
            if (buffer == null) return;
            ActorRef asker = socket.Reader.Asker;
            int ticket = socket.Reader.Ticket;
            socket.Reader.Clear();
            // A reader who has gone away, or whose mailbox is full, loses nothing: the next one gets it.
            if (!ReplyTo(asker, ticket, buffer)) socket.Held = buffer;
        }

        private PacketBuffer Receive(UdpSocket socket)
        {
            PacketBuffer buffer = Pool.Lease();
            if (buffer == null)
            {
                Timers.Set(BufferTimer, NoBufferMs, SocketTimer.Deadline, "no free buffer for a datagram");
                return null;
            }
            int count = Net.UdpReceive(_stack.Handle, socket.Handle, buffer.Bytes, 0, buffer.Bytes, SocketBuffer.DatagramHeader,
                buffer.Bytes.Length - SocketBuffer.DatagramHeader);
            if (count < 0)
            {
                buffer.Return();
                return null;
            }
            buffer.Kind = SocketBuffer.Datagram;
            buffer.Tag = socket;
            buffer.Count = SocketBuffer.DatagramHeader + count;
            return buffer;
        }

        private void OnTimer()
        {
            ServeAll();
            for (int i = 0; i < _sockets.Count; i++)
            {
                UdpSocket socket = (UdpSocket)_sockets[i];
                if (NowMs < socket.Reader.UntilMs) continue;
                ReplyTo(socket.Reader.Asker, socket.Reader.Ticket, new SocketError(Net.TimedOut, "no datagram came in time"));
                socket.Reader.Clear();
            }
            SetDeadline();
        }

        private void SetDeadline()
        {
            long next = long.MaxValue;
            for (int i = 0; i < _sockets.Count; i++)
            {
                UdpSocket socket = (UdpSocket)_sockets[i];
                if (socket.Reader.UntilMs < next) next = socket.Reader.UntilMs;
            }
            Timers.SetAt(DeadlineTimer, next, SocketTimer.Deadline, "somebody waits for a datagram");
        }
    }
}
