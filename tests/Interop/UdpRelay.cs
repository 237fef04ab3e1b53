using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace MicroLink.Tests.Interop
{
    /// <summary>
    /// A wire with faults between two WireGuard peers, from a seed: it loses, delays (and so reorders) and repeats datagrams.
    /// <code>
    ///   we --> near socket ... far socket --> peer          the peer sees the far socket's address; a move gives it another
    /// </code>
    /// </summary>
    internal sealed class UdpRelay : IDisposable
    {
        private const int DelayMostMs = 12;

        private readonly object _gate = new object();
        private readonly PriorityQueue<(bool ToPeer, byte[] Datagram), long> _waiting = new PriorityQueue<(bool, byte[]), long>();
        private readonly List<(bool ToPeer, byte[] Datagram)> _seen = new List<(bool, byte[])>();
        private readonly Random _random;
        private readonly string _space;
        private readonly IPAddress _address;
        private readonly IPEndPoint _peer;
        private readonly Socket _near;
        private Socket _far;
        private EndPoint _us;
        private volatile bool _closed;

        /// <param name="space">Namespace of both sockets.</param>
        /// <param name="address">Their address.</param>
        public UdpRelay(string space, string address, IPEndPoint peer, int seed)
        {
            _space = space;
            _address = IPAddress.Parse(address);
            _peer = peer;
            _random = new Random(seed);
            _near = NewSocket();
            _far = NewSocket();
            new Thread(() => Receive(_near, true)) { IsBackground = true }.Start();
            StartFar();
            new Thread(Deliver) { IsBackground = true }.Start();
        }

        /// <summary>Of a hundred datagrams, how many are lost, delayed, repeated.</summary>
        public volatile int LostPercent, DelayedPercent, RepeatedPercent;

        public int Lost, Delayed, Repeated;

        /// <summary>Where our node believes the peer to be.</summary>
        public int NearPort => ((IPEndPoint)_near.LocalEndPoint).Port;

        /// <summary>From now on the peer sees us at another port.</summary>
        public void Move()
        {
            Socket old = _far;
            lock (_gate) _far = NewSocket();
            StartFar();
            old.Dispose();
        }

        /// <summary>Sends everything that was ever seen once more, to both sides. Returns how many datagrams.</summary>
        public int ReplayAll()
        {
            lock (_gate)
            {
                foreach ((bool toPeer, byte[] datagram) in _seen) Send(toPeer, datagram);
                return _seen.Count;
            }
        }

        public void Dispose()
        {
            _closed = true;
            _near.Dispose();
            _far.Dispose();
            lock (_gate) Monitor.PulseAll(_gate);
        }

        private Socket NewSocket()
        {
            return NetSpace.Run(_space, () =>
            {
                Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 1 << 22 };
                socket.Bind(new IPEndPoint(_address, 0));
                return socket;
            });
        }

        private void StartFar()
        {
            Socket far = _far;
            new Thread(() => Receive(far, false)) { IsBackground = true }.Start();
        }

        private void Receive(Socket socket, bool toPeer)
        {
            byte[] buffer = new byte[2048];
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            while (!_closed)
            {
                int count;
                try
                {
                    count = socket.ReceiveFrom(buffer, ref from);
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    if (_closed || e is ObjectDisposedException || socket != _far && socket != _near) return;
                    continue;                                           /* a port unreachable of an earlier datagram */
                }
                byte[] datagram = buffer.AsSpan(0, count).ToArray();
                lock (_gate)
                {
                    if (toPeer) _us = from;
                    Take(toPeer, datagram);
                }
            }
        }

        private void Take(bool toPeer, byte[] datagram)
        {
            if (_seen.Count < 4000) _seen.Add((toPeer, datagram));
            if (_random.Next(100) < LostPercent)
            {
                Lost++;
                return;
            }
            if (_random.Next(100) < RepeatedPercent)
            {
                Repeated++;
                Later(toPeer, datagram);
            }
            if (_random.Next(100) < DelayedPercent)
            {
                Delayed++;
                Later(toPeer, datagram);
            }
            else Send(toPeer, datagram);
        }

        private void Later(bool toPeer, byte[] datagram)
        {
            _waiting.Enqueue((toPeer, datagram), Environment.TickCount64 + 1 + _random.Next(DelayMostMs));
            Monitor.PulseAll(_gate);
        }

        private void Deliver()
        {
            lock (_gate)
            {
                while (!_closed)
                {
                    if (!_waiting.TryPeek(out (bool ToPeer, byte[] Datagram) next, out long dueMs)) Monitor.Wait(_gate);
                    else if (dueMs > Environment.TickCount64) Monitor.Wait(_gate, (int)(dueMs - Environment.TickCount64));
                    else
                    {
                        _waiting.Dequeue();
                        Send(next.ToPeer, next.Datagram);
                    }
                }
            }
        }

        private void Send(bool toPeer, byte[] datagram)
        {
            if (!toPeer && _us == null) return;
            try
            {
                if (toPeer) _far.SendTo(datagram, _peer);
                else _near.SendTo(datagram, _us);
            }
            catch (SocketException)
            {
                Lost++;                                                 /* a full socket buffer, as wires have them */
            }
            catch (ObjectDisposedException)
            {
                Lost++;                                                 /* the end of the test */
            }
        }
    }
}
