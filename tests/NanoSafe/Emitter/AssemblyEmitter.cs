using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace MicroLink.Tests.NanoSafe;

/// <summary>
/// Writes one recorded assembly as a reference assembly: metadata without bodies (ECMA-335 II.22). Members that name a type outside the
/// recorded and emitted ones are left out, so using them is a compile error.
/// </summary>
public sealed class AssemblyEmitter
{
    // The record holds no attribute arguments; these attributes stand more than once on one element.
    private static readonly string[] Repeatable =
    {
        "System.Runtime.CompilerServices.InternalsVisibleToAttribute", "System.Diagnostics.ConditionalAttribute",
        "nanoFramework.TestFramework.DataRowAttribute"
    };

    private readonly Surface _surface;
    private readonly Dictionary<string, Surface> _owners;
    private readonly MetadataBuilder _metadata = new MetadataBuilder();
    private readonly Dictionary<string, EntityHandle> _types = new Dictionary<string, EntityHandle>();
    private readonly Dictionary<string, AssemblyReferenceHandle> _assemblies = new Dictionary<string, AssemblyReferenceHandle>();
    private readonly SignatureWriter _signatures;
    private int _nextField = 1;
    private int _nextMethod = 1;
    private int _nextParameter = 1;

    public AssemblyEmitter(Surface surface, Dictionary<string, Surface> owners)
    {
        _surface = surface;
        _owners = owners;
        _signatures = new SignatureWriter(TypeHandle, IsValueType);
    }

