using System;
using System.Collections.Generic;
using System.Linq;

namespace MicroLink.Interop.Generator;

/// <summary>What a compiled assembly says about its natives.</summary>
/// <param name="Version">AssemblyNativeVersion, or null: only the device's build has it.</param>
/// <param name="Table">All methods in the order of the firmware's table.</param>
/// <param name="Imports">The C functions that the desktop's build imports (DllImport), sorted.</param>
public sealed record NativeAssembly(string Name, Version Version, IReadOnlyList<NativeMethod> Table, IReadOnlyList<string> Imports)
{
    public uint Checksum => NativeChecksum.Of(Name, Table);

    /// <summary>"MicroLink.Native" is "MicroLink_Native" on the native side.</summary>
    public string Symbol => Name.Replace('.', '_');

    public IEnumerable<NativeMethod> Externs => Table.Where(method => method.IsExtern);
}
