using System.Collections;
using MicroLink.Native;
using MicroLink.NetIo;
using MicroLink.Runtime;

namespace MicroLink.Sockets
{
    /// <summary>
    /// TCP inside the tunnel, for actors and for the facade <see cref="TunnelTcp"/>: connect, listen, accept, send, read, close. Back-pressure
    /// both ways: what nobody reads closes the window, what the stack has no room for waits here, and a sender who does not wait for
    /// SocketDone is refused.
    /// </summary>
    public sealed class TcpSocketActor : Actor
    {
        /// <summary>Timer slots this actor needs (Props.WithTimers).</summary>
        public const int TimerSlots = 2;
        private const int DeadlineTimer = 0, BufferTimer = 1;
        private const int NoBufferMs = 5;

        private readonly NetStack _stack;
        private readonly ArrayList _sockets = new ArrayList();
        private readonly ArrayList _listeners = new ArrayList();
        private readonly byte[] _endpoint = new byte[DataPlane.EndpointLength];

        /// <param name="pool">Leased by senders and for what arrives.</param>
        public TcpSocketActor(NetStack stack, BufferPool pool)
        {
            _stack = stack;
            Pool = pool;
        }

        public readonly BufferPool Pool;

        protected override void OnStop()
        {
            for (int i = 0; i < _sockets.Count; i++) Shut((TcpSocket)_sockets[i], true, DataPlane.BadHandle);
            for (int i = 0; i < _listeners.Count; i++) Shut((TcpListener)_listeners[i]);
            _sockets.Clear();
            _listeners.Clear();
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case PacketBuffer buffer: OnSend(buffer); break;
                case TcpRead read: OnRead(read); break;
                case TcpConnect connect: OnConnect(connect); break;
                case TcpListen listen: OnListen(listen); break;
                case TcpAccept accept: OnAccept(accept); break;
                case TcpFinish finish: OnFinish(finish.Tcp); break;
                case TcpClose close: OnClose(close.Tcp, close.Abort); break;
                case TcpStopListening stop: OnStopListening(stop.Listener); break;
                case TcpDetach detach: OnDetach(detach.Tcp); break;
                case SocketsReady _: ServeAll(); break;
                case SocketTimer _: OnTimer(); break;
                default: return;
            }
        }

        // ---- connections come about ---------------------------------------------------------------------------------------------------

        private void OnConnect(TcpConnect connect)
        {
            if (!HasStack()) return;
            int handle = Net.TcpConnect(_stack.Handle, connect.To, 0, NowMs);
            _stack.Flush();
            if (handle < 0)
            {
                Reply(new SocketError(handle));
                return;
            }
            TcpSocket socket = Add(handle, connect.To);
            socket.Reader.Set(Sender, Ticket, connect.TimeoutMs, NowMs);      // told in ServeConnecting
            SetDeadline();
        }

        private void OnListen(TcpListen listen)
        {
            if (!HasStack()) return;
            System.Array.Clear(_endpoint, 0, _endpoint.Length);
            _endpoint[16] = (byte)(listen.Port >> 8);
            _endpoint[17] = (byte)listen.Port;
            int handle = Net.TcpListen(_stack.Handle, _endpoint, 0, listen.Backlog);
            if (handle < 0)
            {
                Reply(new SocketError(handle));
                return;
            }
            Net.Local(_stack.Handle, handle, _endpoint, 0);
            TcpListener listener = new TcpListener(handle, _endpoint[16] << 8 | _endpoint[17]);
            _stack.Own(handle, NetStack.TcpOwns);
            _listeners.Add(listener);
            if (!Reply(new TcpListening(listener))) OnStopListening(listener);
        }

        private void OnAccept(TcpAccept accept)
        {
            TcpListener listener = accept.Listener;
            if (!listener.IsOpen) Reply(new SocketError(Net.NotConnected, "nobody listens there any more"));
            else if (listener.Reader.Waits) Reply(new SocketError(Net.InUse, "somebody else accepts connections there"));
            else
            {
                listener.Reader.Set(Sender, Ticket, accept.TimeoutMs, NowMs);
                Serve(listener);
                SetDeadline();
            }
        }

        private bool HasStack()
        {
            if (_stack.IsOpen) return true;
            Reply(new SocketError(Net.NoStack, _stack.Trouble ?? Net.Describe(Net.NoStack)));
            return false;
        }

        private TcpSocket Add(int handle, byte[] remote)
        {
            byte[] copy = new byte[DataPlane.EndpointLength];
            System.Array.Copy(remote, 0, copy, 0, copy.Length);
            TcpSocket socket = new TcpSocket(handle, copy);
            _stack.Own(handle, NetStack.TcpOwns);
            _sockets.Add(socket);
            return socket;
        }

        // ---- bytes --------------------------------------------------------------------------------------------------------------------

