using System;
using MicroLink.Bytes;

namespace MicroLink.Filter
{
    /// <summary>What a set of named filters comes to.</summary>
    public sealed class CompiledFilter
    {
        /// <summary>For DataPlane.FilterSet; empty = nothing may come in.</summary>
        public byte[] Table = new byte[0];
        /// <summary>Bit i of a peer's capabilities is the i-th.</summary>
        public string[] Capabilities = new string[0];
        public int Rules;
        /// <summary>Null, or one sentence for status.</summary>
        public string Trouble;
    }

    /// <summary>
    /// The named packet filters of the map and their merge rules (protocol.md 4.6, 4.10): PacketFilter replaces "base"; PacketFilters comes
    /// after it, null deletes a name, "*" null clears all names first; what holds is the union. Whatever cannot be taken as a whole lets
    /// nothing in: a filter is never half applied.
    /// </summary>
    public sealed class FilterSet
    {
        private const int MaxNames = 64;

        private readonly int _limit;
        private readonly FilterPart[] _parts = new FilterPart[MaxNames];
        private readonly bool[] _touched = new bool[MaxNames];      // by PacketFilters of the message that is being read
        private int _count;
        private int _stream;
        private bool _cleared;                                      // "*" was in this message
        private bool _tooMany;

        /// <param name="limitBytes">Room for all parts, and again for the table.</param>
        public FilterSet(int limitBytes)
        {
            _limit = limitBytes;
        }

        /// <summary>Control has sent a filter since the program started.</summary>
        public bool IsCommitted { get; private set; }

        public void Take(FilterPart part)
        {
            if (part.Stream != _stream) Restart(part.Stream);
            if (part.Name == FilterPart.Every && part.Deleted) ClearOthers();
            else if (part.Name == FilterPart.Every) return;
            else if (!part.Singular) Put(part, true);
            else if (!_cleared) PutBase(part);
        }

        /// <summary>The message is complete.</summary>
        /// <param name="unsigned">AllowedIPs of peers with UnsignedPeerAPIOnly, 17 bytes each; null = more of them than can be kept.</param>
        public CompiledFilter Commit(int stream, byte[] unsigned)
        {
            if (stream != _stream) Restart(stream);
            IsCommitted = true;
            _cleared = false;
            for (int i = _count - 1; i >= 0; i--)
            {
                _touched[i] = false;
                if (_parts[i].Deleted) RemoveAt(i);
            }
            return Compile(unsigned);
        }

        private void Restart(int stream)
        {
            _stream = stream;
            for (int i = 0; i < _count; i++) _parts[i] = null;
            _count = 0;
            _cleared = false;
            _tooMany = false;
        }

        // Names that this message sets stay: in Go the clearing comes first, wherever the text has it.
        private void ClearOthers()
        {
            _cleared = true;
            for (int i = _count - 1; i >= 0; i--)
                if (!_touched[i]) RemoveAt(i);
        }

        private void PutBase(FilterPart part)
        {
            int at = Find(FilterPart.Base);
            if (at < 0 || !_touched[at]) Put(part, false);
        }

        private void Put(FilterPart part, bool touched)
        {
            int at = Find(part.Name);
            if (at < 0)
            {
                if (_count == MaxNames)
                {
                    _tooMany = true;
                    return;
                }
                at = _count++;
            }
            _parts[at] = part;
            _touched[at] = touched;
        }

        private int Find(string name)
        {
            for (int i = 0; i < _count; i++)
                if (_parts[i].Name == name) return i;
            return -1;
        }

        private void RemoveAt(int at)
        {
            _count--;
            _parts[at] = _parts[_count];
            _touched[at] = _touched[_count];
            _parts[_count] = null;
        }

        private CompiledFilter Compile(byte[] unsigned)
        {
            CompiledFilter result = new CompiledFilter();
            int bytes = 0, skipped = 0;
            bool tooLarge = _tooMany, legacy = false;
            for (int i = 0; i < _count; i++)
            {
                bytes += _parts[i].Rules.Length;
                skipped += _parts[i].Skipped;
                tooLarge |= _parts[i].TooLarge;
                legacy |= _parts[i].Legacy;
                result.Rules += _parts[i].RuleCount;
            }
            if (legacy) return Refused("Control sent packet filter rules in an old form (SrcBits) that is not supported");
            if (unsigned == null || AdmitsUnsigned(unsigned))
                return Refused("Control sent a packet filter that admits nodes whose keys nobody has signed");
            string[] names = tooLarge || bytes > _limit ? null : AllCapabilities();
            byte[] table = names == null ? null : FilterTable.Build(_parts, _count, names, _limit);
            if (table == null) return Refused("Control sent a packet filter that is larger than this node's limit of " + _limit.ToString() + " bytes");
            if (skipped > 0) result.Trouble = skipped.ToString() + " entries of control's packet filter cannot be read; they allow nothing.";
            result.Table = table;
            result.Capabilities = names;
            return result;
        }

        private static CompiledFilter Refused(string why)
        {
            return new CompiledFilter { Trouble = why + ", so nobody may connect to this node. Ask the tailnet's administrator to change the policy." };
        }

        private string[] AllCapabilities()
        {
            string[] all = new string[32];
            int count = 0;
            for (int i = 0; i < _count; i++)
            {
                string[] names = _parts[i].Capabilities;
                for (int k = 0; k < names.Length; k++)
                {
                    if (Array.IndexOf(all, names[k]) >= 0) continue;
                    if (count == all.Length) return null;
                    all[count++] = names[k];
                }
            }
            string[] result = new string[count];
            Array.Copy(all, result, count);
            return result;
        }

        // ipn/ipnlocal packetFilterPermitsUnlockedNodes: any source of a rule with targets that overlaps one of their prefixes.
        private bool AdmitsUnsigned(byte[] unsigned)
        {
            byte[] range = new byte[FilterRange.Length];
            for (int p = 0; p < unsigned.Length; p += NetEndpoint.PrefixLength)
            {
                FilterRange.OfPrefix(unsigned, p, range);
                for (int i = 0; i < _count; i++)
                    if (Overlaps(_parts[i].Rules, range)) return true;
            }
            return false;
        }

        private static bool Overlaps(byte[] rules, byte[] range)
        {
            bool v4 = NetEndpoint.IsV4(range, 0);
            int width = v4 ? 4 : 16;
            for (int at = 0; at < rules.Length; )
            {
                int count = FilterTable.LoadU16(rules, v4 ? at : at + 2);
                int source = at + FilterTable.SetHeader + (v4 ? 0 : FilterTable.LoadU16(rules, at) * 8);
                for (int i = 0; i < count; i++, source += 2 * width)
                {
                    if (FilterRange.Compare(rules, source, range, 32 - width, width) <= 0
                        && FilterRange.Compare(rules, source + width, range, 16 - width, width) >= 0) return true;
                }
                at += FilterTable.SetLength(rules, at);
                at += FilterTable.RuleLength(rules, at);
            }
            return false;
        }
    }
}
