using System;
using System.CommandLine;
using System.Runtime.Versioning;

[assembly: UnsupportedOSPlatform("windows")]

namespace MicroLink.Desktop
{
    /// <summary>The `microlink` command: the node itself and the questions one can ask it. Native AOT: up in milliseconds.</summary>
    internal static class Program
    {
        public static int Main(string[] args)
        {
            TerminalText.Guard();
            Option<string?> stateDir = new Option<string?>("--state-dir")
            {
                Description = "Where keys and peers are kept ($XDG_STATE_HOME/microlink or /var/lib/microlink).",
                Recursive = true,
            };
            RootCommand root = new RootCommand("A Tailscale-compatible VPN node built of actors. \"microlink demo\" shows a whole tailnet on this machine.")
            {
                stateDir,
                UpCommand.Create(stateDir),
                StatusCommand.Create(stateDir),
                PingCommand.Create(stateDir),
                NcCommand.Create(stateDir),
                QueryCommands.CreateNetcheck(stateDir),
                QueryCommands.CreateRebind(stateDir),
                QueryCommands.CreateLogout(stateDir),
                QueryCommands.CreateGraph(stateDir),
                QueryCommands.CreateVersion(),
                QueryCommands.CreateElsewhere("lab", "Runs a tailnet in a box: control server, relay and STUN on this machine."),
                QueryCommands.CreateElsewhere("demo", "Shows three nodes joining a tailnet, pinging by relay and then directly."),
            };
            return root.Parse(args).Invoke();
        }
    }
}
