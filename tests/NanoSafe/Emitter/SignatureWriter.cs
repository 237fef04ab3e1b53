using System;
using System.Collections.Generic;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace MicroLink.Tests.NanoSafe;

/// <summary>Signature blobs (ECMA-335 II.23.2) for type names as the surface writes them: "System.Byte[]", "System.IntPtr".</summary>
public sealed class SignatureWriter
{
    private static readonly Dictionary<string, Action<SignatureTypeEncoder>> Primitives = new()
    {
        ["System.Boolean"] = type => type.Boolean(), ["System.Char"] = type => type.Char(),
        ["System.SByte"] = type => type.SByte(), ["System.Byte"] = type => type.Byte(),
        ["System.Int16"] = type => type.Int16(), ["System.UInt16"] = type => type.UInt16(),
        ["System.Int32"] = type => type.Int32(), ["System.UInt32"] = type => type.UInt32(),
        ["System.Int64"] = type => type.Int64(), ["System.UInt64"] = type => type.UInt64(),
        ["System.Single"] = type => type.Single(), ["System.Double"] = type => type.Double(),
        ["System.IntPtr"] = type => type.IntPtr(), ["System.UIntPtr"] = type => type.UIntPtr(),
        ["System.String"] = type => type.String(), ["System.Object"] = type => type.Object()
    };

    private readonly Func<string, EntityHandle> _handle;
    private readonly Func<string, bool> _isValueType;

    public SignatureWriter(Func<string, EntityHandle> handle, Func<string, bool> isValueType)
    {
        _handle = handle;
        _isValueType = isValueType;
    }

    public static bool IsPrimitive(string type) => type == "System.Void" || Primitives.ContainsKey(type);

    public BlobBuilder Field(string type)
    {
        BlobBuilder blob = new BlobBuilder();
        Write(new BlobEncoder(blob).Field().Type(), type);
        return blob;
    }

    public BlobBuilder Method(string returnType, SurfaceParameter[] parameters, bool isInstance)
    {
        BlobBuilder blob = new BlobBuilder();
        new BlobEncoder(blob).MethodSignature(isInstanceMethod: isInstance)
            .Parameters(parameters.Length, returned => Return(returned, returnType), list => Write(list, parameters));
        return blob;
    }

    public BlobBuilder Property(SurfaceMember property, bool isInstance)
    {
        BlobBuilder blob = new BlobBuilder();
        SurfaceParameter[] indexes = property.Parameters();
        new BlobEncoder(blob).PropertySignature(isInstance)
            .Parameters(indexes.Length, returned => Return(returned, property.Type), list => Write(list, indexes));
        return blob;
    }

    private void Return(ReturnTypeEncoder returned, string type)
    {
        if (type == "System.Void") { returned.Void(); }
        else { Write(returned.Type(), type); }
    }

    private void Write(ParametersEncoder list, SurfaceParameter[] parameters)
    {
        foreach (SurfaceParameter parameter in parameters)
        {
            Write(list.AddParameter().Type(parameter.IsByReference), parameter.Type);
        }
    }

    private void Write(SignatureTypeEncoder encoder, string type)
    {
        if (type.EndsWith("[]")) { Write(encoder.SZArray(), type[..^2]); }
        else if (Primitives.TryGetValue(type, out Action<SignatureTypeEncoder> primitive)) { primitive(encoder); }
        else { encoder.Type(_handle(type), _isValueType(type)); }
    }
}