        private void OnSend(PacketBuffer buffer)
        {
            TcpSocket socket = buffer.Tag as TcpSocket;
            int error = socket == null || !socket.IsOpen || !socket.Connected || socket.Finishing ? Net.NotConnected : 0;
            if (error == 0 && socket.Queued == TcpSocket.MostQueued) error = DataPlane.Full;
            if (error != 0)
            {
                buffer.Return();
                if (Sender == null) return;
                Reply(error == DataPlane.Full ? new SocketError(error, "too many buffers wait to be sent; wait for SocketDone")
                                              : new SocketError(error));
                return;
            }
            int at = socket.Queued++;
            socket.Queue[at] = buffer;
            socket.Senders[at] = Sender;
            socket.Tickets[at] = Ticket;
            ServeSending(socket);
            _stack.Flush();
        }

        private void OnRead(TcpRead read)
        {
            TcpSocket socket = read.Tcp;
            if (!socket.IsOpen || !socket.Connected) Reply(new SocketError(Net.NotConnected));
            else if (socket.Reader.Waits) Reply(new SocketError(Net.InUse, "somebody else is reading from this connection"));
            else
            {
                socket.Reader.Set(Sender, Ticket, read.TimeoutMs, NowMs);
                ServeReading(socket);
                _stack.Flush();
                SetDeadline();
            }
        }

        private void OnFinish(TcpSocket socket)
        {
            if (!socket.IsOpen || socket.Finishing) return;
            socket.Finishing = true;
            if (socket.Queued == 0) Net.TcpShutdown(_stack.Handle, socket.Handle, NowMs);
            _stack.Flush();
        }

        // ---- the end ------------------------------------------------------------------------------------------------------------------

        private void OnClose(TcpSocket socket, bool abort)
        {
            if (!socket.IsOpen) return;
            Shut(socket, abort, Net.NotConnected);
            _sockets.Remove(socket);
            _stack.Flush();
        }

        private void OnStopListening(TcpListener listener)
        {
            if (!listener.IsOpen) return;
            Shut(listener);
            _listeners.Remove(listener);
            _stack.Flush();
        }

        private void OnDetach(TcpSocket socket)
        {
            if (!socket.IsOpen || !socket.Connected || socket.Held != null || socket.Queued != 0)
            {
                Reply(new SocketError(Net.NotConnected));
                return;
            }
            int handle = socket.Handle;
            _stack.Own(handle, NetStack.NobodyOwns);
            socket.Handle = 0;
            _sockets.Remove(socket);
            if (!Reply(new TcpDetached(_stack.Handle, handle))) Net.Close(_stack.Handle, handle, true, NowMs);
        }

        private void Shut(TcpSocket socket, bool abort, int error)
        {
            // What waits for room is given to the stack as far as it goes; a rest is lost, and its senders are told.
            if (!abort && socket.Connected) ServeSending(socket);
            if (socket.Reader.Waits) ReplyTo(socket.Reader.Asker, socket.Reader.Ticket, new SocketError(error));
            socket.Reader.Clear();
            DropQueue(socket, error);
            if (socket.Held != null) socket.Held.Return();
            socket.Held = null;
            _stack.Own(socket.Handle, NetStack.NobodyOwns);
            Net.Close(_stack.Handle, socket.Handle, abort, NowMs);
            socket.Handle = 0;
        }

        private void Shut(TcpListener listener)
        {
            if (listener.Reader.Waits) ReplyTo(listener.Reader.Asker, listener.Reader.Ticket, new SocketError(Net.NotConnected));
            listener.Reader.Clear();
            if (listener.Held != null) OnClose(listener.Held, true);
            listener.Held = null;
            _stack.Own(listener.Handle, NetStack.NobodyOwns);
            Net.Close(_stack.Handle, listener.Handle, true, NowMs);
            listener.Handle = 0;
        }

        private void DropQueue(TcpSocket socket, int error)
        {
            for (int i = 0; i < socket.Queued; i++)
            {
                socket.Queue[i].Return();
                socket.Queue[i] = null;
                if (socket.Senders[i] != null) ReplyTo(socket.Senders[i], socket.Tickets[i], new SocketError(error));
                socket.Senders[i] = null;
            }
            socket.Queued = 0;
        }

        // ---- what the stack has told --------------------------------------------------------------------------------------------------

        private void ServeAll()
        {
            for (int i = _sockets.Count - 1; i >= 0; i--)
            {
                TcpSocket socket = (TcpSocket)_sockets[i];
                int bits = _stack.TakeNews(socket.Handle, out int error);
                if (!socket.Connected) ServeConnecting(socket, bits, error);
                if (!socket.IsOpen || !socket.Connected) continue;
                ServeSending(socket);
                ServeReading(socket);
            }
            for (int i = 0; i < _listeners.Count; i++) Serve((TcpListener)_listeners[i]);
            _stack.Flush();
        }

        private void ServeConnecting(TcpSocket socket, int bits, int error)
        {
            if ((bits & Net.Failed) != 0)
            {
                ReplyTo(socket.Reader.Asker, socket.Reader.Ticket, new SocketError(error));
                socket.Reader.Clear();
                OnClose(socket, true);
                return;
            }
            if ((bits & Net.Connected) == 0) return;
            ActorRef asker = socket.Reader.Asker;
            int ticket = socket.Reader.Ticket;
            socket.Reader.Clear();
            socket.Connected = true;
            if (!ReplyTo(asker, ticket, new TcpConnected(socket))) OnClose(socket, true);
        }

