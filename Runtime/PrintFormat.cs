namespace MicroLink.Runtime
{
    /// <summary>Forms of ActorGraph.Print.</summary>
    public static class PrintFormat
    {
        public const int Text = 0, Mermaid = 1, Json = 2;
    }
}
