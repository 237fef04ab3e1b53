using System;
using System.CommandLine;
using System.Globalization;
using System.Threading;

namespace MicroLink.Desktop
{
    /// <summary>`microlink ping PEER`: disco by default, or through the tunnel with --icmp and --tsmp.</summary>
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
            Command command = new Command("ping", "Pings a peer and says by which way it answered.") { peer, count, untilDirect, timeout, disco, icmp, tsmp };
            command.SetAction(parsed =>
            {
                int kinds = (parsed.GetValue(disco) ? 1 : 0) + (parsed.GetValue(icmp) ? 1 : 0) + (parsed.GetValue(tsmp) ? 1 : 0);
                if (kinds > 1) return Fail("Choose one of --disco, --icmp and --tsmp.");
                string kind = parsed.GetValue(icmp) ? "icmp" : parsed.GetValue(tsmp) ? "tsmp" : "disco";
                bool direct = parsed.GetValue(untilDirect);
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

        /// <summary>Prints one pong; fields: name, address, endpoint or "-", relay code or "-", microseconds. True when it came directly.</summary>
        private static bool Print(string[] fields)
        {
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
