using System.Text;

namespace MicroLink.Runtime
{
    /// <summary>Writes a graph for people, for Mermaid and for programs. Counters are read while the system runs and may be a message apart.</summary>
    public static class GraphPrinter
    {
        private const int NameWidth = 17, StateWidth = 8, NumberWidth = 10;

        // The numbers of an actor by their JSON names; the text form shows the first ShownAsText.
        private const int ShownAsText = 6;
        private static readonly string[] s_names =
        {
            "depth", "highWater", "processed", "dropped", "restarts", "handlerMs", "longestHandlerMs", "failures", "fromOutside",
        };

        /// <summary>The live graph with its counts, in one of <see cref="PrintFormat"/>. Edges are learned from sends. Any thread.</summary>
        public static string Print(this ActorGraph graph, int format)
        {
            switch (format)
            {
                case PrintFormat.Mermaid: return Mermaid(graph.System);
                case PrintFormat.Json: return Json(graph.System);
                default: return Text(graph.System);
            }
        }

        private static string Text(ActorSystem system)
        {
            StringBuilder text = new StringBuilder();
            Left(text, "actor", NameWidth);
            Left(text, "state", StateWidth);
            for (int n = 0; n < ShownAsText; n++) Right(text, s_names[n]);
            text.Append("  sends to\n");
            for (int i = 0; i < system.Count; i++)
            {
                ActorCell cell = system.Cells[i];
                Left(text, cell.Ref.Path, NameWidth);
                Left(text, State(cell), StateWidth);
                for (int n = 0; n < ShownAsText; n++) Right(text, Number(cell, n).ToString());
                for (int edge = 0; edge < cell.Edges.Count; edge++)
                {
                    text.Append(edge == 0 ? "  " : ", ").Append(cell.Edges.Target(edge).Ref.Path).Append(' ').Append(cell.Edges.Messages(edge));
                }
                text.Append('\n');
            }
            text.Append("dead letters ").Append(system.DeadLetters).Append(", failures ").Append(system.Failures);
            string why;
            long next = system.NextDeadline(out why);
            if (why != null) text.Append(", next ").Append(why).Append(" in ").Append(next - system.Clock.NowMs).Append(" ms");
            return text.Append('\n').ToString();
        }

        private static string Mermaid(ActorSystem system)
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
                if (cell.FromOutside != 0) Arrow(text, "outside(( ))", cell.FromOutside, i);
                for (int edge = 0; edge < cell.Edges.Count; edge++)
                {
                    Arrow(text, "a" + i.ToString(), cell.Edges.Messages(edge), cell.Edges.Target(edge).Index);
                }
            }
            return text.ToString();
        }

        private static string Json(ActorSystem system)
        {
            StringBuilder text = new StringBuilder();
            StringBuilder edges = new StringBuilder();
            text.Append("{\"actors\":[");
            for (int i = 0; i < system.Count; i++)
            {
                ActorCell cell = system.Cells[i];
                if (i != 0) text.Append(',');
                Field(text, "{\"name\":", cell.Ref.Path);
                Field(text, ",\"parent\":", cell.Parent == null ? null : cell.Parent.Path);
                Field(text, ",\"state\":", State(cell));
                for (int n = 0; n < s_names.Length; n++) text.Append(",\"").Append(s_names[n]).Append("\":").Append(Number(cell, n));
                bool waits = cell.IsBound && cell.NextMs != TimerTable.Never;
                Next(text, system, waits ? cell.NextReason : null, waits ? cell.NextMs : 0);
                text.Append('}');
                for (int edge = 0; edge < cell.Edges.Count; edge++)
                {
                    if (edges.Length != 0) edges.Append(',');
                    Field(edges, "{\"from\":", cell.Ref.Path);
                    Field(edges, ",\"to\":", cell.Edges.Target(edge).Ref.Path);
                    edges.Append(",\"count\":").Append(cell.Edges.Messages(edge)).Append('}');
                }
            }
            text.Append("],\"edges\":[").Append(edges.ToString());
            text.Append("],\"deadLetters\":").Append(system.DeadLetters).Append(",\"failures\":").Append(system.Failures);
            string why;
            long next = system.NextDeadline(out why);
            Next(text, system, why, next);
            return text.Append('}').ToString();
        }

        private static long Number(ActorCell cell, int n)
        {
            switch (n)
            {
                case 0: return cell.Depth;
                case 1: return cell.HighWater;
                case 2: return cell.Processed;
                case 3: return cell.Dropped;
                case 4: return cell.Restarts;
                case 5: return cell.HandlerMs;
                case 6: return cell.LongestHandlerMs;
                case 7: return cell.Failures;
                default: return cell.FromOutside;
            }
        }

        private static string State(ActorCell cell)
        {
            if (cell.IsRunning) return "running";
            if (!cell.IsBound) return "unbound";
            return cell.NextMs == TimerTable.Never ? "stopped" : "waiting";
        }

        private static void Arrow(StringBuilder text, string from, int count, int to)
        {
            text.Append("  ").Append(from).Append(" -->|").Append(count).Append("| a").Append(to).Append('\n');
        }

        private static void Left(StringBuilder text, string value, int width)
        {
            text.Append(value);
            for (int i = value.Length; i < width; i++) text.Append(' ');
        }

        private static void Right(StringBuilder text, string value)
        {
            for (int i = value.Length; i < NumberWidth; i++) text.Append(' ');
            text.Append(' ').Append(value);
        }

        private static void Next(StringBuilder text, ActorSystem system, string why, long nextMs)
        {
            Field(text, ",\"next\":", why);
            text.Append(",\"nextInMs\":").Append(why == null ? "null" : (nextMs - system.Clock.NowMs).ToString());
        }

        /// <summary>The label, then the value in quotes, or null.</summary>
        private static void Field(StringBuilder text, string label, string value)
        {
            text.Append(label);
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
