using System;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using MicroLink.Native;
using Xunit;

namespace MicroLink.Tests.Unit.Ciphers;

/// <summary>A missing or foreign library is one sentence, never a crash. Each case loads its own copy of the managed assembly.</summary>
public class NativeVersionTests
{
    [Fact]
    public void The_library_is_there_and_has_our_version()
    {
        Assert.Null(NativeVersion.Check());
        Assert.Null(NativeVersion.Describe(NativeVersion.Expected));
        Assert.Equal("The native library has version 1.2.3 but this program needs 0.1.2; build or flash both from the same source.",
            NativeVersion.Describe(10203));
    }

    [Fact]
    public void Missing()
    {
        Assert.Equal("The native library libmicrolink.so was not found beside the program; build it with ./test or ./microlink.",
            CheckWith(name => throw new DllNotFoundException(name)));
    }

    [Fact]
    public void Not_ours()
    {
        Assert.Equal("The library libmicrolink.so beside the program is not ours; build it again with ./test or ./microlink.",
            CheckWith(_ => NativeLibrary.Load("libc.so.6")));
    }

    [Fact]
    public void For_another_processor()
    {
        Assert.Equal("The library libmicrolink.so was built for another processor; build it again with ./test or ./microlink.",
            CheckWith(name => throw new BadImageFormatException(name)));
    }

    private static string CheckWith(Func<string, IntPtr> find)
    {
        AssemblyLoadContext context = new("native version", isCollectible: true);
        try
        {
            Assembly copy = context.LoadFromAssemblyPath(typeof(NativeVersion).Assembly.Location);
            NativeLibrary.SetDllImportResolver(copy, (name, _, _) => find(name));
            return (string)copy.GetType(typeof(NativeVersion).FullName).GetMethod(nameof(NativeVersion.Check)).Invoke(null, null);
        }
        finally
        {
            context.Unload();
        }
    }
}
