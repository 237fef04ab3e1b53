using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;

namespace MicroLink.Lab.Core
{
    /// <summary>
    /// Decodes a request body as Go's encoding/json would, and stricter where that would only hide a mistake: names must be
    /// spelled exactly.
    /// Unknown names are ignored (new clients), null is "not set" everywhere.
    /// </summary>
    internal static class StrictJson
    {
        /// <summary>
        /// Checks the members of an object against "Name" -> kind. Returns null, or the first error as text. Kinds: bool, int, float,
        /// string, time, strings, ints, object, array, any, nodekey, discokey, nlpub, base64; a table = a nested object.
        /// </summary>
        public static string Check(JsonElement value, IReadOnlyDictionary<string, object> table, string path)
        {
            if (value.ValueKind != JsonValueKind.Object) return Where(path) + "must be an object";
            foreach (JsonProperty member in value.EnumerateObject())
            {
                string name = path.Length == 0 ? member.Name : path + "." + member.Name;
                if (!table.TryGetValue(member.Name, out object kind))
                {
                    foreach (string known in table.Keys)
                    {
                        if (string.Equals(known, member.Name, StringComparison.OrdinalIgnoreCase))
                            return "field \"" + name + "\" must be spelled \"" + known + "\"";
                    }
                    continue;
                }
                if (member.Value.ValueKind == JsonValueKind.Null) continue;
                string error = kind is IReadOnlyDictionary<string, object> nested
                    ? Check(member.Value, nested, name)
                    : CheckValue(member.Value, (string)kind, name);
                if (error != null) return error;
            }
            return null;
        }

        /// <summary>Null, or an error when a string or a name is not Unicode (half a surrogate pair): such text cannot be passed on.</summary>
        public static string CheckText(JsonElement value)
        {
            try
            {
                Walk(value);
                return null;
            }
            catch (InvalidOperationException)
            {
                return "a string in the body is not valid Unicode";
            }
        }

        /// <summary>True when the text is prefix + 64 hex digits; gives it back in lower case.</summary>
        public static bool TryKey(string text, string prefix, out string key)
        {
            key = null;
            if (text == null || !text.StartsWith(prefix, StringComparison.Ordinal) || text.Length != prefix.Length + 64) return false;
            for (int i = prefix.Length; i < text.Length; i++)
            {
                if (!char.IsAsciiHexDigit(text[i])) return false;
            }
            key = prefix + text[prefix.Length..].ToLowerInvariant();
            return true;
        }

        public static bool IsZeroKey(string key) => key[(key.IndexOf(':') + 1)..].Trim('0').Length == 0;

        public static bool TryTime(string text, out DateTimeOffset time)
        {
            return DateTimeOffset.TryParseExact(text, new[] { "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK" },
                CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
        }

        private static void Walk(JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.String) value.GetString();
            if (value.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in value.EnumerateArray()) Walk(item);
            }
            if (value.ValueKind != JsonValueKind.Object) return;
            foreach (JsonProperty member in value.EnumerateObject())
            {
                if (member.Name.Length >= 0) Walk(member.Value);
            }
        }

        private static string CheckValue(JsonElement value, string kind, string name)
        {
            switch (kind)
            {
                case "any": return null;
                case "bool":
                    return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : Where(name) + "must be true or false";
                case "int":
                    bool whole = value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _);
                    return whole ? null : Where(name) + "must be a whole number";
                case "float":
                    return value.ValueKind == JsonValueKind.Number ? null : Where(name) + "must be a number";
                case "object":
                    return value.ValueKind == JsonValueKind.Object ? null : Where(name) + "must be an object";
                case "array":
                    return value.ValueKind == JsonValueKind.Array ? null : Where(name) + "must be a list";
                case "strings": return CheckList(value, "string", name);
                case "ints": return CheckList(value, "int", name);
                case "endpoints": return CheckList(value, "endpoint", name);
                case "prefixes": return CheckList(value, "prefix", name);
            }
            if (value.ValueKind != JsonValueKind.String) return Where(name) + "must be a string";
            string text = value.GetString();
            switch (kind)
            {
                case "string": return null;
                case "time": return TryTime(text, out _) ? null : Where(name) + "must be an RFC 3339 time, not \"" + Shorten(text) + "\"";
                case "base64":
                    return Convert.TryFromBase64String(text, new byte[text.Length], out _) ? null : Where(name) + "must be base64";
                case "endpoint":
                    return System.Net.IPEndPoint.TryParse(text, out System.Net.IPEndPoint endpoint) && endpoint.Port != 0
                        && text.Contains(':')
                        ? null : Where(name) + "must be address:port, not \"" + Shorten(text) + "\"";
                case "prefix":
                    return System.Net.IPNetwork.TryParse(text, out _)
                        ? null : Where(name) + "must be an address prefix, not \"" + Shorten(text) + "\"";
                default:
                    return TryKey(text, kind + ":", out _)
                        ? null : Where(name) + "must be absent or \"" + kind + ":\" and 64 hex digits, not \"" + Shorten(text) + "\"";
            }
        }

        private static string CheckList(JsonElement value, string kind, string name)
        {
            if (value.ValueKind != JsonValueKind.Array) return Where(name) + "must be a list";
            int index = 0;
            foreach (JsonElement item in value.EnumerateArray())
            {
                string error = CheckValue(item, kind, name + "[" + index++ + "]");
                if (error != null) return error;
            }
            return null;
        }

        private static string Where(string name) => name.Length == 0 ? "the body " : "field \"" + name + "\" ";

        private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";
    }
}
