using System;
using System.CommandLine;
using System.Reflection;

namespace MicroLink.Desktop
{
    /// <summary>The commands that ask a running node one question and print the answer.</summary>
    internal static class QueryCommands
    {
        public static Command CreateNetcheck(Option<string?> stateDir)
        {
            Command command = new Command("netcheck", "Shows what the node knows about the network: endpoints, NAT, relay latencies.");
            command.SetAction(parsed => Ask(parsed.GetValue(stateDir), "netcheck", 8000));
            return command;
        }

        public static Command CreateRebind(Option<string?> stateDir)
        {
            Command command = new Command("rebind", "Replaces the node's UDP sockets and proves every path again; sessions stay.");
            command.SetAction(parsed => Ask(parsed.GetValue(stateDir), "rebind", 5000));
            return command;
        }

        public static Command CreateLogout(Option<string?> stateDir)
        {
            Command command = new Command("logout", "Tells control that this node leaves, and forgets the node key.");
            command.SetAction(parsed => Ask(parsed.GetValue(stateDir), "logout", 15000));
            return command;
        }

        public static Command CreateGraph(Option<string?> stateDir)
        {
            Option<bool> mermaid = new Option<bool>("--mermaid") { Description = "As a Mermaid diagram." };
            Option<bool> json = new Option<bool>("--json") { Description = "As JSON." };
            Command command = new Command("graph", "Shows the live actor graph with its counts.") { mermaid, json };
            command.SetAction(parsed => Ask(parsed.GetValue(stateDir),
                parsed.GetValue(json) ? "graph json" : parsed.GetValue(mermaid) ? "graph mermaid" : "graph text", 5000));
            return command;
        }

        public static Command CreateVersion()
        {
            Command command = new Command("version", "Shows the version.");
            command.SetAction(_ => { Console.WriteLine(Version); return 0; });
            return command;
        }

        /// <summary>A command of the second program (microlink-lab); the ./microlink script starts it, this only says so.</summary>
        public static Command CreateElsewhere(string name, string description)
        {
            Command command = new Command(name, description) { TreatUnmatchedTokensAsErrors = false };
            command.SetAction(_ =>
            {
                Console.Error.WriteLine($"\"{name}\" is served by microlink-lab; start it with ./microlink {name} from the source tree.");
                return 1;
            });
            return command;
        }

        public static string Version
        {
            get
            {
                string? version = typeof(QueryCommands).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
                return version == null ? "unknown" : version.Split('+')[0];
            }
        }

        private static int Ask(string? stateDir, string request, int timeoutMs)
        {
            LocalClient client = new LocalClient(new StateDirectory(stateDir));
            if (!client.TryAsk(request, timeoutMs, out string[] lines, out string? refusal))
            {
                Console.Error.WriteLine(client.NotRunning);
                return 1;
            }
            foreach (string line in lines) Console.WriteLine(line);
            if (refusal == null) return 0;
            Console.Error.WriteLine(refusal);
            return 1;
        }
    }
}
