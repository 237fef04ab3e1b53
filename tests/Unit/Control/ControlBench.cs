using System;
using System.Collections.Generic;
using System.Linq;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.Native;
using MicroLink.NetMap;
using MicroLink.Runtime;
using MicroLink.TestKit;
using MicroLink.Tests.Unit.Noise;

namespace MicroLink.Tests.Unit.Control;

/// <summary>A CoordinationActor under virtual time between a TestControl and probes.</summary>
internal sealed class ControlBench : IStreamDialer, IDhWorker, IEntropy
{
    public readonly TestSystem System = new();
    public readonly TestControl Control = new();
    public readonly Probe Node, Wg, Relays, Clock;
    /// <summary>Not null: rows go there, on credit.</summary>
    public Probe Store;
    /// <summary>The actor of the last start, to look inside.</summary>
    public CoordinationActor Inside;
    public readonly ControlOptions Options = new() { ControlUrl = "http://control.test:8080", AuthKey = "tskey-auth-good", HostName = "sensor-1" };
    public readonly NodeIdentity Identity;
    public readonly BufferPool Pool = new(StreamLimits.Buffers, 4096);
    public readonly List<StreamTarget> Dials = new();
    /// <summary>Not null: the next dials fail with this sentence.</summary>
    public string DialError;
    /// <summary>Bytes per message to the actor.</summary>
    public int Piece = 4096;
    /// <summary>A message to the actor ends at this byte of what connection number CutConnection has sent; -1 = where it may.</summary>
    public int Cut = -1, CutConnection;
    /// <summary>Bytes that Write takes at a time; 0 = all.</summary>
    public int WriteLimit;
    public ActorRef Actor;
    private readonly Random _random;
    private readonly List<Link> _links = new();
    private readonly Queue<(int Dial, StreamTarget Target)> _pending = new();
    private ActorRef _owner;
    private int _lastDial;

    public ControlBench(int seed = 1, Props wgProps = null)
    {
        _random = new Random(seed);
        byte[] machine = Key(), node = Key();
        Identity = new NodeIdentity
        {
            MachinePrivate = machine, MachinePublic = PublicOf(machine), NodePrivate = node, NodePublic = PublicOf(node), DiscoPublic = PublicOf(Key()),
        };
        Node = System.NewProbe("node");
        Wg = System.NewProbe("wg");
        Relays = System.NewProbe("relays");
        Clock = System.NewProbe("clock");
    }

    public void Start(ActorRef peers = null)
    {
        ControlRoutes routes = new()
        {
            Node = Node.Ref, Self = new[] { Node.Ref }, Peers = new[] { peers ?? Wg.Ref }, Relays = new[] { Relays.Ref }, Clock = Clock.Ref, Store = Store?.Ref,
        };
        Actor = System.Spawn("control", Props.From(() => Inside = new CoordinationActor(Options, Identity, routes, this, this, this)).WithMailbox(64));
        System.RunToQuiet();
        Actor.Tell(LinkUp.Instance);
        Run();
    }

    /// <summary>Runs actors and pipes until nothing moves, without letting time pass.</summary>
    public void Run()
    {
        for (int round = 0; round < 100000; round++)
        {
            System.RunToQuiet();
            bool moved = false;
            while (_pending.Count > 0)
            {
                (int dial, StreamTarget target) = _pending.Dequeue();
                moved = true;
                if (DialError != null) _owner.Tell(new StreamFailed(dial, StreamFailure.Refused, DialError));
                else
                {
                    Link link = new(this, Control.Accept(target.Tls), _links.Count);
                    _links.Add(link);
                    _owner.Tell(new StreamOpened(dial, link));
                }
            }
            foreach (Link link in _links.ToArray()) moved |= link.Pump(_owner);
            if (!moved) return;
        }
        throw new InvalidOperationException("the bench never goes quiet");
    }

    public void Advance(long ms)
    {
        long end = System.Time.Ms + ms;
        Run();
        while (true)
        {
            long next = Math.Min(System.NextWakeMs(), end);
            System.AdvanceTo(next);
            Run();
            if (next >= end) return;
        }
    }

