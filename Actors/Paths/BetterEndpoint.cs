using MicroLink.Bytes;

namespace MicroLink.Paths
{
    /// <summary>Which of two proven addresses of a peer is better (protocol.md 6.7, betterAddr). Points, so that it can be read aloud.</summary>
    public static class BetterEndpoint
    {
        // From the specification: bonus points.
        private const int LoopbackPoints = 50, LinkLocalPoints = 30, PrivatePoints = 20, IPv6Points = 10;

        /// <summary>
        /// Our choice: below one millisecond two latencies are equal. Loopback and LAN answers differ by the scheduler's noise only, and
        /// each change of path would be told to the user.
        /// </summary>
        private const int FloorMicros = 1000;

        /// <summary>True when candidate a should replace b. Equal addresses never replace each other. Latencies in microseconds.</summary>
        public static bool IsBetter(byte[] a, int aAt, int aMicros, byte[] b, int bAt, int bMicros)
        {
            if (NetEndpoint.Equal(a, aAt, b, bAt)) return false;
            if (aMicros < FloorMicros) aMicros = FloorMicros;
            if (bMicros < FloorMicros) bMicros = FloorMicros;
            int aPoints = Bonus(a, aAt);
            int bPoints = Bonus(b, bAt);
            // "the faster one gets 100 - 100 * fast / slow (integer)"
            if (aMicros < bMicros) aPoints += 100 - (int)(100L * aMicros / bMicros);
            else bPoints += 100 - (int)(100L * bMicros / aMicros);
            // "If aPoints <= 1 and bPoints = 0: false": 1 % is noise.
            if (aPoints <= 1 && bPoints == 0) return false;
            return aPoints > bPoints;
        }

        private static int Bonus(byte[] endpoint, int at)
        {
            int points = NetEndpoint.IsV4(endpoint, at) ? 0 : IPv6Points;
            if (NetEndpoint.IsLoopback(endpoint, at)) return points + LoopbackPoints;
            if (NetEndpoint.IsLinkLocal(endpoint, at)) return points + LinkLocalPoints;
            if (NetEndpoint.IsPrivate(endpoint, at)) return points + PrivatePoints;
            return points;
        }
    }
}
