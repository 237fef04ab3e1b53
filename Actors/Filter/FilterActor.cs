using MicroLink.NetIo;
using MicroLink.Runtime;
using MicroLink.Store;

namespace MicroLink.Filter
{
    /// <summary>
    /// Puts control's packet filter into force: collects the named filters of a map message, compiles them when it is complete, gives the
    /// table to the data plane, and tells the node what became of it. The last table is stored: after a restart it holds until control answers,
    /// so that known peers reach this node as it reaches them.
    /// </summary>
    public sealed class FilterActor : Actor
    {
        private const int ReportTimer = 0, ReportRetryMs = 10;
        private static readonly string[] s_noCapabilities = new string[0];

        private readonly FilterSet _set;
        private readonly PacketPlane _plane;
        private readonly ActorRef _node, _store;
        private PacketFilterChanged _report;
        private byte[] _stored;
        private StoreSetting _unsaved;

        /// <param name="set">Outlives the actor: a new one goes on with the names it had.</param>
        /// <param name="store">Gets the table as StoreSetting; null = it is not kept.</param>
        /// <param name="stored">StateKeys.PacketFilter, null = none.</param>
        public FilterActor(FilterSet set, PacketPlane plane, ActorRef node, ActorRef store = null, byte[] stored = null)
        {
            _store = store;
            _stored = stored;
            _set = set;
            _plane = plane;
            _node = node;
        }

        protected override void OnStart()
        {
            if (_stored == null || _set.IsCommitted) return;
            if (_plane.SetFilter(_stored, s_noCapabilities) < 0) Log.Warning("The stored packet filter cannot be read; nobody may connect before control answers.");
        }

        protected override void OnReceive(Message message)
        {
            switch (message)
            {
                case PacketFilterPart part: _set.Take(part.Part); break;
                case PacketFilterCommit commit: OnCommit(commit); break;
                case ReportTick _: Report(); break;
            }
        }

        private void OnCommit(PacketFilterCommit commit)
        {
            CompiledFilter filter = _set.Commit(commit.Stream, commit.Unsigned);
            string trouble = filter.Trouble;
            if (_plane.SetFilter(filter.Table, filter.Capabilities) < 0)
                trouble = "The data plane did not take control's packet filter, so nobody may connect to this node. Please report this.";
            if (trouble != null) Log.Warning(trouble);
            Keep(filter);
            _report = new PacketFilterChanged(filter.Table.Length == 0 ? 0 : filter.Rules, trouble);
            Report();
        }

        /// <summary>
        /// A table that is too long for a setting, or whose sources are named by capabilities (which stored peers do not have), is forgotten: a
        /// start then lets nobody in, as ever, instead of whom an older filter let in.
        /// </summary>
        private void Keep(CompiledFilter filter)
        {
            if (_store == null) return;
            byte[] table = filter.Table;
            if (table.Length == 0 || table.Length > SettingsTable.ValueBytesMax || filter.Capabilities.Length > 0) table = null;
            if (Same(table, _stored)) return;
            _stored = table;
            _unsaved = new StoreSetting(StateKeys.PacketFilter, table);
        }

        private static bool Same(byte[] a, byte[] b)
        {
            if (a == null || b == null) return a == b;
            if (a.Length != b.Length) return false;
            for (int i = 0; i < a.Length; i++)
            {
                if (a[i] != b[i]) return false;
            }
            return true;
        }

        private void Report()
        {
            if (_report != null && Send(_node, _report)) _report = null;
            if (_unsaved != null && Send(_store, _unsaved)) _unsaved = null;
            if (_report != null || _unsaved != null) Timers.Set(ReportTimer, ReportRetryMs, ReportTick.Instance, "the node or the store is busy");
        }

        private sealed class ReportTick : Message
        {
            public static readonly ReportTick Instance = new ReportTick();
        }
    }
}
