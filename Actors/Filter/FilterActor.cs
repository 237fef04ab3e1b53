using MicroLink.NetIo;
using MicroLink.Runtime;

namespace MicroLink.Filter
{
    /// <summary>
    /// Puts control's packet filter into force: collects the named filters of a map message, compiles them when it is complete, gives the
    /// table to the data plane, and tells the node what became of it.
    /// </summary>
    public sealed class FilterActor : Actor
    {
        private const int ReportTimer = 0, ReportRetryMs = 10;

        private readonly FilterSet _set;
        private readonly PacketPlane _plane;
        private readonly ActorRef _node;
        private PacketFilterChanged _report;

        /// <param name="set">Outlives the actor: a new one goes on with the names it had.</param>
        public FilterActor(FilterSet set, PacketPlane plane, ActorRef node)
        {
            _set = set;
            _plane = plane;
            _node = node;
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
            _report = new PacketFilterChanged(filter.Table.Length == 0 ? 0 : filter.Rules, trouble);
            Report();
        }

        private void Report()
        {
            if (_report != null && !Send(_node, _report)) Timers.Set(ReportTimer, ReportRetryMs, ReportTick.Instance, "the node is busy");
            else _report = null;
        }

        private sealed class ReportTick : Message
        {
            public static readonly ReportTick Instance = new ReportTick();
        }
    }
}
