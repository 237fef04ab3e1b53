using System;
using System.Collections.Generic;
using MicroLink.Bytes;
using MicroLink.Control;
using MicroLink.NetMap;
using MicroLink.Runtime;
using MicroLink.WireGuard;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// Gives the TUN device what control says: our addresses, and a route for each prefix that counts (<see cref="WgRoutes"/>). While the user
    /// wants an exit node, everything without another way goes into the tunnel, also when that peer is not there: nothing leaks.
    /// </summary>
    public sealed class TunActor : Actor
    {
        private const int Length = NetEndpoint.PrefixLength;
        private const int WatchMs = 2000;

        private readonly TunDevice _device;
        private readonly WgRoutes _routes;
        private readonly Action<string> _say;
        private readonly byte[] _defaults = new byte[2 * Length], _service = new byte[2 * Length];
        private readonly Dictionary<long, byte[]> _ofPeer = new Dictionary<long, byte[]>();
        private readonly Dictionary<string, int> _users = new Dictionary<string, int>();
        private byte[] _addresses = new byte[0];
        private string _exitState, _deviceState;

        /// <param name="say">Takes sentences for the user.</param>
        public TunActor(TunDevice device, WgRoutes routes, Action<string> say)
        {
            _device = device;
            _routes = routes;
            _say = say;
            NetEndpoint.ParsePrefix("0.0.0.0/0", _defaults, 0);
            NetEndpoint.ParsePrefix("::/0", _defaults, Length);
            // Where names are asked for: answered by the node itself (Actors/Dns).
            NetEndpoint.ParsePrefix("100.100.100.100/32", _service, 0);
            NetEndpoint.ParsePrefix("fd7a:115c:a1e0::53/128", _service, Length);
        }

        protected override void OnStart()
        {
            Timers.Set(0, WatchMs, Watch.Instance, "is the TUN device there");
            Use(_service, 1);
            if (_routes.ExitNode == null) return;
            TunDevice.AllowMarkedAnswers();
            Use(_defaults, 1);
        }

        protected override void OnReceive(Message message)
        {
            if (message is SelfChanged self) SetAddresses(WgRoutes.AsHosts(self.Self.Addresses ?? new byte[0]));
            if (message is PeerDelta delta) OnDelta(delta);
            if (message is Watch) LookAtDevice();
        }

        /// <summary>A device that somebody removed is made again, with all it had, for as long as it takes.</summary>
        private void LookAtDevice()
        {
            Timers.Set(0, WatchMs, Watch.Instance, "is the TUN device there");
            if (!_device.IsGone) return;
            string refusal = _device.Reopen();
            string state = refusal ?? "The TUN device " + _device.Name + " was removed by somebody; it was made again.";
            if (refusal == null || state != _deviceState) _say(state);
            _deviceState = state;
            if (refusal != null) return;
            byte[] addresses = _addresses;
            _addresses = new byte[0];
            SetAddresses(addresses);
            foreach (string key in _users.Keys) Complain(_device.SetRoute(Convert.FromHexString(key), 0, true));
        }

        private void SetAddresses(byte[] addresses)
        {
            for (int at = 0; at + Length <= addresses.Length; at += Length)
                if (!WgRoutes.Contains(_addresses, addresses, at)) Complain(_device.SetAddress(addresses, at, true));
            for (int at = 0; at + Length <= _addresses.Length; at += Length)
                if (!WgRoutes.Contains(addresses, _addresses, at)) Complain(_device.SetAddress(_addresses, at, false));
            _addresses = addresses;
        }

        private void OnDelta(PeerDelta delta)
        {
            if (delta.Kind == PeerDelta.Patch) return;                  // patches never carry addresses (protocol.md 4.6)
            _ofPeer.TryGetValue(delta.Row.Id, out byte[] before);
            byte[] now = delta.Kind == PeerDelta.Removed ? new byte[0] : _routes.Allowed(delta.Row);
            Use(now, 1);
            if (before != null) Use(before, -1);
            if (delta.Kind == PeerDelta.Removed) _ofPeer.Remove(delta.Row.Id);
            else _ofPeer[delta.Row.Id] = now;
            if (_routes.IsExitNode(delta.Row)) TellExit(delta);
        }

        private void TellExit(PeerDelta delta)
        {
            string state = delta.Kind == PeerDelta.Removed ? "is not in the tailnet any more; nothing but the tailnet is reached until it is back."
                : WgRoutes.OffersExit(delta.Row) ? "is used; everything without another way goes there."
                : "does not offer to be an exit node, or control has not approved it; nothing but the tailnet is reached until it does.";
            if (state == _exitState) return;
            _exitState = state;
            _say("The exit node " + _routes.ExitNode + " " + state);
        }

        /// <summary>Several peers may have the same prefix for a moment: the route stays until the last one is gone.</summary>
        private void Use(byte[] prefixes, int change)
        {
            for (int at = 0; at + Length <= prefixes.Length; at += Length)
            {
                string key = Convert.ToHexString(prefixes, at, Length);
                _users.TryGetValue(key, out int users);
                int left = users + change;
                if (left == 0) _users.Remove(key);
                else _users[key] = left;
                if (users == 0 || left == 0) Complain(_device.SetRoute(prefixes, at, left > 0));
            }
        }

        private void Complain(string sentence)
        {
            if (sentence != null) _say(sentence);
        }

        private sealed class Watch : Message
        {
            public static readonly Watch Instance = new Watch();
        }
    }
}
