using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Text;

namespace MicroLink.Tests.Device;

/// <summary>
/// What a graph of objects would take on nanoFramework's heap, counted here by its rules (measured on its interpreter): blocks of 12 bytes,
/// one for the header and one for each field, also for each element of an array of objects; other arrays are packed behind 20 bytes.
/// </summary>
internal sealed class HeapWalk
{
    private const int Block = 12, ArrayHeader = 20, ObjectArrayHeader = 24, DelegateBytes = 36;

    private readonly HashSet<object> _seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, int> _byType = new Dictionary<string, int>();

    /// <summary>Objects of these types are not entered: they belong to the test.</summary>
    public Func<Type, bool> Skip = _ => false;

    /// <summary>Bytes of everything reachable from the root that no earlier call has counted.</summary>
    public int Count(object root)
    {
        int total = 0;
        Stack<object> open = new Stack<object>();
        Push(open, root);
        while (open.TryPop(out object one))
        {
            int bytes = SizeOf(one);
            total += bytes;
            string type = one.GetType().Name;
            if (one is Array { Length: > 255 } array) type += " with " + array.Length + " elements";
            _byType[type] = _byType.GetValueOrDefault(type) + bytes;
            foreach (object next in Within(one)) Push(open, next);
        }
        return total;
    }

    /// <summary>The types that take most, a line each.</summary>
    public string Largest(int lines)
    {
        StringBuilder text = new StringBuilder();
        foreach (KeyValuePair<string, int> type in _byType.OrderByDescending(pair => pair.Value).Take(lines))
        {
            text.Append(type.Value).Append(" bytes of ").Append(type.Key).Append('\n');
        }
        return text.ToString();
    }

    private void Push(Stack<object> open, object value)
    {
        if (value == null || value is Type or MemberInfo or Assembly || Skip(value.GetType())) return;
        if (_seen.Add(value)) open.Push(value);
    }

    private static int SizeOf(object value)
    {
        switch (value)
        {
            case string text: return Blocks(Block + 4 + Encoding.UTF8.GetByteCount(text) + 1);
            case Delegate: return DelegateBytes;
            case Array array:
                Type element = array.GetType().GetElementType();
                if (!element.IsPrimitive && !element.IsEnum) return ObjectArrayHeader + Block * array.Length;
                return Blocks(ArrayHeader + array.Length * ElementBytes(element));
            default: return Block + Block * Fields(value.GetType()).Count();
        }
    }

    private static int Blocks(int bytes) => (bytes + Block - 1) / Block * Block;

    private static int ElementBytes(Type element) => Buffer.ByteLength(Array.CreateInstance(element.IsEnum ? typeof(int) : element, 1));

    private static IEnumerable<object> Within(object value)
    {
        switch (value)
        {
            case string: return Array.Empty<object>();
            case Delegate function: return function.GetInvocationList().Select(one => one.Target);
            case Array array: return array.GetType().GetElementType().IsPrimitive ? Array.Empty<object>() : array.Cast<object>();
            default: return Fields(value.GetType()).Where(field => !field.FieldType.IsPrimitive).Select(field => field.GetValue(value));
        }
    }

    private static IEnumerable<FieldInfo> Fields(Type type)
    {
        for (; type != null && type != typeof(object); type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                yield return field;
        }
    }
}
