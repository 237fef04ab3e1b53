using System;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Threading;

namespace MicroLink.Desktop
{
    /// <summary>`microlink ping PEER`: disco by default, or through the tunnel with --icmp, --tsmp and --peerapi.</summary>
    internal static class PingCommand
    {
        private const int BetweenPingsMs = 1000;
        private const int BetweenPingsUntilDirectMs = 250;

        public static Command Create(Option<string?> stateDir)
        {
            Argument<string> peer = new Argument<string>("PEER") { Description = "Name, full name or address of a peer." };
            Option<int?> count = new Option<int?>("--count") { Description = "How many pings (1; with --until-direct at most 40)." };
            Option<bool> untilDirect = new Option<bool>("--until-direct") { Description = "Ping until the answer comes directly." };
            Option<int> timeout = new Option<int>("--timeout-ms") { Description = "How long to wait for each answer.", DefaultValueFactory = _ => 5000 };
            Option<bool> disco = new Option<bool>("--disco") { Description = "Ping the path finder (the default)." };
            Option<bool> icmp = new Option<bool>("--icmp") { Description = "Ping through WireGuard with ICMP echo." };
            Option<bool> tsmp = new Option<bool>("--tsmp") { Description = "Ping through WireGuard with TSMP." };
            Option<bool> peerApi = new Option<bool>("--peerapi") { Description = "Ask the peer's HTTP service inside the tunnel." };
            Command command = new Command("ping", "Pings a peer and says by which way it answered.")
            {
                peer, count, untilDirect, timeout, disco, icmp, tsmp, peerApi,
            };
            command.SetAction(parsed =>
            {
                string[] kinds = new[] { disco, icmp, tsmp, peerApi }.Where(parsed.GetValue).Select(option => option.Name.TrimStart('-')).ToArray();
                if (kinds.Length > 1) return Fail("Choose one of --disco, --icmp, --tsmp and --peerapi.");
                string kind = kinds.Length == 0 ? "disco" : kinds[0];
                bool direct = parsed.GetValue(untilDirect);
                if (direct && kind == "peerapi") return Fail("--peerapi does not tell by which way the answer came; leave out --until-direct.");
                int times = parsed.GetValue(count) ?? (direct ? 40 : 1);
                int timeoutMs = parsed.GetValue(timeout);
                if (times < 1) return Fail("--count must be at least 1.");
                if (timeoutMs < 1 || timeoutMs > 600000) return Fail("--timeout-ms must be 1 to 600000.");
                string name = parsed.GetValue(peer) ?? "";
                if (name.Length == 0 || name.Length > 255 || name.Contains(' ')) return Fail("PEER must be a name or an address without blanks.");
                return Run(new LocalClient(new StateDirectory(parsed.GetValue(stateDir))), name, kind, times, timeoutMs, direct);
            });
            return command;
        }

        private static int Run(LocalClient client, string peer, string kind, int times, int timeoutMs, bool untilDirect)
        {
            bool answered = false;
            for (int i = 0; i < times; i++)
            {
                if (i > 0) Thread.Sleep(untilDirect ? BetweenPingsUntilDirectMs : BetweenPingsMs);
                if (!client.TryAsk($"ping {kind} {timeoutMs} {peer}", timeoutMs + 3000, out string[] lines, out string? refusal)) return Fail(client.NotRunning);
                if (refusal != null || lines.Length == 0)
                {
                    Console.WriteLine(refusal ?? "The node gave an empty answer.");
                    continue;
                }
                bool direct = Print(lines[0].Split('\t'));
                answered = true;
                if (untilDirect && direct) return 0;
            }
            if (!untilDirect) return answered ? 0 : 1;
            return Fail(answered ? "The peer answers by relay only; no direct path was found in time." : "The peer did not answer.");
        }

        /// <summary>Prints one pong; fields: name, address, endpoint or "-", relay code or "-", microseconds, for the peer API its address. True when
        /// it came directly.</summary>
        private static bool Print(string[] fields)
        {
            if (fields.Length > 5)
            {
                Console.WriteLine($"hit peerapi of {fields[0]} ({fields[1]}) at {fields[5]} in {(long.Parse(fields[4], CultureInfo.InvariantCulture) + 999) / 1000} ms");
                return false;
            }
            bool direct = fields[2] != "-";
            long micros = long.Parse(fields[4], CultureInfo.InvariantCulture);
            string way = direct ? fields[2] : $"DERP({fields[3]})";
            Console.WriteLine($"pong from {fields[0]} ({fields[1]}) via {way} in {(micros + 999) / 1000} ms");
            return direct;
        }

        private static int Fail(string sentence)
        {
            Console.Error.WriteLine(sentence);
            return 1;
        }
    }
}
