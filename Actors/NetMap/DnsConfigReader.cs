using System;
using MicroLink.Bytes;
using MicroLink.Json;

namespace MicroLink.NetMap
{
    /// <summary>
    /// Reads a DNSConfig object (protocol.md 4.11) within the bounds of DnsConfig.
    /// <code>
    ///   {"Resolvers":[{"Addr":"1.1.1.1"}],"Routes":{"corp.example":[{"Addr":..}] | [] | null},"Domains":[..],"Proxied":true,
    ///    "Nameservers":["1.1.1.1"],"CertDomains":[..],"ExtraRecords":[{"Name":..,"Type":..,"Value":..}], ..}
    /// </code>
    /// BootstrapResolution (for DoH names) and ExitNodeFilteredSet (for nodes that are exit nodes) are skipped.
    /// </summary>
    internal sealed class DnsConfigReader : MapSection
    {
        private const int DnsPort = 53;

        private readonly string[] _texts = new string[DnsConfig.MaxDomains];
        private readonly byte[] _resolvers = new byte[DnsConfig.MaxResolvers * NetEndpoint.Length];
        private DnsRoute[] _routes;
        private DnsRecord[] _records;
        private int _routeCount;
        private int _recordCount;
        private DnsConfig _config;
        private int _field;
        private int _inner;
        private int _count;
        private int _unusable;
        private string _suffix;
        private string _name;
        private string _type;
        private byte[] _address;
        private byte[] _nameservers;
        private bool _resolversSeen;

        public DnsConfigReader(JsonReader reader, int item) : base(reader, item) { }

        /// <summary>The object read last.</summary>
        public DnsConfig Config { get; private set; }

        protected override void OnBegin()
        {
            _config = new DnsConfig();
            _routes = new DnsRoute[DnsConfig.MaxRoutes];
            _records = new DnsRecord[DnsConfig.MaxRecords];
            _routeCount = 0;
            _recordCount = 0;
            _nameservers = null;
            _resolversSeen = false;
        }

        protected override bool Take(int token)
        {
            switch (token)
            {
                case JsonToken.Key: OnKey(); return false;
                case JsonToken.ObjectStart:
                case JsonToken.ArrayStart: OnStart(token); return false;
                case JsonToken.ObjectEnd:
                case JsonToken.ArrayEnd: return OnEnd();
                default: OnScalar(token); return false;
            }
        }

        private void OnKey()
        {
            int key = Reader.KeyId;
            if (Depth == 1)
            {
                _field = key;
                bool wanted = key >= MapKeys.Resolvers && key <= MapKeys.ExtraRecords;
                if (!wanted) Reader.SkipValue();
                return;
            }
            if (Depth == 2 && _field == MapKeys.Routes)
            {
                _suffix = Name(Reader.Text);
                return;
            }
            _inner = key;
            bool known = _field == MapKeys.ExtraRecords ? key == MapKeys.Name || key == MapKeys.Type || key == MapKeys.Value
                : key == MapKeys.Addr;
            if (!known) Reader.SkipValue();
        }

        // Only these containers mean something; one of an unexpected kind is skipped with all that is in it.
        private void OnStart(int token)
        {
            bool array = token == JsonToken.ArrayStart;
            switch (Depth)
            {
                case 2:
                    _count = 0;
                    _unusable = 0;
                    if (array == (_field != MapKeys.Routes) && _field != MapKeys.Proxied) return;
                    break;
                case 3:
                    if (_field == MapKeys.Routes && array)
                    {
                        _count = 0;
                        _unusable = 0;
                        return;
                    }
                    _name = null;
                    _type = "";
                    _address = null;
                    if (!array && _field != MapKeys.Routes && IsListOfObjects()) return;
                    break;
                case 4:
                    if (!array && _field == MapKeys.Routes) return;
                    break;
            }
            Reader.SkipValue();
        }

        private bool IsListOfObjects()
        {
            return _field == MapKeys.Resolvers || _field == MapKeys.FallbackResolvers || _field == MapKeys.ExtraRecords;
        }

        private bool OnEnd()
        {
            if (Depth == 0)
            {
                Finish();
                return true;
            }
            if (Depth == 1) EndField();
            else if (Depth == 2 && _field == MapKeys.Routes) AddRoute();
            else if (Depth == 2 && _field == MapKeys.ExtraRecords) AddRecord();
            return false;
        }

