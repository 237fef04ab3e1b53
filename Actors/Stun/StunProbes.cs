using System;
using MicroLink.Bytes;
using MicroLink.Derp;
using MicroLink.Drivers;
using MicroLink.NetMap;

namespace MicroLink.Stun
{
    /// <summary>
    /// The STUN servers of the relay map that we ask: one row for each server and address family. Each row is asked up to three times with
    /// the same transaction id; its latency counts from the first request, so that a server whose answers get lost looks slow, never fast.
    /// </summary>
    public sealed class StunProbes
    {
        /// <summary>The native gate remembers 64 expected transactions; a map with more servers is probed in part, first regions first.</summary>
        public const int MaxRows = 60;
        /// <summary>Two servers of a region are asked in small maps, to see whether our mapping varies; one in large ones.</summary>
        private const int SmallMapRegions = 8;
        // From the specification (7.3): "up to 3 tries at 0/100/200 ms".
        private const int Tries = 3, TryEveryMs = 100;

        private const int NoAddress = 0, Resolving = 1, Ready = 2, Asking = 3, Answered = 4, Skipped = 5;

        private readonly byte[] _endpoints = new byte[MaxRows * NetEndpoint.Length];
        private readonly byte[] _mapped = new byte[MaxRows * NetEndpoint.Length];
        private readonly byte[] _txIds = new byte[MaxRows * StunWire.TxIdLength];
        private readonly int[] _regions = new int[MaxRows];
        private readonly DerpNode[] _nodes = new DerpNode[MaxRows];
        private readonly byte[] _states = new byte[MaxRows];
        private readonly byte[] _tries = new byte[MaxRows];
        private readonly bool[] _v4 = new bool[MaxRows];
        private readonly bool[] _resolveDue = new bool[MaxRows];
        private readonly long[] _firstMs = new long[MaxRows];
        private readonly long[] _nextMs = new long[MaxRows];
        private readonly IEntropy _entropy;

        public StunProbes(IEntropy entropy)
        {
            _entropy = entropy;
        }

        public int Count { get; private set; }

        /// <summary>Rows for a map; regions are numbered by their place in it.</summary>
        public void Build(DerpMap map)
        {
            Count = 0;
            int perRegion = map.Regions.Length <= SmallMapRegions ? 2 : 1;
            for (int region = 0; region < map.Regions.Length; region++)
            {
                if (map.Regions[region].NoMeasureNoHome) continue;
                DerpNode[] nodes = map.Regions[region].Nodes;
                int taken = 0;
                for (int i = 0; i < nodes.Length && taken < perRegion; i++)
                {
                    if (nodes[i].StunPort < 0) continue;
                    AddRow(region, nodes[i], nodes[i].IPv4, true);
                    AddRow(region, nodes[i], nodes[i].IPv6, false);
                    taken++;
                }
            }
        }

        /// <summary>A report begins for the rows whose region is wanted. Fresh transaction ids; full reports resolve names again.</summary>
        public void Begin(bool[] wanted, bool full, long nowMs)
        {
            for (int row = 0; row < Count; row++)
            {
                if (!wanted[_regions[row]])
                {
                    if (_states[row] > Ready) _states[row] = Ready;
                    _resolveDue[row] = false;
                    continue;
                }
                _entropy.Fill(_txIds, row * StunWire.TxIdLength, StunWire.TxIdLength);
                _tries[row] = 0;
                _nextMs[row] = nowMs;
                bool named = !HasAddress(_nodes[row], _v4[row]);
                bool known = _states[row] >= Ready && _states[row] != Skipped;
                if (named && (full || !known))
                {
                    _states[row] = Resolving;
                    _resolveDue[row] = IsFirstOfName(row);
                }
                else
                {
                    _states[row] = Ready;
                }
            }
        }

        /// <summary>A name to resolve; the tag comes back in <see cref="HandleResolved"/>. False: none.</summary>
        public bool PollResolve(out string host, out int tag)
        {
            for (tag = 0; tag < Count; tag++)
            {
                if (!_resolveDue[tag]) continue;
                _resolveDue[tag] = false;
                host = _nodes[tag].HostName;
                return true;
            }
            host = null;
            return false;
        }

        /// <summary>Addresses of a name, 16 bytes each: every waiting row of the same name takes the first of its family.</summary>
        public void HandleResolved(int tag, byte[] addresses, long nowMs)
        {
            if (tag < 0 || tag >= Count) return;
            string host = _nodes[tag].HostName;
            for (int row = 0; row < Count; row++)
            {
                if (_states[row] != Resolving || _nodes[row].HostName != host) continue;
                _states[row] = Skipped;
                for (int at = 0; at + NetEndpoint.AddressLength <= addresses.Length; at += NetEndpoint.AddressLength)
                {
                    if (NetEndpoint.IsV4(addresses, at) != _v4[row]) continue;
                    NetEndpoint.Write(_endpoints, row * NetEndpoint.Length, addresses, at, Port(_nodes[row]));
                    _states[row] = Ready;
                    _nextMs[row] = nowMs;
                    break;
                }
            }
        }

