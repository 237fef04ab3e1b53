using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace MicroLink.Interop.Generator;

/// <summary>
/// Reads a compiled assembly. It may hold plain static classes only: interfaces, nested types (lambdas make them) and types of its own in
/// signatures have further rules in nanoFramework's tools, and a table in the wrong order is not detected by the firmware.
/// </summary>
public sealed class AssemblyReader
{
    private readonly MetadataReader _metadata;
    private readonly TypeNames _names = new TypeNames();

    private AssemblyReader(MetadataReader metadata)
    {
        _metadata = metadata;
    }

    public static NativeAssembly Read(byte[] image)
    {
        using PEReader reader = new PEReader(new MemoryStream(image));
        return new AssemblyReader(reader.GetMetadataReader()).Read();
    }

    private NativeAssembly Read()
    {
        List<NativeMethod> methods = new List<NativeMethod>();
        List<string> imports = new List<string>();
        foreach (TypeDefinition type in _metadata.TypeDefinitions.Select(_metadata.GetTypeDefinition))
        {
            string name = TypeNames.Of(_metadata, type);
            if (name == "<Module>") continue;
            RefuseUnlessPlain(type, name);
            foreach (MethodDefinition method in type.GetMethods().Select(_metadata.GetMethodDefinition))
            {
                methods.Add(Read(name, method));
                if ((method.Attributes & MethodAttributes.PinvokeImpl) != 0) imports.Add(_metadata.GetString(method.GetImport().Name));
            }
        }
        RefuseAmbiguousOrder(methods);
        AssemblyDefinition assembly = _metadata.GetAssemblyDefinition();
        return new NativeAssembly(_metadata.GetString(assembly.Name), NativeVersion(assembly), TableOrder.Of(methods),
            imports.OrderBy(import => import, StringComparer.Ordinal).ToArray());
    }

    private NativeMethod Read(string type, MethodDefinition method)
    {
        MethodSignature<string> signature = method.DecodeSignature(_names, null);
        string[] names = new string[signature.ParameterTypes.Length];
        foreach (Parameter parameter in method.GetParameters().Select(_metadata.GetParameter))
        {
            if (parameter.SequenceNumber > 0) names[parameter.SequenceNumber - 1] = _metadata.GetString(parameter.Name);
        }
        bool isExtern = method.RelativeVirtualAddress == 0 && (method.Attributes & MethodAttributes.Abstract) == 0;
        return new NativeMethod(type, _metadata.GetString(method.Name), (method.Attributes & MethodAttributes.Static) != 0,
            (method.Attributes & MethodAttributes.Virtual) != 0, isExtern, signature.ReturnType,
            names.Select((name, i) => new NativeParameter(name, signature.ParameterTypes[i])).ToArray());
    }

    private void RefuseUnlessPlain(TypeDefinition type, string name)
    {
        const TypeAttributes isStatic = TypeAttributes.Abstract | TypeAttributes.Sealed;
        if (!type.GetDeclaringType().IsNil || name.Contains('<'))
        {
            throw new GeneratorException(name + " is nested or made by the compiler (a lambda, an array initialiser or a string switch "
                + "does that): an assembly with natives holds plain static classes only.");
        }
        if ((type.Attributes & isStatic) != isStatic || type.GetInterfaceImplementations().Count > 0)
        {
            throw new GeneratorException(name + " is not a static class: an assembly with natives holds plain static classes only.");
        }
    }

    private static void RefuseAmbiguousOrder(List<NativeMethod> methods)
    {
        string[] types = methods.Select(method => method.Type).Distinct().ToArray();
        // The tools sort with a culture's rules: both orders must be the same one.
        IEnumerable<string> ordinal = types.OrderBy(name => name, StringComparer.Ordinal);
        if (!ordinal.SequenceEqual(types.OrderBy(name => name, StringComparer.OrdinalIgnoreCase))
            || types.Any(name => name.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter != '.')))
        {
            throw new GeneratorException("The class names must be letters and digits whose order does not depend on upper and lower case.");
        }
        foreach (NativeMethod method in methods)
        {
            string own = method.Parameters.Select(parameter => parameter.Type).Append(method.Returns)
                .FirstOrDefault(type => types.Contains(type.TrimEnd('&', '[', ']')));
            if (own == null) continue;
            throw new GeneratorException(method.Type + "." + method.Name + " names " + own + " in its signature, which moves the table.");
        }
    }

    private Version NativeVersion(AssemblyDefinition assembly)
    {
        foreach (CustomAttribute attribute in assembly.GetCustomAttributes().Select(_metadata.GetCustomAttribute))
        {
            if (attribute.Constructor.Kind != HandleKind.MemberReference) continue;
            EntityHandle type = _metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
            StringHandle name = _metadata.GetTypeReference((TypeReferenceHandle)type).Name;
            if (_metadata.GetString(name) != "AssemblyNativeVersionAttribute") continue;
            BlobReader value = _metadata.GetBlobReader(attribute.Value);
            value.ReadUInt16();                                     // the prolog, 1
            return Version.Parse(value.ReadSerializedString());
        }
        return null;
    }
}
