using System.CommandLine;
using MicroLink.Node;

namespace MicroLink.Desktop
{
    /// <summary>The options of `microlink up`.</summary>
    internal sealed class UpOptions
    {
        public readonly Option<string> ControlUrl = new("--control-url")
            { Description = "Control server, http:// or https://.", Required = true };
        public readonly Option<string?> AuthKey = new("--auth-key")
            { Description = "Pre-auth key, or file:PATH, which other users cannot see; without one the login page's address is printed." };
        public readonly Option<string?> HostName = new("--hostname") { Description = "Name to ask for (this host's name)." };
        public readonly Option<int> UdpPort = new("--udp-port")
            { Description = "UDP port (41641 when free, else any).", DefaultValueFactory = _ => NodeOptions.DefaultUdpPort };
        public readonly Option<string?> Tun = new("--tun")
            { Description = "Make a TUN device of this name: the host's programs use the tailnet. Needs root." };
        public readonly Option<string?> Routes = new("--advertise-routes")
            { Description = "Subnets behind this host to offer: 10.1.0.0/16,fd01::/64 (needs --tun)." };
        public readonly Option<bool> AcceptRoutes = new("--accept-routes") { Description = "Use the subnets that peers offer." };
        public readonly Option<string?> ExitNode = new("--exit-node") { Description = "Send everything without another way to this peer." };
        public readonly Option<string?> AllowPeers = new("--allow-peers")
            { Description = "Talk to these peers only: names or tunnel addresses, with commas." };
        public readonly Option<string?> PriorityPeers = new("--priority-peers")
            { Description = "Peers whose session is never given up for another's." };
        public readonly Option<bool> ForceRelay = new("--force-relay") { Description = "Never use direct paths." };
        public readonly Option<bool> ProbePorts = new("--probe-ports")
            { Description = "Try the ports beside a peer's public one (symmetric NATs)." };
        public readonly Option<bool> PortMap = new("--port-map") { Description = "Ask the gateway for a port (PCP, NAT-PMP, UPnP)." };
        public readonly Option<bool> InsecureRelay = new("--allow-insecure-relay")
            { Description = "Honour InsecureForTests of the relay map." };
        public readonly Option<string?> CaFile = new("--ca-file")
            { Description = "PEM file with extra root certificates for control and relays." };
        public readonly Option<string?> Tags = new("--advertise-tags") { Description = "Tags to ask for: tag:a,tag:b." };
        public readonly Option<int> Echo = new("--echo")
            { Description = "UDP and TCP port of an echo service on the tunnel address, for tests." };
        public readonly Option<bool> Ephemeral = new("--ephemeral")
            { Description = "Ask for a node that control deletes when it has been away." };
        public readonly Option<string?> ControlKey = new("--control-key")
            { Description = "Accept only this key of the control server: mkey:HEX, or \"first\" for the one of the first start." };
        public readonly Option<string?> TimeServers = new("--time-servers")
            { Description = "SNTP servers, asked only while this host's clock is not set: NAME,NAME or \"none\"." };
        public readonly Option<bool> Netstack = new("--netstack")
            { Description = "Our own IP stack inside the tunnel, without privileges (the default; the other is --tun)." };
        public readonly Option<string?> Socks5 = new("--socks5")
            { Description = "SOCKS5 proxy into the tailnet: ADDR:PORT, or PORT on the loop-back." };
        public readonly Option<string[]> Forward = new("--forward")
            { Description = "Port of this host that leads to a peer: [udp:]LPORT:PEER:PORT (may be repeated)." };
        public readonly Option<string[]> Serve = new("--serve")
            { Description = "Port on the tunnel address that leads to a port of this host: PORT[:LPORT] (may be repeated)." };
        public readonly Option<bool> Verbose = new("--verbose", "-v") { Description = "Print the actors' log." };

        /// <summary>In the order in which --help lists them.</summary>
        public Command CreateCommand()
        {
            return new Command("up", "Runs the node in the foreground.")
            {
                ControlUrl, AuthKey, HostName, UdpPort, Tun, Netstack, Routes, AcceptRoutes, ExitNode, Socks5, Forward, Serve,
                Echo, AllowPeers, PriorityPeers, ForceRelay, PortMap, ProbePorts, InsecureRelay, CaFile, Tags, Ephemeral,
                ControlKey, TimeServers, Verbose,
            };
        }
    }
}
