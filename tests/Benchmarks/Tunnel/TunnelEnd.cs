using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using MicroLink.Drivers.Desktop;
using MicroLink.Native;

namespace MicroLink.Benchmarks.Tunnel;

/// <summary>What stands at one end: how it is started, so that the tunnel's address is on the device "mlb".</summary>
internal abstract class TunnelEnd
{
    public const string Device = "mlb";
    private const int Port = 51820;

    /// <summary>`microlink up --tun`, joined to the lab, and the same kept on its relay; `up` without a device.</summary>
    public static readonly TunnelEnd Node = new NodeEnd("--tun", Device), RelayedNode = new NodeEnd("--tun", Device, "--force-relay", "--allow-insecure-relay"),
        Netstack = new NodeEnd("--socks5", "127.0.0.1:" + StreamMeter.ProxyPort, "--serve", StreamMeter.ServerPort + ":" + StreamMeter.ServerPort);
    /// <summary>Our WireGuard layer with one fixed peer.</summary>
    public static readonly TunnelEnd Fixed = new FixedEnd();

    /// <summary>Tells the other end by control, not by keys: the lab must run.</summary>
    public virtual bool NeedsLab => false;

    /// <summary>There is no device: programs use its SOCKS5 proxy.</summary>
    public virtual bool Proxied => false;

    public abstract Process Start(TunnelWire wire, bool first, byte[] ownPrivate, byte[] peerPublic);

    public static TunnelEnd WireGuardGo(string program) => new WireGuardGoEnd(program);

    public static TunnelEnd Tailscaled(string folder, bool userspace, bool relayed) => new TailscaledEnd(folder, userspace, relayed);

    public static byte[] NewPrivate() { return MicroLink.Store.StateKeys.NewPrivate(new SystemEntropy()); }

    public static byte[] Public(byte[] ownPrivate)
    {
        byte[] key = new byte[32];
        Cipher.X25519Base(ownPrivate, 0, key, 0);
        return key;
    }

    private sealed class NodeEnd : TunnelEnd
    {
        private readonly string[] _options;

        public NodeEnd(params string[] options) { _options = options; }

        public override bool NeedsLab => true;
        public override bool Proxied => _options[0] != "--tun";

        public override Process Start(TunnelWire wire, bool first, byte[] ownPrivate, byte[] peerPublic)
        {
            string name = first ? "a" : "b";
            Process process = wire.Start(wire.Space(first), wire.NodeProgram,
                ["up", "--control-url", TunnelWire.ControlUrl, "--auth-key", "tskey-auth-lab", "--ca-file", wire.CaFile, "--hostname", name,
                    "--state-dir", Path.Combine(wire.Folder, name), .. _options]);
            if (!Proxied) WaitForAddress(wire, first);
            else TunnelWire.Until("our node", wire.Space(first), wire.NodeProgram + " status --state-dir " + Path.Combine(wire.Folder, name) + " | grep -q ^connected");
            return process;
        }
    }

    private sealed class FixedEnd : TunnelEnd
    {
        public override Process Start(TunnelWire wire, bool first, byte[] ownPrivate, byte[] peerPublic)
        {
            Process node = wire.Start(wire.Space(first), Environment.ProcessPath, FixedNode.Command, Convert.ToHexString(ownPrivate),
                Convert.ToHexString(peerPublic), first ? TunnelWire.AddressB : TunnelWire.AddressA, Port.ToString(), Device, first ? "1" : "2");
            WaitForAddress(wire, first);
            return node;
        }
    }

    private sealed class WireGuardGoEnd : TunnelEnd
    {
        private readonly string _program;

        public WireGuardGoEnd(string program) { _program = program; }

        public override Process Start(TunnelWire wire, bool first, byte[] ownPrivate, byte[] peerPublic)
        {
            // Its control sockets are files, which namespaces do not part: each device has a name of its own.
            string space = wire.Space(first), device = Device + (first ? "a" : "b"), key = Path.Combine(wire.Folder, device + ".key");
            string inner = first ? TunnelWire.InnerA : TunnelWire.InnerB, other = first ? TunnelWire.InnerB : TunnelWire.InnerA;
            Process process = wire.Start(space, _program, "-f", device);
            TunnelWire.Until(_program, space, $"wg show {device}");
            File.WriteAllText(key, Convert.ToBase64String(ownPrivate));
            TunnelWire.In(space, $"wg set {device} private-key {key} listen-port {Port} peer {Convert.ToBase64String(peerPublic)} "
                + $"allowed-ips {other}/32 endpoint {(first ? TunnelWire.AddressB : TunnelWire.AddressA)}:{Port}");
            TunnelWire.In(space, $"ip addr add {inner}/32 dev {device}");
            TunnelWire.In(space, $"ip link set {device} up mtu 1280");
            TunnelWire.In(space, $"ip route add {other}/32 dev {device}");
            return process;
        }
    }

    private sealed class TailscaledEnd : TunnelEnd
    {
        private readonly string _folder;
        private readonly bool _userspace, _relayed;

        public TailscaledEnd(string folder, bool userspace, bool relayed)
        {
            _folder = folder;
            _userspace = userspace;
            _relayed = relayed;
        }

        public override bool NeedsLab => true;
        public override bool Proxied => _userspace;

        public override Process Start(TunnelWire wire, bool first, byte[] ownPrivate, byte[] peerPublic)
        {
            string name = first ? "a" : "b", socket = Path.Combine(wire.Folder, name + ".sock"), space = wire.Space(first);
            List<string> options = new List<string>
            {
                "-tun", _userspace ? "userspace-networking" : Device, "-statedir", Path.Combine(wire.Folder, "ts-" + name), "-socket", socket,
                "-port", "41641",
            };
            if (_userspace) options.Add("-socks5-server=127.0.0.1:" + StreamMeter.ProxyPort);
            Process process = wire.Start(space, Path.Combine(_folder, "tailscaled"), _relayed ? "TS_DEBUG_ALWAYS_USE_DERP" : null, options.ToArray());
            string tailscale = Path.Combine(_folder, "tailscale");
            TunnelWire.Until("tailscaled", space, $"test -S {socket}");
            // Its exit code may speak of something else (a build without tailnet lock): what counts is the address.
            TunnelWire.TryIn(space, $"{tailscale} --socket {socket} up --login-server {TunnelWire.ControlUrl} --auth-key tskey-auth-lab --hostname {name}"
                + " --accept-dns=false --netfilter-mode=off --timeout 20s", out _);
            if (!_userspace) WaitForAddress(wire, first);
            else TunnelWire.Until("tailscaled", space, $"{tailscale} --socket {socket} ip -4 | grep -q {(first ? TunnelWire.InnerA : TunnelWire.InnerB)}");
            return process;
        }
    }

    private static void WaitForAddress(TunnelWire wire, bool first)
    {
        TunnelWire.Until("the tunnel", wire.Space(first), $"ip addr show dev {Device} to {(first ? TunnelWire.InnerA : TunnelWire.InnerB)}/32 | grep -q inet");
    }
}
