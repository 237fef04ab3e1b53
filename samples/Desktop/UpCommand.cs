using System;
using System.CommandLine;
using System.IO;
using MicroLink.Bytes;
using MicroLink.Drivers.Desktop;
using MicroLink.Node;

namespace MicroLink.Desktop
{
    /// <summary>`microlink up`: runs the node in the foreground until SIGINT or SIGTERM.</summary>
    internal static class UpCommand
    {
        private const int DesktopActivePeers = 256;
        private const int DesktopReplayWindowBits = 8192;
        private const int DesktopFilterBytes = 4 << 20;
        private const int DesktopFlows = 512;
        private const int DesktopRelayConnections = 8;
        private const int DesktopSockets = 4096;

        public static Command Create(Option<string?> stateDir)
        {
            Option<string> controlUrl = new Option<string>("--control-url") { Description = "Control server, http:// or https://.", Required = true };
            Option<string?> authKey = new Option<string?>("--auth-key") { Description = "Pre-auth key; without one the login page's address is printed." };
            Option<string?> hostName = new Option<string?>("--hostname") { Description = "Name to ask for (this host's name)." };
            Option<int> udpPort = new Option<int>("--udp-port") { Description = "UDP port (41641 when free, else any).", DefaultValueFactory = _ => NodeOptions.DefaultUdpPort };
            Option<string?> tun = new Option<string?>("--tun") { Description = "Make a TUN device of this name: the host's programs use the tailnet. Needs root." };
            Option<string?> routes = new Option<string?>("--advertise-routes") { Description = "Subnets behind this host to offer: 10.1.0.0/16,fd01::/64 (needs --tun)." };
            Option<bool> acceptRoutes = new Option<bool>("--accept-routes") { Description = "Use the subnets that peers offer." };
            Option<string?> exitNode = new Option<string?>("--exit-node") { Description = "Send everything without another way to this peer." };
            Option<string?> allowPeers = new Option<string?>("--allow-peers") { Description = "Talk to these peers only: names or tunnel addresses, with commas." };
            Option<string?> priorityPeers = new Option<string?>("--priority-peers") { Description = "Peers whose session is never given up for another's." };
            Option<bool> forceRelay = new Option<bool>("--force-relay") { Description = "Never use direct paths." };
            Option<bool> probePorts = new Option<bool>("--probe-ports") { Description = "Try the ports beside a peer's public one (symmetric NATs)." };
            Option<bool> portMap = new Option<bool>("--port-map") { Description = "Ask the gateway for a port (PCP, NAT-PMP, UPnP)." };
            Option<bool> insecureRelay = new Option<bool>("--allow-insecure-relay") { Description = "Honour InsecureForTests of the relay map." };
            Option<string?> caFile = new Option<string?>("--ca-file") { Description = "PEM file with extra root certificates for control and relays." };
            Option<string?> tags = new Option<string?>("--advertise-tags") { Description = "Tags to ask for: tag:a,tag:b." };
            Option<int> echo = new Option<int>("--echo") { Description = "UDP and TCP port of an echo service on the tunnel address, for tests." };
            Option<bool> ephemeral = new Option<bool>("--ephemeral") { Description = "Ask for a node that control deletes when it has been away." };
            Option<string?> controlKey = new Option<string?>("--control-key") { Description = "Accept only this key of the control server: mkey:HEX, or \"first\" for the one of the first start." };
            Option<bool> netstack = new Option<bool>("--netstack") { Description = "Our own IP stack inside the tunnel, without privileges (the default; the other is --tun)." };
            Option<string?> socks5 = new Option<string?>("--socks5") { Description = "SOCKS5 proxy into the tailnet: ADDR:PORT, or PORT on the loop-back." };
            Option<string[]> forward = new Option<string[]>("--forward") { Description = "Port of this host that leads to a peer: [udp:]LPORT:PEER:PORT (may be repeated)." };
            Option<string[]> serve = new Option<string[]>("--serve") { Description = "Port on the tunnel address that leads to a port of this host: PORT[:LPORT] (may be repeated)." };
            Option<bool> verbose = new Option<bool>("--verbose", "-v") { Description = "Print the actors' log." };
            Command command = new Command("up", "Runs the node in the foreground.")
            {
                controlUrl, authKey, hostName, udpPort, forceRelay, portMap, probePorts, insecureRelay, caFile, tags, ephemeral, controlKey, echo, verbose,
            };
            command.Add(tun);
            command.Add(routes);
            command.Add(acceptRoutes);
            command.Add(exitNode);
            command.Add(netstack);
            command.Add(socks5);
            command.Add(forward);
            command.Add(allowPeers);
            command.Add(priorityPeers);
            command.Add(serve);
            command.SetAction(parsed =>
            {
                string? pin = parsed.GetValue(controlKey);
                byte[]? pinned = pin == null || pin == "first" ? null : KeyText.Parse(KeyText.MachinePublic, pin);
                if (pin != null && pin != "first" && pinned == null) return Fail($"--control-key must be \"first\" or mkey: and 64 hex digits, but it is \"{pin}\".");
                NodeOptions options = new NodeOptions
                {
                    ControlUrl = parsed.GetValue(controlUrl) ?? "",
                    AuthKey = parsed.GetValue(authKey),
                    HostName = parsed.GetValue(hostName) ?? HostName(),
                    UdpPort = parsed.GetValue(udpPort),
                    ForceRelay = parsed.GetValue(forceRelay),
                    PortMap = parsed.GetValue(portMap),
                    ProbePorts = parsed.GetValue(probePorts),
                    AllowInsecureRelay = parsed.GetValue(insecureRelay),
                    AdvertiseTags = List(parsed.GetValue(tags)),
                    Ephemeral = parsed.GetValue(ephemeral),
                    ControlKey = pinned,
                    PinControlKey = pin != null,
                    ActivePeers = DesktopActivePeers,
                    ReplayWindowBits = DesktopReplayWindowBits,
                    FilterBytes = DesktopFilterBytes,
                    Flows = DesktopFlows,
                    RelayConnections = DesktopRelayConnections,
                    MaxSockets = DesktopSockets,
                    EchoPort = parsed.GetValue(echo),
                };
                options.AcceptRoutes = parsed.GetValue(acceptRoutes);
                options.ExitNode = parsed.GetValue(exitNode);
                options.AllowPeers = List(parsed.GetValue(allowPeers));
                options.PriorityPeers = List(parsed.GetValue(priorityPeers));
                options.Netstack = parsed.GetValue(tun) == null;
                string? wrong = TakeRoutes(parsed.GetValue(routes), options) ?? options.Check();
                if (wrong != null) return Fail(wrong);
                string? ca = parsed.GetValue(caFile);
                if (ca != null && !File.Exists(ca)) return Fail($"The CA file {ca} does not exist; give a PEM file with --ca-file.");
                if (parsed.GetValue(netstack) && !options.Netstack) return Fail("Choose one of --netstack and --tun.");
                ProxyOptions proxies = new ProxyOptions();
                wrong = proxies.Take(parsed.GetValue(socks5), parsed.GetValue(forward), parsed.GetValue(serve), options.Netstack);
                if (wrong != null) return Fail(wrong);
                using TunDevice? device = options.Netstack ? null : TunDevice.Open(parsed.GetValue(tun) ?? "", out wrong);
                if (wrong != null) return Fail(wrong);
                using StateDirectory directory = new StateDirectory(parsed.GetValue(stateDir));
                string? unusable = directory.Open();
                if (unusable != null) return Fail(unusable);
                return new NodeHost(options, directory, ca, device, proxies, parsed.GetValue(verbose)).Run();
            });
            return command;
        }