        private void Serve(TcpListener listener)
        {
            if (!listener.Reader.Waits) return;
            TcpSocket socket = listener.Held;
            listener.Held = null;
            if (socket == null)
            {
                int handle = Net.TcpAccept(_stack.Handle, listener.Handle, _endpoint, 0);
                if (handle < 0) return;
                socket = Add(handle, _endpoint);
                socket.Connected = true;
            }
            ActorRef asker = listener.Reader.Asker;
            int ticket = listener.Reader.Ticket;
            listener.Reader.Clear();
            if (!ReplyTo(asker, ticket, new TcpConnected(socket))) listener.Held = socket;
        }

        private void ServeSending(TcpSocket socket)
        {
            while (socket.Queued > 0)
            {
                PacketBuffer buffer = socket.Queue[0];
                int taken = Net.TcpSend(_stack.Handle, socket.Handle, buffer.Bytes, buffer.Offset, buffer.Count, NowMs);
                if (taken < 0)
                {
                    DropQueue(socket, taken);
                    return;
                }
                buffer.Offset += taken;
                buffer.Count -= taken;
                if (buffer.Count > 0) return;                                 // Writable follows
                buffer.Return();
                ActorRef sender = socket.Senders[0];
                int ticket = socket.Tickets[0];
                socket.Queued--;
                for (int i = 0; i < socket.Queued; i++)
                {
                    socket.Queue[i] = socket.Queue[i + 1];
                    socket.Senders[i] = socket.Senders[i + 1];
                    socket.Tickets[i] = socket.Tickets[i + 1];
                }
                socket.Queue[socket.Queued] = null;
                socket.Senders[socket.Queued] = null;
                if (sender != null) ReplyTo(sender, ticket, SocketDone.Instance);
            }
            if (socket.Finishing) Net.TcpShutdown(_stack.Handle, socket.Handle, NowMs);
        }

        private void ServeReading(TcpSocket socket)
        {
            if (!socket.Reader.Waits) return;
            Message answer = socket.Held;
            if (answer == null) answer = Read(socket);
            if (answer == null) return;
            socket.Held = null;
            ActorRef asker = socket.Reader.Asker;
            int ticket = socket.Reader.Ticket;
            socket.Reader.Clear();
            // A reader who has gone away, or whose mailbox is full, loses nothing: the next one gets it.
            if (!ReplyTo(asker, ticket, answer)) socket.Held = answer as PacketBuffer;
        }

        private Message Read(TcpSocket socket)
        {
            PacketBuffer buffer = Pool.Lease();
            if (buffer == null)
            {
                Timers.Set(BufferTimer, NoBufferMs, SocketTimer.Deadline, "no free buffer for what came");
                return null;
            }
            int count = Net.TcpReceive(_stack.Handle, socket.Handle, buffer.Bytes, 0, buffer.Bytes.Length, NowMs);
            if (count > 0)
            {
                buffer.Kind = SocketBuffer.Stream;
                buffer.Tag = socket;
                buffer.Count = count;
                return buffer;
            }
            buffer.Return();
            if (count == Net.Again) return null;
            return count == 0 ? TcpEnded.Instance : new SocketError(count);
        }

        // ---- time ---------------------------------------------------------------------------------------------------------------------

        private void OnTimer()
        {
            ServeAll();
            for (int i = _sockets.Count - 1; i >= 0; i--)
            {
                TcpSocket socket = (TcpSocket)_sockets[i];
                if (NowMs < socket.Reader.UntilMs) continue;
                string text = socket.Connected ? "nothing came in time" : Net.Describe(Net.TimedOut);
                ReplyTo(socket.Reader.Asker, socket.Reader.Ticket, new SocketError(Net.TimedOut, text));
                socket.Reader.Clear();
                if (!socket.Connected) OnClose(socket, true);
            }
            for (int i = 0; i < _listeners.Count; i++)
            {
                TcpListener listener = (TcpListener)_listeners[i];
                if (NowMs < listener.Reader.UntilMs) continue;
                ReplyTo(listener.Reader.Asker, listener.Reader.Ticket, new SocketError(Net.TimedOut, "no connection came in time"));
                listener.Reader.Clear();
            }
            SetDeadline();
        }

        private void SetDeadline()
        {
            long next = long.MaxValue;
            for (int i = 0; i < _sockets.Count; i++)
            {
                TcpSocket socket = (TcpSocket)_sockets[i];
                if (socket.Reader.UntilMs < next) next = socket.Reader.UntilMs;
            }
            for (int i = 0; i < _listeners.Count; i++)
            {
                TcpListener listener = (TcpListener)_listeners[i];
                if (listener.Reader.UntilMs < next) next = listener.Reader.UntilMs;
            }
            Timers.SetAt(DeadlineTimer, next, SocketTimer.Deadline, "somebody waits for a connection or for bytes");
        }
    }
}