    public ImmutableArray<byte> Emit()
    {
        _metadata.AddModule(0, _metadata.GetOrAddString(_surface.Name + ".dll"), _metadata.GetOrAddGuid(Guid.Empty), default, default);
        _metadata.AddAssembly(_metadata.GetOrAddString(_surface.Name), new Version(1, 0, 0, 0), default, default, 0,
            AssemblyHashAlgorithm.None);
        _metadata.AddTypeDefinition(0, default, _metadata.GetOrAddString("<Module>"), default,
            MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        SurfaceType[] types = OuterFirst();
        for (int i = 0; i < types.Length; i++)
        {
            _types[types[i].Name] = MetadataTokens.TypeDefinitionHandle(i + 2);
        }
        foreach (SurfaceType type in types)
        {
            AddType(type);
        }
        PEHeaderBuilder header = PEHeaderBuilder.CreateLibraryHeader();
        PEBuilder image = new ManagedPEBuilder(header, new MetadataRootBuilder(_metadata), new BlobBuilder());
        BlobBuilder bytes = new BlobBuilder();
        image.Serialize(bytes);
        return bytes.ToImmutableArray();
    }

    private SurfaceType[] OuterFirst() => _surface.Types.OrderBy(type => type.Name.Count(c => c == '+')).ToArray();

    private void AddType(SurfaceType type)
    {
        EntityHandle parent = type.Kind == "interface" || type.Base == "" ? default : TypeHandle(type.Base);
        TypeDefinitionHandle handle = _metadata.AddTypeDefinition(Attributes(type), _metadata.GetOrAddString(type.Namespace),
            _metadata.GetOrAddString(type.ShortName), parent,
            MetadataTokens.FieldDefinitionHandle(_nextField), MetadataTokens.MethodDefinitionHandle(_nextMethod));
        if (type.Outer != null)
        {
            _metadata.AddNestedType(handle, (TypeDefinitionHandle)_types[type.Outer]);
        }
        string[] interfaces = type.Interfaces.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (EntityHandle implemented in interfaces.Where(Known).Select(TypeHandle).OrderBy(CodedIndex.TypeDefOrRefOrSpec))
        {
            _metadata.AddInterfaceImplementation(handle, implemented);
        }
        AddFields(type);
        AddMembers(type, handle);
        if (Repeatable.Contains(type.Name))
        {
            AllowMultiple(handle);
        }
    }

    private static TypeAttributes Attributes(SurfaceType type)
    {
        TypeAttributes attributes = type.Outer == null ? TypeAttributes.Public
            : type.Is("protected") ? TypeAttributes.NestedFamily : TypeAttributes.NestedPublic;
        if (type.Kind == "interface") { attributes |= TypeAttributes.Interface | TypeAttributes.Abstract; }
        if (type.Is("abstract") || type.Is("static")) { attributes |= TypeAttributes.Abstract; }
        if (type.Is("sealed") || type.Is("static") || type.Kind is "enum" or "struct") { attributes |= TypeAttributes.Sealed; }
        return attributes;
    }

    private void AddFields(SurfaceType type)
    {
        string underlying = type.Kind == "enum" ? EnumBase(type) : null;
        if (underlying != null)
        {
            AddField(FieldAttributes.Public | FieldAttributes.SpecialName | FieldAttributes.RTSpecialName, "value__", underlying);
        }
        foreach (SurfaceMember field in type.Members.Where(member => member.Kind == "field" && Known(member.Type)))
        {
            FieldAttributes attributes = field.Is("protected") ? FieldAttributes.Family : FieldAttributes.Public;
            if (field.Is("static") || field.Is("const")) { attributes |= FieldAttributes.Static; }
            if (field.Is("readonly")) { attributes |= FieldAttributes.InitOnly; }
            if (field.Is("const")) { attributes |= FieldAttributes.Literal | FieldAttributes.HasDefault; }
            FieldDefinitionHandle handle = AddField(attributes, field.Name, field.Type);
            if (field.Is("const"))
            {
                _metadata.AddConstant(handle, Constant(underlying ?? field.Type, field.Rest));
            }
        }
    }

    private static string EnumBase(SurfaceType type)
    {
        long[] values = type.Members.Where(member => member.Is("const")).Select(member => long.TryParse(member.Rest, out long value) ? value : 0).ToArray();
        if (!values.Any(value => value > int.MaxValue)) { return "System.Int32"; }
        return values.Any(value => value < 0 || value > uint.MaxValue) ? "System.Int64" : "System.UInt32";
    }

    private FieldDefinitionHandle AddField(FieldAttributes attributes, string name, string type)
    {
        _nextField++;
        return _metadata.AddFieldDefinition(attributes, _metadata.GetOrAddString(name), _metadata.GetOrAddBlob(_signatures.Field(type)));
    }

    private void AddMembers(SurfaceType type, TypeDefinitionHandle owner)
    {
        Dictionary<string, MethodDefinitionHandle> accessors = new Dictionary<string, MethodDefinitionHandle>();
        foreach (SurfaceMember method in type.Members.Where(member => member.Kind == "method" && Known(member)))
        {
            accessors[method.Name + "|" + method.Parameters().Length] = AddMethod(type, method);
        }
        SurfaceMember[] properties = type.Members.Where(member => member.Kind == "property" && Known(member)).ToArray();
        PropertyDefinitionHandle first = default;
        foreach (SurfaceMember property in properties)
        {
            int indexes = property.Parameters().Length;
            accessors.TryGetValue("get_" + property.Name + "|" + indexes, out MethodDefinitionHandle getter);
            accessors.TryGetValue("set_" + property.Name + "|" + (indexes + 1), out MethodDefinitionHandle setter);
            PropertyDefinitionHandle handle = _metadata.AddProperty(PropertyAttributes.None, _metadata.GetOrAddString(property.Name),
                _metadata.GetOrAddBlob(_signatures.Property(property, !property.Is("static"))));
            if (first.IsNil) { first = handle; }
            if (!getter.IsNil) { _metadata.AddMethodSemantics(handle, MethodSemanticsAttributes.Getter, getter); }
            if (!setter.IsNil) { _metadata.AddMethodSemantics(handle, MethodSemanticsAttributes.Setter, setter); }
            if (indexes > 0) { DefaultMember(owner, property.Name); }
        }
        if (!first.IsNil)
        {
            _metadata.AddPropertyMap(owner, first);
        }
    }

    private MethodDefinitionHandle AddMethod(SurfaceType type, SurfaceMember method)
    {
        MethodAttributes attributes = method.Is("protected") ? MethodAttributes.Family : MethodAttributes.Public;
        attributes |= MethodAttributes.HideBySig;
        bool isVirtual = method.Is("virtual") || method.Is("abstract") || method.Is("override");
        if (method.Is("static")) { attributes |= MethodAttributes.Static; }
        if (method.Is("special")) { attributes |= MethodAttributes.SpecialName; }
        if (method.Name is ".ctor" or ".cctor") { attributes |= MethodAttributes.SpecialName | MethodAttributes.RTSpecialName; }
        if (isVirtual) { attributes |= MethodAttributes.Virtual; }
        if (isVirtual && !method.Is("override")) { attributes |= MethodAttributes.NewSlot; }
        if (method.Is("abstract") || type.Kind == "interface") { attributes |= MethodAttributes.Abstract; }
        MethodImplAttributes body = type.Kind == "delegate" ? MethodImplAttributes.Runtime : MethodImplAttributes.IL;
        SurfaceParameter[] parameters = method.Parameters();
        MethodDefinitionHandle handle = _metadata.AddMethodDefinition(attributes, body, _metadata.GetOrAddString(method.Name),
            _metadata.GetOrAddBlob(_signatures.Method(method.Type, parameters, !method.Is("static"))), -1,
            MetadataTokens.ParameterHandle(_nextParameter));
        _nextMethod++;
        for (int i = 0; i < parameters.Length; i++)
        {
            AddParameter(parameters[i], i + 1);
        }
        return handle;
    }

    private void AddParameter(SurfaceParameter parameter, int position)
    {
        ParameterAttributes attributes = parameter.Passing == "out" ? ParameterAttributes.Out : ParameterAttributes.None;
        if (parameter.Default != null) { attributes |= ParameterAttributes.Optional | ParameterAttributes.HasDefault; }
        ParameterHandle handle = _metadata.AddParameter(attributes, _metadata.GetOrAddString(parameter.Name), position);
        _nextParameter++;
        if (parameter.Default != null)
        {
            bool isEnum = !SignatureWriter.IsPrimitive(parameter.Type) && parameter.Default != "null";
            _metadata.AddConstant(handle, Constant(isEnum ? "System.Int32" : parameter.Type, parameter.Default));
        }
        if (parameter.Passing == "params")
        {
            Attribute(handle, "System.ParamArrayAttribute", "", new byte[] { 1, 0, 0, 0 });
        }
    }

    private static object Constant(string type, string text)
    {
        if (text == "null") { return null; }
        CultureInfo plain = CultureInfo.InvariantCulture;
        switch (type)
        {
            case "System.String":  return text.Trim('"');
            case "System.Boolean": return bool.Parse(text);
            case "System.Char":    return System.Text.RegularExpressions.Regex.Unescape(text == "" ? " " : text)[0];
            case "System.Double":  return double.Parse(text.Replace("∞", "Infinity"), plain);
            case "System.Single":  return float.Parse(text.Replace("∞", "Infinity"), plain);
            default:               return Convert.ChangeType(decimal.Parse(text, plain), Type.GetType(type), plain);
        }
    }

    private void DefaultMember(TypeDefinitionHandle owner, string name)
    {
        BlobBuilder value = new BlobBuilder();
        value.WriteUInt16(1);
        value.WriteSerializedString(name);
        value.WriteUInt16(0);
        Attribute(owner, "System.Reflection.DefaultMemberAttribute", "System.String", value.ToArray());
    }

    // [AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
    private void AllowMultiple(TypeDefinitionHandle owner)
    {
        BlobBuilder value = new BlobBuilder();
        value.WriteUInt16(1);
        value.WriteInt32((int)AttributeTargets.All);
        value.WriteUInt16(1);
        value.WriteByte((byte)CustomAttributeNamedArgumentKind.Property);
        value.WriteByte((byte)SerializationTypeCode.Boolean);
        value.WriteSerializedString("AllowMultiple");
        value.WriteBoolean(true);
        Attribute(owner, "System.AttributeUsageAttribute", "System.AttributeTargets", value.ToArray());
    }

    private void Attribute(EntityHandle owner, string type, string parameter, byte[] value)
    {
        SurfaceParameter[] parameters = parameter == ""
            ? Array.Empty<SurfaceParameter>()
            : new[] { new SurfaceParameter("", parameter, "value", null) };
        EntityHandle constructor = _metadata.AddMemberReference(TypeHandle(type), _metadata.GetOrAddString(".ctor"),
            _metadata.GetOrAddBlob(_signatures.Method("System.Void", parameters, true)));
        _metadata.AddCustomAttribute(owner, constructor, _metadata.GetOrAddBlob(value));
    }

    private bool Known(SurfaceMember member) => Known(member.Type) && member.Parameters().All(parameter => Known(parameter.Type));

    private bool Known(string type)
    {
        string element = type.Replace("[]", "");
        return SignatureWriter.IsPrimitive(element) || _owners.ContainsKey(element);
    }

    private bool IsValueType(string name)
    {
        return _owners[name].Types.First(type => type.Name == name).Kind is "struct" or "enum";
    }

    private EntityHandle TypeHandle(string name)
    {
        if (_types.TryGetValue(name, out EntityHandle known)) { return known; }
        SurfaceType type = _owners[name].Types.First(candidate => candidate.Name == name);
        EntityHandle scope = type.Outer != null ? TypeHandle(type.Outer) : AssemblyHandle(_owners[name].Name);
        TypeReferenceHandle handle = _metadata.AddTypeReference(scope, _metadata.GetOrAddString(type.Namespace),
            _metadata.GetOrAddString(type.ShortName));
        _types.Add(name, handle);
        return handle;
    }

    private AssemblyReferenceHandle AssemblyHandle(string name)
    {
        if (!_assemblies.TryGetValue(name, out AssemblyReferenceHandle handle))
        {
            handle = _metadata.AddAssemblyReference(_metadata.GetOrAddString(name), new Version(1, 0, 0, 0), default, default, 0, default);
            _assemblies.Add(name, handle);
        }
        return handle;
    }
}
