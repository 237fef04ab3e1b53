using MicroLink.Filter;
using MicroLink.Json;

namespace MicroLink.NetMap
{
    /// <summary>
    /// Reads the values of PacketFilter and PacketFilters (protocol.md 4.10) out of a map message, token by token, into packed rules:
    /// <code>
    ///   PacketFilter: [rule...]      PacketFilters: {name: [rule...] | null}
    ///   rule: {SrcIPs: [text], DstPorts: [{IP, Ports: {First, Last}}], IPProto: [number]}, other fields are skipped; SrcBits, Bits: old form
    /// </code>
    /// </summary>
    internal sealed class FilterReader : MapSection
    {
        private const int Names = 1, Rules = 2, Rule = 3, Sources = 4, OldSources = 5, Protocols = 6, Targets = 7, Target = 8, Ports = 9;

        private readonly RuleBuilder _builder;
        private readonly bool _singular;
        private int _context;
        private int _key;
        private string _name;
        private FilterPart _part;

        /// <param name="builder">May be shared: a message has one of the two values after the other.</param>
        /// <param name="singular">For PacketFilter, an array.</param>
        public FilterReader(JsonReader reader, int item, RuleBuilder builder, bool singular) : base(reader, item)
        {
            _builder = builder;
            _singular = singular;
        }

        /// <summary>Hands out what the last fact is, once.</summary>
        public FilterPart Take()
        {
            FilterPart part = _part;
            _part = null;
            return part;
        }

        protected override void OnBegin()
        {
            _name = FilterPart.Base;
            _context = _singular ? Rules : Names;
            if (_singular) _builder.Begin();
        }

        protected override bool Take(int token)
        {
            switch (token)
            {
                case JsonToken.Key: OnKey(); return false;
                case JsonToken.ObjectStart: OnObject(); return false;
                case JsonToken.ArrayStart: OnArray(); return false;
                case JsonToken.ObjectEnd: OnObjectEnd(); return false;
                case JsonToken.ArrayEnd: return OnArrayEnd();
                default: return OnScalar(token);
            }
        }

        private void OnKey()
        {
            _key = Reader.KeyId;
            if (_context == Names)
            {
                _name = Reader.Text;
                return;
            }
            bool wanted;
            if (_context == Rule)
                wanted = _key == MapKeys.SrcIps || _key == MapKeys.SrcBits || _key == MapKeys.DstPorts || _key == MapKeys.IpProto;
            else if (_context == Target) wanted = _key == MapKeys.Ip || _key == MapKeys.Bits || _key == MapKeys.Ports;
            else wanted = _key == MapKeys.First || _key == MapKeys.Last;
            if (!wanted) Reader.SkipValue();
        }

        private void OnObject()
        {
            if (_context == Rules)
            {
                _builder.BeginRule();
                _context = Rule;
            }
            else if (_context == Targets)
            {
                _builder.BeginTarget();
                _context = Target;
            }
            else if (_context == Target && _key == MapKeys.Ports) _context = Ports;
            else Reader.SkipValue();
        }

        private void OnArray()
        {
            if (_context == Names)
            {
                _builder.Begin();
                _context = Rules;
            }
            else if (_context != Rule) Reader.SkipValue();
            else if (_key == MapKeys.SrcIps) _context = Sources;
            else if (_key == MapKeys.SrcBits) _context = OldSources;
            else _context = _key == MapKeys.IpProto ? Protocols : Targets;
        }

        private void OnObjectEnd()
        {
            switch (_context)
            {
                case Rule:
                    _builder.EndRule();
                    _context = Rules;
                    break;
                case Target:
                    _builder.EndTarget();
                    _context = Targets;
                    break;
                case Ports: _context = Target; break;
            }
        }

        private bool OnArrayEnd()
        {
            if (_context != Rules)
            {
                _context = Rule;
                return false;
            }
            Tell(_builder.Finish());
            _context = Names;
            return true;
        }

        private void Tell(FilterPart part)
        {
            part.Name = _name;
            part.Singular = _singular;
            _part = part;
        }

        private bool OnScalar(int token)
        {
            switch (_context)
            {
                case Names:
                    if (token != JsonToken.Null) return false;
                    Tell(new FilterPart { Deleted = true });
                    return true;
                case Sources:
                    if (token == JsonToken.String && !Reader.Truncated) _builder.Source(Reader.Value, 0, Reader.ValueCount);
                    else _builder.Skip();
                    return false;
                case OldSources: _builder.Legacy(); return false;
                case Protocols:
                    _builder.Protocol(token == JsonToken.Number && Reader.IsInteger ? Reader.Int64 : -1);
                    return false;
                case Target: OnTargetScalar(token); return false;
                case Ports:
                    if (token != JsonToken.Number) return false;
                    long port = Reader.IsInteger ? Reader.Int64 : -1;
                    if (_key == MapKeys.First) _builder.FirstPort(port);
                    else _builder.LastPort(port);
                    return false;
                default: return false;
            }
        }

        private void OnTargetScalar(int token)
        {
            if (_key == MapKeys.Bits)
            {
                if (token != JsonToken.Null) _builder.Legacy();
            }
            else if (_key == MapKeys.Ip && token == JsonToken.String && !Reader.Truncated)
            {
                _builder.TargetAddress(Reader.Value, 0, Reader.ValueCount);
            }
        }
    }
}