        /// <summary>Null, or what is wrong with the list.</summary>
        private static string? TakeRoutes(string? list, NodeOptions options)
        {
            if (string.IsNullOrEmpty(list)) return null;
            if (options.Netstack) return "--advertise-routes needs --tun: the host's kernel carries the packets on; give both, or leave it out.";
            string[] texts = list.Split(',');
            byte[] prefixes = new byte[texts.Length * NetEndpoint.PrefixLength];
            for (int i = 0; i < texts.Length; i++)
            {
                int at = i * NetEndpoint.PrefixLength;
                if (!NetEndpoint.ParsePrefix(texts[i].Trim(), prefixes, at)) return $"\"{texts[i]}\" is not a subnet; a subnet looks like 10.1.0.0/16.";
                byte[] masked = NetEndpoint.MaskPrefix(prefixes, at);
                if (!masked.AsSpan().SequenceEqual(prefixes.AsSpan(at, masked.Length)))
                    return $"\"{texts[i]}\" has bits behind its length; you may mean {NetEndpoint.FormatPrefix(masked, 0)}.";
            }
            options.AdvertiseRoutes = prefixes;
            return null;
        }

        /// <summary>The host's first label, cut to what a DNS label allows.</summary>
        /// <summary>"a, b" as two texts; null when there is nothing in it.</summary>
        private static string[]? List(string? text)
        {
            string[] items = (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return items.Length == 0 ? null : items;
        }

        private static string HostName()
        {
            string name = Environment.MachineName.Split('.')[0];
            return name.Length == 0 ? "microlink" : name.Length > 63 ? name.Substring(0, 63) : name;
        }

        internal static int Fail(string sentence)
        {
            Console.Error.WriteLine(sentence);
            return 1;
        }
    }
}
