using System;

namespace MicroLink.Interop.Generator;

/// <summary>A declaration that cannot be carried over to the device; the message is one sentence for whoever wrote it.</summary>
public sealed class GeneratorException : Exception
{
    public GeneratorException(string message) : base(message) { }
}
