using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace MicroLink.Interop.Generator;

/// <summary>Decodes signatures to type names: "System.Int32", "System.Byte[]", "System.Int32&amp;".</summary>
internal sealed class TypeNames : ISignatureTypeProvider<string, object>
{
    public static string Of(MetadataReader reader, TypeDefinition type)
    {
        return Join(reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    public string GetPrimitiveType(PrimitiveTypeCode code) => "System." + code;
    public string GetSZArrayType(string element) => element + "[]";
    public string GetByReferenceType(string element) => element + "&";

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte kind)
    {
        return Of(reader, reader.GetTypeDefinition(handle));
    }

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte kind)
    {
        TypeReference type = reader.GetTypeReference(handle);
        return Join(reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    public string GetArrayType(string element, ArrayShape shape) => throw Unsupported("an array of several dimensions");
    public string GetFunctionPointerType(MethodSignature<string> signature) => throw Unsupported("a function pointer");
    public string GetGenericInstantiation(string type, ImmutableArray<string> arguments) => throw Unsupported("a generic type");
    public string GetGenericMethodParameter(object context, int index) => throw Unsupported("a generic method");
    public string GetGenericTypeParameter(object context, int index) => throw Unsupported("a generic type");
    public string GetModifiedType(string modifier, string type, bool isRequired) => throw Unsupported("a modified type");
    public string GetPinnedType(string element) => throw Unsupported("a pinned type");
    public string GetPointerType(string element) => throw Unsupported("a pointer");

    public string GetTypeFromSpecification(MetadataReader reader, object context, TypeSpecificationHandle handle, byte kind)
    {
        return reader.GetTypeSpecification(handle).DecodeSignature(this, context);
    }

    private static string Join(string space, string name) => space == "" ? name : space + "." + name;

    private static GeneratorException Unsupported(string what)
    {
        return new GeneratorException("A signature has " + what + "; the device has none.");
    }
}