    /// <summary>The last state told to the node.</summary>
    public ControlStateChanged State()
    {
        ControlStateChanged last = null;
        foreach (ControlStateChanged state in All<ControlStateChanged>(Node)) last = state;
        return _state = last ?? _state;
    }

    private ControlStateChanged _state;

    public static List<T> All<T>(Probe probe) where T : Message
    {
        List<T> found = new();
        while (probe.Count > 0) if (probe.Next() is T t) found.Add(t);
        return found;
    }

    public List<PeerDelta> Deltas() => All<PeerDelta>(Wg);

    public void Break() => _links[^1].BreakNow = true;

    public int Dial(StreamTarget target, ActorRef owner)
    {
        Dials.Add(target);
        _owner = owner;
        _pending.Enqueue((++_lastDial, target));
        return _lastDial;
    }

    public void Cancel(int dial)
    {
        (int, StreamTarget)[] kept = _pending.Where(p => p.Dial != dial).ToArray();
        _pending.Clear();
        foreach (var p in kept) _pending.Enqueue(p);
    }

    public void Submit(DhJob job, ActorRef owner)
    {
        NoiseHandshakeTests.Compute(job);
        owner.Tell(new DhDone(job));
    }

    public void Fill(byte[] buffer, int offset, int count) => _random.NextBytes(buffer.AsSpan(offset, count));

    private byte[] Key()
    {
        byte[] key = new byte[32];
        _random.NextBytes(key);
        KeyText.Clamp(key, 0);
        return key;
    }

    private static byte[] PublicOf(byte[] key)
    {
        byte[] result = new byte[32];
        Cipher.X25519Base(key, 0, result, 0);
        return result;
    }

    private sealed class Link : IByteStream
    {
        private readonly ControlBench _bench;
        private readonly TestConnection _server;
        private readonly List<PacketBuffer> _leased = new();
        private int _sent;
        private bool _closed, _closeTold;
        public bool BreakNow;

        private readonly int _number;

        public Link(ControlBench bench, TestConnection server, int number)
        {
            _bench = bench;
            _server = server;
            _number = number;
        }

        public string RemoteText => "test";
        public byte[] LocalAddress => null;

        public int Write(byte[] buffer, int offset, int count)
        {
            if (_closed) return count;
            int take = _bench.WriteLimit == 0 ? count : Math.Min(count, _bench.WriteLimit);
            _server.Receive(buffer[offset..(offset + take)]);
            if (take < count) _writable = true;
            return take;
        }

        private bool _writable;

        public void Close()
        {
            _closed = true;
            _server.Gone = true;
        }

        public bool Pump(ActorRef owner)
        {
            if (_closed || _closeTold) return false;
            if (_writable)
            {
                _writable = false;
                owner.Tell(new StreamWritable(this));
                return true;
            }
            if (BreakNow)
            {
                _closeTold = true;
                owner.Tell(new StreamClosed(this, "reset"));
                return true;
            }
            // As many buffers at a time as IByteStream promises at most.
            int held = StreamLimits.Buffers - _bench.Pool.Free;
            if (_sent < _server.Out.Count && held < StreamLimits.Buffers)
            {
                PacketBuffer buffer = _bench.Pool.Lease();
                int count = Math.Min(Math.Min(_bench.Piece, buffer.Bytes.Length), _server.Out.Count - _sent);
                if (_number == _bench.CutConnection && _sent < _bench.Cut) count = Math.Min(count, _bench.Cut - _sent);
                _server.Out.CopyTo(_sent, buffer.Bytes, 0, count);
                _sent += count;
                buffer.Count = count;
                buffer.Kind = BufferKind.StreamData;
                buffer.Tag = this;
                if (!owner.Tell(buffer)) throw new InvalidOperationException("the actor's mailbox is full");
                return true;
            }
            if (_server.Closed && _sent == _server.Out.Count)
            {
                _closeTold = true;
                owner.Tell(new StreamClosed(this, "closed"));
                return true;
            }
            return false;
        }
    }
}
