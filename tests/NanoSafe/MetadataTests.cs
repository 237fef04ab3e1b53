using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Xunit;

namespace MicroLink.Tests.NanoSafe;

/// <summary>What the compiler made of the device assemblies: no generics, and below the sizes the device's format allows.</summary>
public sealed class MetadataTests
{
    // The format's offsets have 16 bits: 64 KB of IL, of strings and of signatures per assembly. 8 KB are kept free.
    private const int Limit = 56 * 1024;

    [Theory]
    [MemberData(nameof(CompileTests.WithTests), MemberType = typeof(CompileTests))]
    public void No_generic_in_the_metadata(string project)
    {
        Inspect(project, (_, metadata) => new[] { TableIndex.GenericParam, TableIndex.MethodSpec, TableIndex.GenericParamConstraint }
            .Where(table => metadata.GetTableRowCount(table) > 0)
            .Select(table => table + " has " + metadata.GetTableRowCount(table) + " rows"));
    }

    [Theory]
    [MemberData(nameof(CompileTests.WithTests), MemberType = typeof(CompileTests))]
    public void Fits_the_limits_of_one_assembly(string project)
    {
        Inspect(project, (image, metadata) => new (string What, int Bytes)[]
        {
            ("IL", metadata.MethodDefinitions.Select(handle => metadata.GetMethodDefinition(handle).RelativeVirtualAddress)
                           .Where(address => address != 0).Sum(address => image.GetMethodBody(address).Size)),
            ("names and literals", metadata.GetHeapSize(HeapIndex.String) + metadata.GetHeapSize(HeapIndex.UserString) / 2),
            ("signatures", metadata.GetHeapSize(HeapIndex.Blob))
        }.Where(size => size.Bytes > Limit).Select(size => $"{size.What}: {size.Bytes} bytes, at most {Limit}: split the assembly"));
    }

    // Design section 4. What nanoFramework's metadata processor makes of it is known only where that is installed (tests/Device).
    [Fact]
    public void The_kernel_fits_16_KB_on_the_device()
    {
        const int KernelBytes = 16 * 1024;
        Inspect("Runtime/MicroLink.Runtime.csproj", (image, metadata) => new[] { PeSize.Estimate(image, metadata) }.Where(size => size > KernelBytes)
            .Select(size => $"the kernel takes about {size} bytes on the device, at most {KernelBytes}: move something to Runtime/Inspect"));
    }

    private delegate IEnumerable<string> Check(PEReader image, MetadataReader metadata);

    private static void Inspect(string project, Check check)
    {
        MemoryStream bytes = new MemoryStream();
        if (!DeviceProject.Load(project).Compilation.Emit(bytes).Success)
        {
            return;     // CompileTests says why
        }
        bytes.Position = 0;
        using PEReader image = new PEReader(bytes);
        Report.None(check(image, image.GetMetadataReader()));
    }
}
