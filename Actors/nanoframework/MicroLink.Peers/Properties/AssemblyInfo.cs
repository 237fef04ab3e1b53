// Written by tests/NanoSafe/Projects/generate from the csproj; changes here are overwritten.
using System.Reflection;
using System.Runtime.CompilerServices;

[assembly: AssemblyTitle("MicroLink.Peers")]
[assembly: AssemblyCompany("MicroLink.Actors")]
[assembly: AssemblyProduct("MicroLink.Actors")]
[assembly: AssemblyCopyright("MIT")]
[assembly: AssemblyVersion("0.1.0.0")]
[assembly: AssemblyFileVersion("0.1.0.0")]
