using System.Text;

namespace MicroLink.Runtime
{
    /// <summary>Writes a graph for people, for Mermaid and for programs. Counters are read while the system runs and may be a message apart.</summary>
    internal static class GraphPrinter
    {
        private const string Titles = "actor            state   depth high      done dropped restarts  busy-ms  sends to";

        internal static string Text(ActorSystem system)
        {
            StringBuilder text = new StringBuilder();
            text.Append(Titles).Append('\n');
            for (int i = 0; i < system.Count; i++)
            {
                ActorCell cell = system.Cells[i];
                Pad(text, cell.Ref.Path, 17, true);
                Pad(text, State(cell), 8, true);
                Pad(text, cell.Depth.ToString(), 5, false);
                Pad(text, cell.HighWater.ToString(), 5, false);
                Pad(text, cell.Processed.ToString(), 10, false);
                Pad(text, cell.Dropped.ToString(), 8, false);
                Pad(text, cell.Restarts.ToString(), 9, false);
                Pad(text, cell.HandlerMs.ToString(), 9, false);
                text.Append("  ");
                EdgeTable edges = cell.Edges;
                for (int edge = 0; edge < edges.Count; edge++)
                {
                    if (edge != 0) text.Append(", ");
                    text.Append(edges.Target(edge).Ref.Path).Append(' ').Append(edges.Messages(edge));
                }
                text.Append('\n');
            }
            text.Append("dead letters ").Append(system.DeadLetters).Append(", failures ").Append(system.Failures);
            string why;
            long next = system.NextDeadline(out why);
            if (why != null) text.Append(", next ").Append(why).Append(" in ").Append(next - system.Clock.NowMs).Append(" ms");
            return text.Append('\n').ToString();
        }

        internal static string Mermaid(ActorSystem system)
        {
            StringBuilder text = new StringBuilder();
            text.Append("graph LR\n");
            for (int i = 0; i < system.Count; i++)
            {
                ActorCell cell = system.Cells[i];
                text.Append("  a").Append(i).Append("[\"").Append(cell.Ref.Path).Append("<br/>").Append(cell.Processed).Append(" done");
                if (cell.Dropped != 0) text.Append(", ").Append(cell.Dropped).Append(" dropped");
                if (cell.Restarts != 0) text.Append(", ").Append(cell.Restarts).Append(" restarts");
                text.Append("\"]\n");
            }
            for (int i = 0; i < system.Count; i++)
            {
                ActorCell cell = system.Cells[i];
                if (cell.FromOutside != 0) text.Append("  outside(( )) -->|").Append(cell.FromOutside).Append("| a").Append(i).Append('\n');
                for (int edge = 0; edge < cell.Edges.Count; edge++)
                {
                    text.Append("  a").Append(i).Append(" -->|").Append(cell.Edges.Messages(edge)).Append("| a");
                    text.Append(cell.Edges.Target(edge).Index).Append('\n');
                }
            }
            return text.ToString();
        }

        internal static string Json(ActorSystem system)
        {
            StringBuilder text = new StringBuilder();
            text.Append("{\"actors\":[");
            for (int i = 0; i < system.Count; i++)
            {
                if (i != 0) text.Append(',');
                JsonActor(text, system, system.Cells[i]);
            }
            text.Append("],\"edges\":[");
            bool first = true;
            for (int i = 0; i < system.Count; i++)
            {
                ActorCell cell = system.Cells[i];
                for (int edge = 0; edge < cell.Edges.Count; edge++)
                {
                    if (!first) text.Append(',');
                    first = false;
                    text.Append("{\"from\":");
                    Quote(text, cell.Ref.Path);
                    text.Append(",\"to\":");
                    Quote(text, cell.Edges.Target(edge).Ref.Path);
                    text.Append(",\"count\":").Append(cell.Edges.Messages(edge)).Append('}');
                }
            }
            text.Append("],\"deadLetters\":").Append(system.DeadLetters).Append(",\"failures\":").Append(system.Failures);
            string why;
            long next = system.NextDeadline(out why);
            text.Append(",\"next\":");
            Quote(text, why);
            text.Append(",\"nextInMs\":");
            if (why == null) text.Append("null");
            else text.Append(next - system.Clock.NowMs);
            return text.Append('}').ToString();
        }

        private static void JsonActor(StringBuilder text, ActorSystem system, ActorCell cell)
        {
            text.Append("{\"name\":");
            Quote(text, cell.Ref.Path);
            text.Append(",\"parent\":");
            Quote(text, cell.Parent == null ? null : cell.Parent.Path);
            text.Append(",\"state\":");
            Quote(text, State(cell));
            text.Append(",\"depth\":").Append(cell.Depth).Append(",\"highWater\":").Append(cell.HighWater);
            text.Append(",\"processed\":").Append(cell.Processed).Append(",\"dropped\":").Append(cell.Dropped);
            text.Append(",\"restarts\":").Append(cell.Restarts).Append(",\"failures\":").Append(cell.Failures);
            text.Append(",\"fromOutside\":").Append(cell.FromOutside);
            text.Append(",\"handlerMs\":").Append(cell.HandlerMs).Append(",\"longestHandlerMs\":").Append(cell.LongestHandlerMs);
            long next = cell.IsBound ? cell.NextMs : TimerTable.Never;
            text.Append(",\"next\":");
            Quote(text, next == TimerTable.Never ? null : cell.NextReason);
            text.Append(",\"nextInMs\":");
            if (next == TimerTable.Never) text.Append("null");
            else text.Append(next - system.Clock.NowMs);
            text.Append('}');
        }

        private static string State(ActorCell cell)
        {
            if (cell.IsRunning) return "running";
            if (!cell.IsBound) return "unbound";
            return cell.NextMs == TimerTable.Never ? "stopped" : "waiting";
        }

        private static void Pad(StringBuilder text, string value, int width, bool left)
        {
            if (left) text.Append(value);
            for (int i = value.Length; i < width; i++) text.Append(' ');
            if (!left) text.Append(value);
        }

        private static void Quote(StringBuilder text, string value)
        {
            if (value == null)
            {
                text.Append("null");
                return;
            }
            text.Append('"');
            for (int i = 0; i < value.Length; i++)
            {
                char c = value[i];
                if (c == '"' || c == '\\') text.Append('\\');
                text.Append(c < ' ' ? ' ' : c);
            }
            text.Append('"');
        }
    }
}
