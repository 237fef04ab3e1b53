namespace MicroLink.Node
{
    /// <summary>The version of this node, the same as in Directory.Build.props (a Tidy test compares them).</summary>
    public static class NodeVersion
    {
        public const string Text = "0.1.0";
    }
}
