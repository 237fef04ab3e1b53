using System.Globalization;
using System.Text.RegularExpressions;

namespace MicroLink.Lab
{
    /// <summary>One answered ping: "pong from NAME (IP) via DERP(CODE) in N ms" or "via IP:PORT in N ms".</summary>
    internal sealed class Pong
    {
        private static readonly Regex Form = new Regex(@"^pong from (\S+) \(([^)]+)\) via (DERP\(([^)]*)\)|\S+) in ([0-9.]+) ms$");

        public string Via { get; private init; }
        public bool ByRelay { get; private init; }
        public double Ms { get; private init; }

        /// <summary>"5 ms", with the way it took when that is not the expected one.</summary>
        public string Text(bool byRelay)
        {
            return Ms.ToString("0.###", CultureInfo.InvariantCulture) + " ms" + (byRelay == ByRelay ? "" : " via " + Via);
        }

        /// <summary>The last pong among the printed lines, null when there is none.</summary>
        public static Pong Last(string output)
        {
            string[] lines = output.Split('\n');
            for (int i = lines.Length - 1; i >= 0; i--)
            {
                Match match = Form.Match(lines[i].Trim());
                if (!match.Success) continue;
                return new Pong
                {
                    Via = match.Groups[3].Value,
                    ByRelay = match.Groups[4].Success,
                    Ms = double.Parse(match.Groups[5].Value, CultureInfo.InvariantCulture),
                };
            }
            return null;
        }
    }

    /// <summary>What two nodes measured, first by relay and then directly.</summary>
    internal sealed class PairResult
    {
        public NodeProcess From, To;
        public Pong Relay, RelayTunnel, Direct, DirectTunnel;
        /// <summary>From the release of the endpoints to the first direct answer.</summary>
        public long UpgradeMs;
    }
}