        private void OnScalar(int token)
        {
            bool text = token == JsonToken.String;
            if (Depth == 1)
            {
                if (_field == MapKeys.Proxied) _config.Proxied = token == JsonToken.True;
                return;
            }
            // A null route means the same as an empty list: answer locally.
            if (Depth == 2 && _field == MapKeys.Routes && token == JsonToken.Null)
            {
                _count = 0;
                _unusable = 0;
                AddRoute();
            }
            if (!text) return;
            if (Depth == 2) OnListText();
            else if (_field == MapKeys.ExtraRecords) OnRecordText();
            else if (_inner == MapKeys.Addr) AddResolver();
        }

        private void OnListText()
        {
            if (_field == MapKeys.Nameservers) AddResolver();
            else if (_field != MapKeys.Domains && _field != MapKeys.CertDomains) return;
            else if (_count < _texts.Length && !Reader.Truncated) _texts[_count++] = Name(Reader.Text);
            else _config.Skipped++;
        }

        private void OnRecordText()
        {
            if (_inner == MapKeys.Name) _name = Reader.Truncated ? null : Name(Reader.Text);
            else if (_inner == MapKeys.Type) _type = Reader.Text;
            else
            {
                _address = new byte[NetEndpoint.AddressLength];
                if (!NetEndpoint.ParseAddress(Reader.Value, 0, Reader.ValueCount, _address, 0)) _address = null;
            }
        }

        // "1.2.3.4", "1.2.3.4:53", "[::1]:53", "::1"; a URL (DoH) cannot be asked by us.
        private void AddResolver()
        {
            if (_count == DnsConfig.MaxResolvers)
            {
                _config.Skipped++;
                return;
            }
            int at = _count * NetEndpoint.Length;
            if (NetEndpoint.ParseAddress(Reader.Value, 0, Reader.ValueCount, _resolvers, at)) NetEndpoint.SetPort(_resolvers, at, DnsPort);
            else if (!NetEndpoint.Parse(Reader.Value, 0, Reader.ValueCount, _resolvers, at))
            {
                _unusable++;
                _config.SkippedResolvers++;
                return;
            }
            _count++;
        }

        private void EndField()
        {
            switch (_field)
            {
                case MapKeys.Resolvers:
                    _resolversSeen = _count + _unusable > 0;
                    _config.Resolvers = Cut();
                    break;
                case MapKeys.FallbackResolvers: _config.FallbackResolvers = Cut(); break;
                case MapKeys.Nameservers: _nameservers = Cut(); break;
                case MapKeys.Domains: _config.Domains = Texts(); break;
                case MapKeys.CertDomains: _config.CertDomains = Texts(); break;
            }
        }

        private void AddRoute()
        {
            if (_routeCount == DnsConfig.MaxRoutes) _config.Skipped++;
            else _routes[_routeCount++] = new DnsRoute(_suffix, Cut(), _count == 0 && _unusable > 0);
        }

        // Other types than addresses are ignored, as Tailscale does.
        private void AddRecord()
        {
            bool address = _type.Length == 0 || _type == "A" || _type == "AAAA";
            if (address && _name != null && _address != null && _recordCount < DnsConfig.MaxRecords)
                _records[_recordCount++] = new DnsRecord(_name, _address);
            else _config.Skipped++;
        }

        private void Finish()
        {
            // Nameservers is the form before Resolvers; it counts only where that is missing.
            if (!_resolversSeen && _nameservers != null) _config.Resolvers = _nameservers;
            _config.Routes = new DnsRoute[_routeCount];
            Array.Copy(_routes, _config.Routes, _routeCount);
            _config.ExtraRecords = new DnsRecord[_recordCount];
            Array.Copy(_records, _config.ExtraRecords, _recordCount);
            Config = _config;
            _config = null;
            _routes = null;
            _records = null;
        }

        private byte[] Cut()
        {
            byte[] list = new byte[_count * NetEndpoint.Length];
            Array.Copy(_resolvers, 0, list, 0, list.Length);
            return list;
        }

        private string[] Texts()
        {
            string[] list = new string[_count];
            Array.Copy(_texts, list, _count);
            return list;
        }

        private static string Name(string text)
        {
            if (text.Length > 0 && text[text.Length - 1] == '.') text = text.Substring(0, text.Length - 1);
            return text.ToLower();
        }
    }
}
