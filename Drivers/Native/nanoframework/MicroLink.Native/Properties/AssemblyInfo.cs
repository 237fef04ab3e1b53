// Written by tests/NanoSafe/Projects/generate from the csproj; changes here are overwritten.
using System.Reflection;
using System.Runtime.CompilerServices;

[assembly: AssemblyTitle("MicroLink.Native")]
[assembly: AssemblyCompany("MicroLink.Actors")]
[assembly: AssemblyProduct("MicroLink.Actors")]
[assembly: AssemblyCopyright("MIT")]
[assembly: AssemblyVersion("0.1.0.0")]
[assembly: AssemblyFileVersion("0.1.0.0")]
// AssemblyNativeVersion("100.0.1.2") stands in the sources: both builds and the firmware's method table take it from there.
