using System;
using System.Collections.Generic;
using System.Linq;

namespace MicroLink.Tests.NanoSafe;

/// <summary>A package of nanoFramework 1.x that holds one class library.</summary>
/// <param name="Assembly">The library, as code refers to it: "System.Net".</param>
/// <param name="Id">The package: "nanoFramework.System.Net".</param>
/// <param name="Needs">The libraries it needs itself, apart from mscorlib: packages.config lists those too.</param>
public sealed record NanoPackage(string Assembly, string Id, string Version, params string[] Needs)
{
    /// <summary>What stands beside the pins wherever they are written.</summary>
    public const string Unverified = "unverified: these packages cannot be restored where this project is built and tested";

    // unverified: cannot be restored here. The versions are those that nanoFramework's own samples used together in July 2026 (CoreLibrary
    // 1.17.11, the stable 1.x line; TestFramework counts on its own). All of one line: 1.x and 2.x cannot be mixed.
    public static readonly NanoPackage[] Pins =
    {
        new NanoPackage("mscorlib", "nanoFramework.CoreLibrary", "1.17.11"),
        new NanoPackage("nanoFramework.System.Text", "nanoFramework.System.Text", "1.3.42"),
        new NanoPackage("nanoFramework.System.Collections", "nanoFramework.System.Collections", "1.5.75"),
        new NanoPackage("System.Math", "nanoFramework.System.Math", "1.5.116"),
        new NanoPackage("System.Threading", "nanoFramework.System.Threading", "1.1.52"),
        new NanoPackage("nanoFramework.Runtime.Native", "nanoFramework.Runtime.Native", "1.7.11"),
        new NanoPackage("nanoFramework.Runtime.Events", "nanoFramework.Runtime.Events", "1.11.37"),
        new NanoPackage("nanoFramework.Logging", "nanoFramework.Logging", "1.1.161"),
        new NanoPackage("System.IO.Streams", "nanoFramework.System.IO.Streams", "1.1.96", "nanoFramework.System.Text"),
        new NanoPackage("System.IO.FileSystem", "nanoFramework.System.IO.FileSystem", "1.1.93",
            "System.IO.Streams", "nanoFramework.Runtime.Events"),
        new NanoPackage("System.IO.Ports", "nanoFramework.System.IO.Ports", "1.1.139", "System.IO.Streams", "nanoFramework.Runtime.Events"),
        // Sockets, Dns and SslStream: System.Net.Sockets has no package of its own on 1.x.
        new NanoPackage("System.Net", "nanoFramework.System.Net", "1.11.60",
            "System.IO.Streams", "System.Threading", "nanoFramework.Runtime.Events"),
        new NanoPackage("System.Device.Wifi", "nanoFramework.System.Device.Wifi", "1.5.149", "System.Net"),
        new NanoPackage("nanoFramework.Hardware.Esp32", "nanoFramework.Hardware.Esp32", "1.6.40"),
        new NanoPackage("nanoFramework.TestFramework", "nanoFramework.TestFramework", "3.0.80")
    };

    /// <summary>The pins for some libraries and what those need, in the order of the table.</summary>
    public static NanoPackage[] For(IEnumerable<string> assemblies)
    {
        HashSet<string> wanted = new HashSet<string>();
        foreach (string assembly in assemblies) Add(assembly, wanted);
        return Pins.Where(pin => wanted.Contains(pin.Assembly)).ToArray();
    }

    private static void Add(string assembly, HashSet<string> wanted)
    {
        NanoPackage pin = Array.Find(Pins, candidate => candidate.Assembly == assembly)
            ?? throw new InvalidOperationException(assembly + " is not in the table of NanoPackage.cs: add its package and version.");
        if (!wanted.Add(assembly)) return;
        foreach (string needed in pin.Needs.Append("mscorlib")) Add(needed, wanted);
    }
}
