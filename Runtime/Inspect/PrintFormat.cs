namespace MicroLink.Runtime
{
    /// <summary>Forms of GraphPrinter.Print.</summary>
    public static class PrintFormat
    {
        public const int Text = 0, Mermaid = 1, Json = 2;
    }
}
