using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text;

namespace MicroLink.Tests.NanoSafe;

/// <summary>
/// How large the .pe of an assembly will be: tables with rows of fixed size, names and literals once each as UTF-8 with a NUL, signatures once
/// each, IL. For the kernel 1 % above what nanoFramework's metadata processor makes (16 140 bytes in November 2026).
/// </summary>
internal static class PeSize
{
    private const int Header = 128, TypeRow = 24, MethodRow = 16, FieldRow = 8, ReferenceRow = 8;

    public static int Estimate(PEReader image, MetadataReader metadata)
    {
        int references = metadata.TypeReferences.Count(handle => !IsAttribute(metadata, handle))
            + metadata.MemberReferences.Count(handle => !IsAttribute(metadata, metadata.GetMemberReference(handle).Parent));
        int rows = TypeRow * (metadata.TypeDefinitions.Count - 1) + MethodRow * metadata.MethodDefinitions.Count + FieldRow * Fields(metadata).Count()
            + ReferenceRow * references;
        int code = metadata.MethodDefinitions.Select(handle => metadata.GetMethodDefinition(handle).RelativeVirtualAddress)
            .Where(address => address != 0).Select(image.GetMethodBody)
            .Sum(IlSize.OnDevice);
        return Header + rows + code + Texts(metadata) + Signatures(metadata);
    }

    /// <summary>Constants are left out: their values stand in the code.</summary>
    private static IEnumerable<FieldDefinition> Fields(MetadataReader metadata)
    {
        return metadata.FieldDefinitions.Select(metadata.GetFieldDefinition).Where(field => (field.Attributes & FieldAttributes.Literal) == 0);
    }

    /// <summary>The compiler's own attributes are left out.</summary>
    private static bool IsAttribute(MetadataReader metadata, EntityHandle type)
    {
        return type.Kind == HandleKind.TypeReference
            && metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)type).Name).EndsWith("Attribute");
    }

    private static int Texts(MetadataReader metadata)
    {
        HashSet<string> texts = new HashSet<string>();
        foreach (TypeDefinition type in metadata.TypeDefinitions.Select(metadata.GetTypeDefinition))
        {
            texts.Add(metadata.GetString(type.Name));
            texts.Add(metadata.GetString(type.Namespace));
        }
        texts.UnionWith(metadata.MethodDefinitions.Select(handle => metadata.GetString(metadata.GetMethodDefinition(handle).Name)));
        texts.UnionWith(Fields(metadata).Select(field => metadata.GetString(field.Name)));
        for (UserStringHandle handle = MetadataTokens.UserStringHandle(1); !handle.IsNil; handle = metadata.GetNextHandle(handle))
        {
            texts.Add(metadata.GetUserString(handle));
        }
        // The firmware knows common names ("Count", "ToString", ...) already: 6 % of the kernel's texts.
        return texts.Sum(text => Encoding.UTF8.GetByteCount(text) + 1) * 94 / 100;
    }

    private static int Signatures(MetadataReader metadata)
    {
        IEnumerable<BlobHandle> blobs = metadata.MethodDefinitions.Select(handle => metadata.GetMethodDefinition(handle).Signature)
            .Concat(Fields(metadata).Select(field => field.Signature))
            .Concat(Enumerable.Range(1, metadata.GetTableRowCount(TableIndex.StandAloneSig))
                .Select(row => metadata.GetStandaloneSignature(MetadataTokens.StandaloneSignatureHandle(row)).Signature));
        return blobs.Select(blob => Convert.ToHexString(metadata.GetBlobBytes(blob))).Distinct().Sum(hex => hex.Length / 2);
    }
}
