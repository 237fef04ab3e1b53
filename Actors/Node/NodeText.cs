namespace MicroLink.Node
{
    /// <summary>Names as status prints them.</summary>
    internal static class NodeText
    {
        public static string WithoutLastDot(string name)
        {
            if (name == null) return "";
            return name.Length > 0 && name[name.Length - 1] == '.' ? name.Substring(0, name.Length - 1) : name;
        }

        public static string FirstLabel(string name)
        {
            if (name == null) return "";
            int dot = name.IndexOf('.');
            return dot < 0 ? name : name.Substring(0, dot);
        }
    }
}