        /// <summary>The next row to send a request to now, or -1.</summary>
        public int PollSend(long nowMs)
        {
            for (int row = 0; row < Count; row++)
            {
                bool due = (_states[row] == Ready || _states[row] == Asking) && _tries[row] < Tries && _nextMs[row] <= nowMs;
                if (!due || _nextMs[row] == Output.Never) continue;
                if (_states[row] == Ready) _firstMs[row] = nowMs;
                _states[row] = Asking;
                _tries[row]++;
                _nextMs[row] = _tries[row] < Tries ? nowMs + TryEveryMs : Output.Never;
                return row;
            }
            return -1;
        }

        /// <summary>A response: returns the row it answers, with its latency and what the server saw noted; -1 for anything else.</summary>
        public int HandleResponse(byte[] payload, int offset, int count, long nowMs, out int latencyMs)
        {
            latencyMs = 0;
            if (!StunWire.IsStun(payload, offset, count)) return -1;
            for (int row = 0; row < Count; row++)
            {
                if (_states[row] != Asking || !SameTxId(row, payload, offset + 8)) continue;
                if (StunWire.ReadResponse(payload, offset, count, _mapped, row * NetEndpoint.Length) != StunWire.Ok) return -1;
                _states[row] = Answered;
                latencyMs = (int)(nowMs - _firstMs[row]);
                return row;
            }
            return -1;
        }

        /// <summary>Nothing is asked any more until the next Begin.</summary>
        public void End()
        {
            for (int row = 0; row < Count; row++)
            {
                _nextMs[row] = Output.Never;
                _resolveDue[row] = false;
            }
        }

        /// <summary>True when every row has its answer or will never get one.</summary>
        public bool IsDone
        {
            get
            {
                for (int row = 0; row < Count; row++)
                {
                    bool waits = _states[row] == Resolving || _states[row] == Asking || (_states[row] == Ready && _nextMs[row] != Output.Never);
                    if (waits) return false;
                }
                return true;
            }
        }

        public long Deadline
        {
            get
            {
                long next = Output.Never;
                for (int row = 0; row < Count; row++)
                {
                    bool asks = _states[row] == Ready || _states[row] == Asking;
                    if (asks && _tries[row] < Tries && _nextMs[row] < next) next = _nextMs[row];
                }
                return next;
            }
        }

        public int Region(int row) { return _regions[row]; }
        public bool IsV4(int row) { return _v4[row]; }
        public bool IsAnswered(int row) { return _states[row] == Answered; }
        public byte[] Endpoints { get { return _endpoints; } }
        public byte[] Mapped { get { return _mapped; } }
        public int At(int row) { return row * NetEndpoint.Length; }
        public byte[] TxIds { get { return _txIds; } }
        public int TxIdAt(int row) { return row * StunWire.TxIdLength; }
        /// <summary>Did two rows ask the same server (by name)? Only different servers tell whether our mapping varies.</summary>
        public bool SameServer(int a, int b) { return _nodes[a] == _nodes[b]; }

        /// <summary>"" = resolve HostName, an address = use it, anything else = family disabled (protocol.md 4.8).</summary>
        private void AddRow(int region, DerpNode node, string address, bool v4)
        {
            if (Count == MaxRows) return;
            int row = Count;
            string text = address == null || address == "" ? node.HostName : address;
            byte[] parsed = new byte[NetEndpoint.AddressLength];
            bool literal = text.Length < 46 && NetEndpoint.ParseAddress(text, parsed, 0);
            if (literal && NetEndpoint.IsV4(parsed, 0) != v4) return;
            if (!literal && text != node.HostName) return;
            _regions[row] = region;
            _nodes[row] = node;
            _v4[row] = v4;
            _states[row] = literal ? (byte)Ready : (byte)NoAddress;
            _resolveDue[row] = false;
            _nextMs[row] = Output.Never;
            _tries[row] = 0;
            if (literal) NetEndpoint.Write(_endpoints, row * NetEndpoint.Length, parsed, 0, Port(node));
            Count++;
        }

        private bool IsFirstOfName(int row)
        {
            for (int i = 0; i < row; i++)
            {
                if (_resolveDue[i] && _nodes[i].HostName == _nodes[row].HostName) return false;
            }
            return true;
        }

        private static bool HasAddress(DerpNode node, bool v4)
        {
            string address = v4 ? node.IPv4 : node.IPv6;
            string text = address == null || address == "" ? node.HostName : address;
            return text.Length < 46 && NetEndpoint.ParseAddress(text, new byte[NetEndpoint.AddressLength], 0);
        }

        private static int Port(DerpNode node)
        {
            return node.StunPort == 0 ? StunWire.DefaultPort : node.StunPort;
        }

        private bool SameTxId(int row, byte[] bytes, int at)
        {
            for (int i = 0; i < StunWire.TxIdLength; i++)
            {
                if (_txIds[row * StunWire.TxIdLength + i] != bytes[at + i]) return false;
            }
            return true;
        }
    }
}
