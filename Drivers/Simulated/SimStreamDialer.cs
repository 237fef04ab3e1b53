using System.Collections.Generic;
using MicroLink.Runtime;

namespace MicroLink.Drivers.Simulated
{
    /// <summary>
    /// Connects to services of simulated hosts: one round trip for TCP, two more for TLS (whose bytes are not simulated).
    /// </summary>
    public sealed class SimStreamDialer : IStreamDialer
    {
        private const int RefusedAfterMs = 1;

        private readonly SimHost _host;
        private readonly SimWallClock _wall;
        private readonly HashSet<int> _open = new();
        private int _lastDial;

        /// <param name="wall">By which certificates are judged when a dial does not say the time.</param>
        public SimStreamDialer(SimHost host, SimWallClock wall = null)
        {
            _host = host;
            _wall = wall;
        }

        /// <summary>Dials so far, for invariants about retry pace.</summary>
        public int Dials => _lastDial;

        public int Dial(StreamTarget target, ActorRef owner)
        {
            int dial = ++_lastDial;
            _open.Add(dial);
            SimNetwork network = _host.Network;
            string name = target.Address ?? target.Host;
            string where = target.Host + ":" + target.Port;
            if (!_host.IsOnline) Fail(dial, owner, RefusedAfterMs, StreamFailure.Unreachable, "There is no route to " + where
                + "; check the network of this host.");
            else if (!network.TryResolve(name, out uint address)) Fail(dial, owner, RefusedAfterMs, StreamFailure.NameNotFound,
                "The name " + name + " was not found; check the spelling or the DNS of this host.");
            else
            {
                SimHost server = network.FindPublic(address);
                if (server == null || !server.IsOnline) Fail(dial, owner, target.TimeoutMs, StreamFailure.Timeout, "Connecting to "
                    + where + " took too long; check the network and that the server is up.");
                else network.Schedule(2 * network.LatencyMs(_host, server) * (target.Tls ? 3 : 1), () => Connect(dial, owner, server,
                    target, where));
            }
            return dial;
        }

        public void Cancel(int dial)
        {
            _open.Remove(dial);
        }

        private void Connect(int dial, ActorRef owner, SimHost server, StreamTarget target, string where)
        {
            if (!_open.Contains(dial)) return;
            SimAccept accept = server.ServiceAt(target.Port);
            if (!_host.IsOnline || !server.IsOnline || accept == null)
            {
                Fail(dial, owner, 0, StreamFailure.Refused, "Nothing answers at " + where
                    + " (connection refused); check the address and that the server runs.");
                return;
            }
            if (target.Tls && !target.TolerateDates && !IsValid(server, target.UnixMs != 0 ? target.UnixMs : _wall == null ? 0 : _wall.UnixMs))
            {
                Fail(dial, owner, 0, StreamFailure.CertificateRejected, "The certificate of " + target.Host
                    + " is not valid today; the connection is refused. Check the date of this host and of the server.");
                return;
            }
            SimConnection connection = new SimConnection(_host, server, target.Port, owner);
            if (!owner.Tell(new StreamOpened(dial, connection)))
            {
                _host.Network.Schedule(1, () => Connect(dial, owner, server, target, where));
                return;
            }
            _open.Remove(dial);
            connection.Open(accept(connection));
        }

        private static bool IsValid(SimHost server, long unixMs)
        {
            return server.CertificateUntilMs == 0 || (unixMs >= server.CertificateFromMs && unixMs <= server.CertificateUntilMs);
        }

        private void Fail(int dial, ActorRef owner, int afterMs, int failure, string text)
        {
            _host.Network.Schedule(afterMs, () =>
            {
                if (!_open.Contains(dial)) return;
                if (owner.Tell(new StreamFailed(dial, failure, text))) _open.Remove(dial);
                else Fail(dial, owner, 1, failure, text);
            });
        }
    }

    /// <summary>Answers from the simulated network's names after 2 ms.</summary>
    public sealed class SimResolver : IResolver
    {
        private const int AnswerMs = 2;

        private readonly SimHost _host;

        public SimResolver(SimHost host)
        {
            _host = host;
        }

        public void Resolve(string host, ActorRef owner, int tag)
        {
            _host.Network.Schedule(AnswerMs, () => Answer(host, owner, tag));
        }

        private void Answer(string name, ActorRef owner, int tag)
        {
            byte[] addresses = new byte[0];
            string error = null;
            if (!_host.IsOnline) error = "The name " + name + " was not resolved within 5 seconds; check the DNS of this host.";
            else if (_host.Network.TryResolve(name, out uint address))
            {
                addresses = new byte[16];
                SimEndpoint.WriteAddress(address, addresses);
            }
            else error = "The name " + name + " was not found; check the spelling or the DNS of this host.";
            if (!owner.Tell(new Resolved(tag, addresses, error))) _host.Network.Schedule(1, () => Answer(name, owner, tag));
        }
    }
}
