using System;
using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace MicroLink.Desktop
{
    /// <summary>`microlink status [--json]`: what the node is doing and why.</summary>
    internal static class StatusCommand
    {
        public static Command Create(Option<string?> stateDir)
        {
            Option<bool> json = new Option<bool>("--json") { Description = "As JSON, for programs." };
            Command command = new Command("status", "Shows the node's state, its addresses and its peers.") { json };
            command.SetAction(parsed => Run(new StateDirectory(parsed.GetValue(stateDir)), parsed.GetValue(json)));
            return command;
        }

        private static int Run(StateDirectory directory, bool json)
        {
            LocalClient client = new LocalClient(directory);
            bool running = client.TryAsk("status", 5000, out string[] lines, out string? refusal);
            if (running && (refusal != null || lines.Length == 0))
            {
                Console.Error.WriteLine(refusal ?? "The node gave an empty answer; try again.");
                return 1;
            }
            string status = running ? lines[0] : Stopped(client.NotRunning);
            if (json) Console.WriteLine(status);
            else Print(status);
            return 0;
        }

        private static string Stopped(string reason)
        {
            return "{\"version\":\"" + QueryCommands.Version + "\",\"state\":\"stopped\",\"reason\":\"" + JsonEncodedText.Encode(reason)
                + "\",\"self\":null,\"peers\":[],\"drops\":{}}";
        }

        private static void Print(string status)
        {
            using JsonDocument document = JsonDocument.Parse(status);
            JsonElement root = document.RootElement;
            string reason = root.GetProperty("reason").GetString() ?? "";
            Console.WriteLine(reason.Length == 0 ? root.GetProperty("state").GetString() : $"{root.GetProperty("state").GetString()}: {reason}");
            if (root.TryGetProperty("authUrl", out JsonElement login)) Console.WriteLine("To log in, visit: " + login.GetString());
            JsonElement self = root.GetProperty("self");
            if (self.ValueKind == JsonValueKind.Object)
                Console.WriteLine($"{First(self.GetProperty("addresses")),-15} {self.GetProperty("name").GetString(),-19} self  home relay {self.GetProperty("homeRelay").GetInt32()}");
            foreach (JsonElement peer in root.GetProperty("peers").EnumerateArray()) Console.WriteLine(PeerLine(peer));
            if (root.TryGetProperty("health", out JsonElement health))
            {
                foreach (JsonElement trouble in health.EnumerateArray()) Console.WriteLine("health: " + trouble.GetString());
            }
            foreach (JsonProperty drop in root.GetProperty("drops").EnumerateObject())
            {
                if (drop.Value.GetInt64() != 0) Console.WriteLine($"dropped {drop.Value.GetInt64()}: {drop.Name}");
            }
        }

        private static string PeerLine(JsonElement peer)
        {
            StringBuilder line = new StringBuilder();
            line.Append($"{First(peer.GetProperty("addresses")),-15} {peer.GetProperty("name").GetString(),-19} ");
            string path = peer.GetProperty("path").GetString() ?? "none";
            line.Append(path switch
            {
                "direct" => "direct " + peer.GetProperty("endpoint").GetString(),
                "relay" => "relay " + peer.GetProperty("relay").GetInt32().ToString(),
                _ => peer.GetProperty("online").ValueKind == JsonValueKind.False ? "offline" : "idle",
            });
            line.Append($"  rx {peer.GetProperty("rxBytes").GetInt64()}  tx {peer.GetProperty("txBytes").GetInt64()}");
            AppendReason(line, peer);
            return line.ToString();
        }

        /// <summary>"(relay: no pong for 6.5 s; since 8 s)"</summary>
        private static void AppendReason(StringBuilder line, JsonElement peer)
        {
            line.Append("  (").Append(peer.GetProperty("pathReason").GetString());
            if (peer.TryGetProperty("pathSinceSec", out JsonElement since) && since.ValueKind == JsonValueKind.Number)
                line.Append("; since ").Append(since.GetInt64()).Append(" s");
            line.Append(')');
        }

        private static string First(JsonElement addresses)
        {
            foreach (JsonElement address in addresses.EnumerateArray()) return address.GetString() ?? "";
            return "-";
        }
    }
}
