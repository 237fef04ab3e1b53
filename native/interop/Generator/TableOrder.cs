using System;
using System.Collections.Generic;
using System.Linq;

namespace MicroLink.Interop.Generator;

/// <summary>
/// The order of the firmware's table. Inside a type nanoFramework's metadata processor puts virtual methods first, then the other instance
/// methods, then the static ones, each group as declared. Types come by name, unless one's methods call something whose signature names
/// another type of the assembly: that one goes before it. <see cref="AssemblyReader"/> refuses assemblies with such signatures.
/// </summary>
public static class TableOrder
{
    public static IEnumerable<NativeMethod> InType(IEnumerable<NativeMethod> declared)
    {
        return declared.OrderBy(method => method.IsVirtual ? 0 : method.IsStatic ? 2 : 1);      // a stable sort
    }

    /// <param name="methods">All methods, those of one type together and in their metadata order.</param>
    public static NativeMethod[] Of(IEnumerable<NativeMethod> methods)
    {
        return methods.GroupBy(method => method.Type).OrderBy(type => type.Key, StringComparer.Ordinal).SelectMany(InType).ToArray();
    }
}
