using System;
using MicroLink.Bytes;

namespace MicroLink.Filter
{
    /// <summary>
    /// Packs the rules of one named filter as they are read, field by field in any order (protocol.md 4.10). Memory: the packed rules, at
    /// most the limit, and one rule's lists. What does not fit makes the part TooLarge; what cannot be read is left out and counted.
    /// </summary>
    public sealed class RuleBuilder
    {
        private const int MaxCapabilities = 32;
        private const int Tcp = 6, Udp = 17, Icmp = 1, Icmp6 = 58;

        private readonly RangeList _sources4 = new RangeList(4, 0), _sources6 = new RangeList(16, 0);
        private readonly RangeList _targets4 = new RangeList(4, 4), _targets6 = new RangeList(16, 4);
        private readonly byte[] _range = new byte[FilterRange.Length];
        private readonly byte[] _ports = new byte[4];
        private readonly byte[] _targetRange = new byte[FilterRange.Length];
        private readonly byte[] _protocols = new byte[255];
        private int _protocolCount;
        private bool _protocolsGiven;
        private uint _capabilities;
        private int _targetKind;
        private long _firstPort, _lastPort;

        private readonly int _limit;
        private byte[] _bytes = new byte[256];
        private int _count;
        private string[] _names = new string[0];
        private FilterPart _part;

        /// <param name="limitBytes">Room for one named filter.</param>
        public RuleBuilder(int limitBytes)
        {
            _limit = limitBytes;
        }

        public void Begin()
        {
            _part = new FilterPart();
            _count = 0;
            _names = new string[0];
        }

        /// <summary>The part, without stream and name.</summary>
        public FilterPart Finish()
        {
            FilterPart part = _part;
            part.Rules = new byte[part.TooLarge ? 0 : _count];
            Array.Copy(_bytes, 0, part.Rules, 0, part.Rules.Length);
            part.Capabilities = _names;
            _part = null;
            // A large policy's scratch space is not kept for the small ones that follow.
            if (_bytes.Length > 4096) _bytes = new byte[256];
            return part;
        }

        public void BeginRule()
        {
            _sources4.Clear();
            _sources6.Clear();
            _targets4.Clear();
            _targets6.Clear();
            _protocolCount = 0;
            _protocolsGiven = false;
            _capabilities = 0;
        }

        /// <summary>An entry of SrcIPs.</summary>
        public void Source(byte[] text, int offset, int count)
        {
            const string CapabilityPrefix = "cap:";
            if (AsciiText.StartsWith(text, offset, count, CapabilityPrefix))
            {
                Capability(AsciiText.ToText(text, offset + CapabilityPrefix.Length, count - CapabilityPrefix.Length));
                return;
            }
            int kind = FilterRange.Parse(text, offset, count, _range);
            if (kind == FilterRange.Bad) Skip();
            else AddRange(kind, _range, _sources4, _sources6, null);
        }

        /// <summary>An entry of IPProto. Values outside 0..255 are left out; a list of only such ones names nothing.</summary>
        public void Protocol(long number)
        {
            _protocolsGiven = true;
            if (number < 0 || number > 255) return;
            for (int i = 0; i < _protocolCount; i++)
                if (_protocols[i] == number) return;
            if (_protocolCount < _protocols.Length) _protocols[_protocolCount++] = (byte)number;
        }

        /// <summary>An entry of DstPorts begins; absent Ports are port 0.</summary>
        public void BeginTarget()
        {
            _targetKind = FilterRange.Bad;
            _firstPort = 0;
            _lastPort = 0;
        }

        public void TargetAddress(byte[] text, int offset, int count)
        {
            _targetKind = FilterRange.Parse(text, offset, count, _targetRange);
        }

        public void FirstPort(long port) { _firstPort = port; }

        public void LastPort(long port) { _lastPort = port; }

