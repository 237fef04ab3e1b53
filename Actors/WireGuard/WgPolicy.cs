using MicroLink.NetMap;

namespace MicroLink.WireGuard
{
    /// <summary>
    /// Whom the user wants to talk to. With an allowlist, any other peer gets no slot: no tunnel in either direction, no probing, and what comes
    /// from it ends at the handshake. Priority peers get a slot even when all are taken, and never lose it.
    /// </summary>
    public sealed class WgPolicy
    {
        private readonly WgChoice[] _allowed, _priority;

        /// <summary>Everybody, nobody first.</summary>
        public WgPolicy() : this(null, null) { }

        /// <param name="allowed">Null or empty = everybody. Priority peers are always allowed.</param>
        /// <param name="priority">Null or empty = nobody.</param>
        public WgPolicy(string[] allowed, string[] priority)
        {
            _allowed = WgChoice.All(allowed);
            _priority = WgChoice.All(priority);
        }

        public bool Allows(PeerRow row)
        {
            return _allowed.Length == 0 || WgChoice.Any(_allowed, row) || IsPriority(row);
        }

        /// <summary>The user has named priority peers.</summary>
        public bool HasPriority { get { return _priority.Length > 0; } }

        public bool IsPriority(PeerRow row)
        {
            return WgChoice.Any(_priority, row);
        }
    }
}
