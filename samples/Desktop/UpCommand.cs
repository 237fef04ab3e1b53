using System;
using System.CommandLine;
using System.IO;
using System.Text;
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
        private const int DesktopRelayBlockBytes = 16384;
        private const int DesktopQueuePackets = 1024;
        private const int DesktopSockets = 4096;

        public static Command Create(Option<string?> stateDir)
        {
            UpOptions up = new UpOptions();
            Command command = up.CreateCommand();
            command.SetAction(parsed => Run(parsed, up, stateDir));
            return command;
        }

        private static int Run(ParseResult parsed, UpOptions up, Option<string?> stateDir)
        {
            NodeOptions? options = Read(parsed, up, out string? wrong);
            if (options == null) return Fail(wrong ?? "");
            SystemRoots.TakeOver();
            string? ca = parsed.GetValue(up.CaFile);
            if (ca != null && !File.Exists(ca)) return Fail($"The CA file {ca} does not exist; give a PEM file with --ca-file.");
            if (parsed.GetValue(up.Netstack) && !options.Netstack) return Fail("Choose one of --netstack and --tun.");
            ProxyOptions proxies = new ProxyOptions();
            wrong = proxies.Take(parsed.GetValue(up.Socks5), parsed.GetValue(up.Forward), parsed.GetValue(up.Serve), options.Netstack);
            if (wrong != null) return Fail(wrong);
            using TunDevice? device = options.Netstack ? null : TunDevice.Open(parsed.GetValue(up.Tun) ?? "", out wrong);
            if (wrong != null) return Fail(wrong);
            using StateDirectory directory = new StateDirectory(parsed.GetValue(stateDir));
            string? unusable = directory.Open();
            if (unusable != null) return Fail(unusable);
            return new NodeHost(options, directory, ca, device, proxies, parsed.GetValue(up.Verbose)).Run();
        }

        /// <summary>Null: one of them is wrong, and why.</summary>
        private static NodeOptions? Read(ParseResult parsed, UpOptions up, out string? wrong)
        {
            string? pin = parsed.GetValue(up.ControlKey);
            byte[]? pinned = pin == null || pin == "first" ? null : KeyText.Parse(KeyText.MachinePublic, pin);
            if (pin != null && pin != "first" && pinned == null)
                return Refuse($"--control-key must be \"first\" or mkey: and 64 hex digits, but it is \"{pin}\".", out wrong);
            string? authKey = SecretText.Read(parsed.GetValue(up.AuthKey), "--auth-key", out wrong);
            if (wrong != null) return null;
            NodeOptions options = new NodeOptions
            {
                ControlUrl = parsed.GetValue(up.ControlUrl) ?? "",
                AuthKey = authKey,
                HostName = parsed.GetValue(up.HostName) ?? HostName(),
                UdpPort = parsed.GetValue(up.UdpPort),
                ForceRelay = parsed.GetValue(up.ForceRelay),
                PortMap = parsed.GetValue(up.PortMap),
                ProbePorts = parsed.GetValue(up.ProbePorts),
                AllowInsecureRelay = parsed.GetValue(up.InsecureRelay),
                AdvertiseTags = List(parsed.GetValue(up.Tags)),
                Ephemeral = parsed.GetValue(up.Ephemeral),
                ControlKey = pinned,
                PinControlKey = pin != null,
                ActivePeers = DesktopActivePeers,
                EndpointLines = 4096,
                ReplayWindowBits = DesktopReplayWindowBits,
                FilterBytes = DesktopFilterBytes,
                Flows = DesktopFlows,
                RelayConnections = DesktopRelayConnections,
                RelayBlockBytes = DesktopRelayBlockBytes,
                QueuePackets = DesktopQueuePackets,
                MaxSockets = DesktopSockets,
                EchoPort = parsed.GetValue(up.Echo),
            };
            options.AcceptRoutes = parsed.GetValue(up.AcceptRoutes);
            options.ExitNode = parsed.GetValue(up.ExitNode);
            options.AllowPeers = List(parsed.GetValue(up.AllowPeers));
            options.PriorityPeers = List(parsed.GetValue(up.PriorityPeers));
            string? timeServers = parsed.GetValue(up.TimeServers);
            if (timeServers != null) options.TimeServers = timeServers == "none" ? [] : List(timeServers) ?? [];
            options.Netstack = parsed.GetValue(up.Tun) == null;
            wrong = TakeRoutes(parsed.GetValue(up.Routes), options) ?? options.Check();
            return wrong == null ? options : null;
        }

        private static NodeOptions? Refuse(string sentence, out string? wrong)
        {
            wrong = sentence;
            return null;
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

        /// <summary>"a, b" as two texts; null when there is nothing in it.</summary>
        private static string[]? List(string? text)
        {
            string[] items = (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return items.Length == 0 ? null : items;
        }

        /// <summary>The host's first label, made what a DNS label allows: Linux lets a host be called anything.</summary>
        private static string HostName()
        {
            StringBuilder label = new StringBuilder();
            foreach (char c in Environment.MachineName.Split('.')[0])
            {
                if (label.Length < 63) label.Append(char.IsAsciiLetterOrDigit(c) ? c : '-');
            }
            string name = label.ToString().Trim('-');
            return name.Length == 0 ? "microlink" : name;
        }

        internal static int Fail(string sentence)
        {
            Console.Error.WriteLine(sentence);
            return 1;
        }
    }
}
