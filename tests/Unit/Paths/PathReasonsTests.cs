using System;
using System.Collections.Generic;
using System.Linq;
using MicroLink.Paths;
using MicroLink.Tests.Unit.Disco;
using Xunit;

namespace MicroLink.Tests.Unit.Paths;

/// <summary>Every reason that `microlink status` can print for a path, and the facts that lead to it.</summary>
public sealed class PathReasonsTests
{
    private const int Home = 900, Other = 901;
    private const string Address = "9.9.9.9:9";

    private static readonly Dictionary<string, Action<Machine>> s_facts = new()
    {
        ["not tried yet"] = m => m.Path = new PeerPath(new SeedEntropy(1), false),
        ["relay: no direct address has answered yet"] = _ => { },
        ["none: the peer has no home relay and no direct address has answered yet"] = m => m.Nowhere(),
        ["relay: the peer moved to another relay"] = m => m.Path.HandleRow(null, Other, m.Ms),
        ["relay: heard from the peer through this relay"] = m => { m.Start(0); m.Path.HandleHeard(Other, m.Ms); },
        ["relay: the peer left the relay it was heard through"] = m =>
        {
            m.Path.HandleRelay(Home, false, m.Ms);
            m.Path.HandleHeard(Other, m.Ms);
            m.Path.HandleGone(Other, m.Ms);
        },
        ["relay: the relay connection changed"] = m =>
        {
            m.Path.HandleRelay(Home, false, m.Ms);
            m.Path.HandleHeard(Other, m.Ms);
            m.Path.HandleRelay(Home, true, m.Ms);
        },
        ["direct: it answered a ping"] = m => m.Direct(),
        ["direct and relay: no pong for 6.5 s"] = m => { m.Direct(); m.Run(PeerPath.TrustMs + 1); },
        ["relay: the direct address stopped answering"] = m => { m.Direct(); m.Run(15000); },
        ["direct and relay: the peer looks for a direct path"] = m => { m.Direct(); m.Path.HandleCallMeMaybe(DiscoWireTests.Endpoints("8.8.8.8:8"), 0, 1, m.Ms); },
        ["relay: our own network changed"] = m => { m.Direct(); m.Path.HandleNetworkChanged(m.Ms); },
        ["relay: this network allows no UDP"] = m => { m.Direct(); m.Path.HandleRules(true, false, m.Ms); },
        ["direct and relay: data goes unanswered and so do pings"] = m =>
        {
            m.Direct();
            for (int i = 0; i < 10; i++)
            {
                m.Run(100);
                m.Path.HandleStamps(m.Ms, 1, false, m.Ms);
            }
        },
        ["direct and relay: the peer is heard by relay only and pings go unanswered"] = m =>
        {
            m.Direct();
            m.Run(3000);
            m.Path.HandleStamps(1, m.Ms, true, m.Ms);
            m.Run(300);
        },
        ["relay: " + PeerPath.DropsFull] = m => m.DropFull(),
        ["direct: it answered a full ping"] = m =>
        {
            m.DropFull();
            m.Answer = _ => true;
            for (int i = 0; i < 70; i++) m.Talk();
        },
    };

    public static IEnumerable<object[]> Reasons => s_facts.Keys.Select(reason => new object[] { reason });

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Each_reason_is_said_when_its_facts_are_there(string reason)
    {
        Machine machine = new Machine();
        machine.Start(Home);
        s_facts[reason](machine);
        Assert.Contains(reason, machine.Said);
    }

    /// <summary>One machine, a clock, and a peer that answers what it is told to.</summary>
    private sealed class Machine
    {
        public PeerPath Path = new PeerPath(new SeedEntropy(1), false);
        public long Ms = 1000;
        public Func<PathTransmit, bool> Answer = _ => false;
        private readonly List<string> _said = new();

        public List<string> Said
        {
            get
            {
                Note();
                return _said;
            }
        }

        public void Start(int home)
        {
            Path.HandleStart(DiscoWireTests.Endpoints(Address), home, Ms);
            Path.HandleRelay(home, home != 0, Ms);
            Path.HandleOwnEndpoints(Ms, Ms);
        }

        /// <summary>A machine that had a way and has none now says so.</summary>
        public void Nowhere()
        {
            Path.HandleRow(DiscoWireTests.Endpoints(Address), Home, Ms);
            Note();
            Path.HandleRow(DiscoWireTests.Endpoints(Address), 0, Ms);
        }

        public void Direct()
        {
            Answer = _ => true;
            Talk();
            Assert.Equal(PathMode.Direct, Path.Mode);
            Answer = _ => false;
        }

        public void DropFull()
        {
            Answer = transmit => !transmit.IsFull;
            for (int i = 0; i < 5; i++) Talk();
        }

        public void Talk()
        {
            Path.HandleSent(Ms, Ms);
            Run(1000);
        }

        public void Run(int ms)
        {
            for (long end = Ms + ms; Ms < end; Ms++)
            {
                if (Path.Deadline <= Ms) Path.HandleTimeout(Ms);
                Note();
                PathTransmit transmit = new PathTransmit();
                while (Path.PollTransmit(transmit, Ms))
                {
                    if (transmit.Kind == PathTransmit.Ping && transmit.Region == 0 && Answer(transmit)) Path.HandlePong(transmit.PingRow, 1000, Ms);
                }
                Note();
            }
        }

        private void Note()
        {
            PathEvent news = new PathEvent();
            while (Path.PollEvent(news)) { }
            _said.Add(Path.Reason);
        }
    }
}