        public void EndTarget()
        {
            if (_targetKind == FilterRange.Bad || _firstPort < 0 || _lastPort > 65535 || _firstPort > _lastPort)
            {
                Skip();
                return;
            }
            ByteOrder.StoreU16BE(_ports, 0, (int)_firstPort);
            ByteOrder.StoreU16BE(_ports, 2, (int)_lastPort);
            AddRange(_targetKind, _targetRange, _targets4, _targets6, _ports);
        }

        /// <summary>SrcBits or Bits were there.</summary>
        public void Legacy() { _part.Legacy = true; }

        /// <summary>Something that cannot be read was there.</summary>
        public void Skip() { _part.Skipped++; }

        /// <summary>A rule without sources or without targets (application capabilities only) opens nothing and is not kept.</summary>
        public void EndRule()
        {
            bool hasSources = _sources4.Count + _sources6.Count > 0 || _capabilities != 0;
            bool hasTargets = _targets4.Count + _targets6.Count > 0;
            if (!_protocolsGiven)
            {
                Protocol(Tcp);
                Protocol(Udp);
                Protocol(Icmp);
                Protocol(Icmp6);
            }
            if (!hasSources || !hasTargets || _part.TooLarge) return;
            _sources4.Join();
            _sources6.Join();
            int length = FilterTable.SetHeader + _sources4.ByteCount + _sources6.ByteCount
                       + FilterTable.RuleHeader + _protocolCount + _targets4.ByteCount + _targets6.ByteCount;
            if (!Reserve(length) || _sources4.Count > 65535 || _sources6.Count > 65535 || _targets4.Count > 65535 || _targets6.Count > 65535)
            {
                _part.TooLarge = true;
                return;
            }
            WriteRule();
        }

        private void WriteRule()
        {
            int at = _count;
            FilterTable.StoreU16(_bytes, at, _sources4.Count);
            FilterTable.StoreU16(_bytes, at + 2, _sources6.Count);
            FilterTable.StoreU32(_bytes, at + 4, _capabilities);
            at = _sources4.CopyTo(_bytes, at + FilterTable.SetHeader);
            at = _sources6.CopyTo(_bytes, at);
            FilterTable.StoreU16(_bytes, at, 0);
            _bytes[at + 2] = (byte)_protocolCount;
            _bytes[at + 3] = 0;
            FilterTable.StoreU16(_bytes, at + 4, _targets4.Count);
            FilterTable.StoreU16(_bytes, at + 6, _targets6.Count);
            Array.Copy(_protocols, 0, _bytes, at + FilterTable.RuleHeader, _protocolCount);
            at = _targets4.CopyTo(_bytes, at + FilterTable.RuleHeader + _protocolCount);
            _count = _targets6.CopyTo(_bytes, at);
            _part.RuleCount++;
        }

        private bool Reserve(int length)
        {
            if (_count + length > _limit) return false;
            if (_count + length <= _bytes.Length) return true;
            int size = 2 * _bytes.Length;
            while (size < _count + length) size *= 2;
            byte[] larger = new byte[size];
            Array.Copy(_bytes, 0, larger, 0, _count);
            _bytes = larger;
            return true;
        }

        private void AddRange(int kind, byte[] range, RangeList v4, RangeList v6, byte[] more)
        {
            bool kept;
            if (kind == FilterRange.One)
            {
                kept = (NetEndpoint.IsV4(range, 0) ? v4 : v6).Add(range, more, _limit);
            }
            else
            {
                FilterRange.All(true, range);
                kept = v4.Add(range, more, _limit);
                FilterRange.All(false, range);
                kept = v6.Add(range, more, _limit) && kept;
            }
            if (!kept) _part.TooLarge = true;
        }

        private void Capability(string name)
        {
            int at = Array.IndexOf(_names, name);
            if (at < 0)
            {
                at = _names.Length;
                if (at == MaxCapabilities)
                {
                    _part.TooLarge = true;
                    return;
                }
                string[] longer = new string[at + 1];
                Array.Copy(_names, longer, at);
                longer[at] = name;
                _names = longer;
            }
            _capabilities |= 1u << at;
        }
    }
}
