namespace MicroLink.Dns
{
    /// <summary>
    /// Names on the wire (RFC 1035 section 3.1) and as text: "host.example.ts.net", lower case, no last dot. A label that holds a dot, a zero or
    /// a byte above 126 has no text form here and makes the name unreadable: no name of a tailnet has one.
    /// </summary>
    public static class DnsName
    {
        public const int MaxTextLength = 253;
        public const int MaxLabelLength = 63;

        /// <summary>
        /// Reads the name at <paramref name="at"/> into the question. Returns the position behind it, or -1: cut, too long, compressed (a
        /// question has nothing before it to point at) or without a text form.
        /// </summary>
        public static int Read(byte[] packet, int at, int end, DnsQuestion into)
        {
            int length = 0;
            while (true)
            {
                if (at >= end) return -1;
                int label = packet[at++];
                if (label == 0) break;
                if (label > MaxLabelLength || end - at < label) return -1;
                if (length + label + (length > 0 ? 1 : 0) > MaxTextLength) return -1;
                if (length > 0) into.Name[length++] = (byte)'.';
                for (int i = 0; i < label; i++, at++)
                {
                    int letter = packet[at];
                    if (letter <= ' ' || letter == '.' || letter > '~') return -1;
                    into.Name[length++] = (byte)(letter >= 'A' && letter <= 'Z' ? letter + 32 : letter);
                }
            }
            into.NameLength = length;
            return at;
        }

        /// <summary>Bytes of a dotted name on the wire, -1 when it is none: an empty or long label, or too long.</summary>
        public static int WireLength(string name)
        {
            if (name.Length == 0) return 1;
            if (name.Length > MaxTextLength) return -1;
            int label = 0;
            for (int i = 0; i <= name.Length; i++)
            {
                if (i < name.Length && name[i] != '.')
                {
                    label++;
                    continue;
                }
                if (label == 0 || label > MaxLabelLength) return -1;
                label = 0;
            }
            return name.Length + 2;
        }

        /// <summary>Writes a name that <see cref="WireLength"/> accepted, with room for it. Returns the position behind it.</summary>
        public static int Write(byte[] into, int at, string name)
        {
            int start = 0;
            for (int i = 0; i <= name.Length && name.Length > 0; i++)
            {
                if (i < name.Length && name[i] != '.') continue;
                into[at++] = (byte)(i - start);
                for (int k = start; k < i; k++) into[at++] = (byte)name[k];
                start = i + 1;
            }
            into[at++] = 0;
            return at;
        }

        /// <summary>Lower case without the last dot: the form in which names are compared.</summary>
        public static string Normal(string name)
        {
            if (name == null) return "";
            string lower = name.ToLower();
            int length = lower.Length;
            return length > 0 && lower[length - 1] == '.' ? lower.Substring(0, length - 1) : lower;
        }

        /// <summary>Whether the name is the suffix or lies below it, both in normal form. Nothing lies below "".</summary>
        public static bool IsBelow(string name, string suffix)
        {
            if (suffix.Length == 0 || name.Length < suffix.Length) return false;
            if (name.Length == suffix.Length) return name == suffix;
            return name[name.Length - suffix.Length - 1] == '.' && name.Substring(name.Length - suffix.Length) == suffix;
        }

        /// <summary>"b.c" of "a.b.c", "" when there is no dot.</summary>
        public static string Parent(string name)
        {
            int dot = name.IndexOf('.');
            return dot < 0 ? "" : name.Substring(dot + 1);
        }
    }
}
