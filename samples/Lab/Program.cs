using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using MicroLink.Lab.Core;

namespace MicroLink.Lab
{
    /// <summary>microlink-lab: a tailnet in a box on loopback, and the demo that runs in it.</summary>
    internal static class Program
    {
        private static Task<int> Main(string[] args)
        {
            var root = new RootCommand("A tailnet in a box: control server, relay and STUN on loopback, for demos and tests.");
            root.Subcommands.Add(LabCommand());
            root.Subcommands.Add(DemoCommand());
            return root.Parse(args).InvokeAsync();
        }

        private static Command LabCommand()
        {
            var port = new Option<int>("--port")
            {
                Description = "TCP port of the control server; 0 = any free one.",
                DefaultValueFactory = _ => 8080,
            };
            var authKey = new Option<string>("--auth-key")
            {
                Description = "The key that admits nodes.",
                DefaultValueFactory = _ => "tskey-auth-lab",
            };
            var flavor = new Option<string>("--flavor")
            {
                Description = "Whose habits the control server has: headscale, tailscale or ionscale.",
                DefaultValueFactory = _ => "headscale",
            };
            flavor.Validators.Add(result =>
            {
                if (LabFlavor.Find(result.GetValueOrDefault<string>()) == null) result.AddError("--flavor must be headscale, tailscale or ionscale.");
            });
            var earlyNoise = new Option<bool?>("--early-noise") { Description = "Send EarlyNoise (headscale does, the others do not)." };
            var fakePeers = new Option<int>("--fake-peers") { Description = "Nodes that do not exist but stand in every map." };
            Option<WireGuardOnlyPeer[]> wireGuardOnly = WireGuardOnlyOption();
            var regions = new Option<int>("--regions") { Description = "DERP regions, 1 to 4.", DefaultValueFactory = _ => 1 };
            var caOut = new Option<string>("--ca-out") { Description = "Where to write the relay's CA certificate (PEM)." };
            var listen = new Option<IPAddress[]>("--listen")
            {
                Description = "Address to listen on instead of loopback; once for IPv4, once for IPv6.",
                CustomParser = result => Addresses(result),
                DefaultValueFactory = _ => new IPAddress[0],
            };
            var relay = new Option<IPEndPoint>("--relay")
            {
                Description = "Another relay in place of the lab's: IPv4:PORT of a derper, with STUN at 3478. Its certificate is not checked.",
                CustomParser = result => Relay(result),
            };
            Option<LabMasquerade[]> masquerades = MasqueradeOption();
            const string Away = "How long the relays are away when SIGUSR1 restarts them.";
            var outage = new Option<int>("--outage-ms") { Description = Away, DefaultValueFactory = _ => 300 };
            regions.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() is < 1 or > 4) result.AddError("--regions must be 1 to 4.");
            });
            port.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() is < 0 or > 65535) result.AddError("--port must be 0 to 65535.");
            });
            var command = new Command("lab", "Runs the lab until SIGINT or SIGTERM; one line per event.")
            {
                port, authKey, flavor, fakePeers, earlyNoise, regions, caOut, listen, relay, masquerades, wireGuardOnly, outage,
            };
            command.SetAction((parsed, stop) => RunLab(new LabServerOptions
            {
                Port = parsed.GetValue(port),
                AuthKey = parsed.GetValue(authKey),
                Flavor = LabFlavor.Find(parsed.GetValue(flavor)),
                EarlyNoise = parsed.GetValue(earlyNoise),
                FakePeers = parsed.GetValue(fakePeers),
                WireGuardOnly = parsed.GetValue(wireGuardOnly),
                Regions = parsed.GetValue(regions),
                CaFile = parsed.GetValue(caOut),
                Listen = parsed.GetValue(listen),
                Relay = parsed.GetValue(relay),
                Masquerades = parsed.GetValue(masquerades),
            }, parsed.GetValue(outage), stop));
            return command;
        }

        private static Command DemoCommand()
        {
            var once = new Option<bool>("--once") { Description = "Exit after the summary." };
            var command = new Command("demo",
                "Starts the lab and three nodes, pings by relay and direct, and shows the actors at work.") { once };
            command.SetAction((parsed, stop) => new DemoRun(parsed.GetValue(once)).RunAsync(stop));
            return command;
        }

        private static Option<WireGuardOnlyPeer[]> WireGuardOnlyOption()
        {
            return new Option<WireGuardOnlyPeer[]>("--wireguard-only")
            {
                Description = "A peer without DISCO and relay: NAME,KEY,ENDPOINT[,ENDPOINT...]; once for each.",
                CustomParser = result => WireGuardOnly(result),
                DefaultValueFactory = _ => new WireGuardOnlyPeer[0],
            };
        }

        private static WireGuardOnlyPeer[] WireGuardOnly(ArgumentResult result)
        {
            var peers = new List<WireGuardOnlyPeer>();
            foreach (Token token in result.Tokens)
            {
                WireGuardOnlyPeer peer = WireGuardOnlyPeer.Parse(token.Value, out string error);
                if (peer == null) result.AddError("--wireguard-only: " + error);
                else peers.Add(peer);
            }
            return peers.ToArray();
        }

        private static IPEndPoint Relay(ArgumentResult result)
        {
            if (IPEndPoint.TryParse(result.Tokens[0].Value, out IPEndPoint relay) && relay.Port != 0) return relay;
            result.AddError("--relay needs an address and a port, as 10.0.0.1:443.");
            return null;
        }

        private static Option<LabMasquerade[]> MasqueradeOption() => new Option<LabMasquerade[]>("--masquerade")
        {
            Description = "One peer knows a node by another address: NODE=ADDRESS@PEER (may be repeated).",
            CustomParser = result => Masquerades(result),
            DefaultValueFactory = _ => new LabMasquerade[0],
        };

        private static LabMasquerade[] Masquerades(ArgumentResult result)
        {
            var all = new List<LabMasquerade>();
            foreach (Token token in result.Tokens)
            {
                LabMasquerade masquerade = LabMasquerade.Parse(token.Value);
                if (masquerade != null) all.Add(masquerade);
                else result.AddError("--masquerade takes NODE=ADDRESS@PEER, but it is \"" + token.Value + "\".");
            }
            return all.ToArray();
        }

        private static IPAddress[] Addresses(ArgumentResult result)
        {
            var addresses = new List<IPAddress>();
            foreach (Token token in result.Tokens)
            {
                if (IPAddress.TryParse(token.Value, out IPAddress address)) addresses.Add(address);
                else result.AddError("--listen needs an IP address, but \"" + token.Value + "\" is none.");
            }
            return addresses.ToArray();
        }

        /// <summary>SIGUSR1 on Linux: .NET takes the raw number for signals that it has no name for.</summary>
        private const PosixSignal RestartRelays = (PosixSignal)10;

        private static async Task<int> RunLab(LabServerOptions options, int outageMs, CancellationToken stop)
        {
            LabServer server;
            try
            {
                server = new LabServer(options);
            }
            catch (SocketException e)
            {
                Console.Error.WriteLine("The lab cannot listen on port " + options.Port + " (" + e.Message
                    + "); choose another one with --port, or 0 for any.");
                return 1;
            }
            catch (System.IO.IOException e)
            {
                Console.Error.WriteLine("The lab cannot write " + options.CaFile + " (" + e.Message
                    + "); choose another place with --ca-out.");
                return 1;
            }
            await using (server)
            {
                await server.StartAsync();
                using PosixSignalRegistration restart = PosixSignalRegistration.Create(RestartRelays, signal =>
                {
                    signal.Cancel = true;
                    _ = server.RestartRelaysAsync(outageMs);
                });
                string where = options.Listen.Length == 0 ? "loopback" : string.Join(" and ", (object[])options.Listen);
                Console.WriteLine("lab: control at " + server.ControlUrl + ", relay and STUN on " + where + ". To join:");
                Console.WriteLine("microlink up --control-url " + server.ControlUrl + " --auth-key " + server.AuthKey + " --ca-file "
                    + server.CaFile);
                try
                {
                    await Task.Delay(Timeout.Infinite, stop);
                }
                catch (OperationCanceledException)
                {
                    Console.WriteLine("lab: ends");
                }
            }
            return 0;
        }
    }
}
