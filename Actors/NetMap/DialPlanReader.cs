using System;
using MicroLink.Bytes;
using MicroLink.Json;

namespace MicroLink.NetMap
{
    /// <summary>
    /// ControlDialPlan (protocol.md 2.2): addresses to reach control by at the next connection, with a delay and a limit each; when all
    /// fail, its name is looked up as always. Immutable once published. Candidates with ACEHost are left out: they lead over an HTTPS CONNECT
    /// proxy, and their IP is the proxy's.
    /// </summary>
    public sealed class ControlDialPlan
    {
        public const int MaxCandidates = 8;

        /// <summary>Addresses as text, in the order of their delays.</summary>
        public string[] Addresses = new string[0];
        public int[] DelaysMs = new int[0];
        /// <summary>0 = no limit of its own.</summary>
        public int[] TimeoutsMs = new int[0];
        public int Count { get { return Addresses.Length; } }
    }

    /// <summary>Reads {"Candidates":[{"IP":"1.2.3.4","DialStartDelaySec":0.2,"DialTimeoutSec":10,"Priority":5}]}.</summary>
    internal sealed class DialPlanReader : MapSection
    {
        private const int MaxMs = 60000;

        private readonly byte[] _parsed = new byte[NetEndpoint.AddressLength];
        private readonly string[] _addresses = new string[ControlDialPlan.MaxCandidates];
        private readonly int[] _delays = new int[ControlDialPlan.MaxCandidates];
        private readonly int[] _timeouts = new int[ControlDialPlan.MaxCandidates];
        private int _count;
        private int _key;
        private string _address;
        private bool _proxied;
        private int _delayMs;
        private int _timeoutMs;

        public DialPlanReader(JsonReader reader, int item) : base(reader, item) { }

        public ControlDialPlan Plan { get; private set; }

        protected override void OnBegin()
        {
            _count = 0;
        }

        protected override bool Take(int token)
        {
            switch (token)
            {
                case JsonToken.Key:
                    _key = Reader.KeyId;
                    if (Depth == 1 ? _key != MapKeys.Candidates : !IsField) Reader.SkipValue();
                    break;
                case JsonToken.ArrayStart:
                    if (Depth != 2) Reader.SkipValue();
                    break;
                case JsonToken.ObjectStart:
                    if (Depth != 3) Reader.SkipValue();
                    _address = null;
                    _proxied = false;
                    _delayMs = 0;
                    _timeoutMs = 0;
                    break;
                case JsonToken.String:
                    if (Depth == 3 && _key == MapKeys.AceHost) _proxied |= Reader.ValueCount > 0;
                    if (Depth == 3 && _key == MapKeys.Ip && NetEndpoint.ParseAddress(Reader.Value, 0, Reader.ValueCount, _parsed, 0))
                        _address = NetEndpoint.FormatAddress(_parsed, 0);
                    break;
                case JsonToken.Number:
                    if (Depth != 3) break;
                    int ms = DecimalText.Thousandths(Reader.Value, Reader.ValueCount, 0);
                    if (ms > MaxMs) ms = MaxMs;
                    if (_key == MapKeys.DialStartDelaySec) _delayMs = ms;
                    else if (_key == MapKeys.DialTimeoutSec) _timeoutMs = ms;
                    break;
                case JsonToken.ObjectEnd:
                    if (Depth == 2) AddCandidate();
                    else if (Depth == 0) Finish();
                    break;
            }
            return Depth == 0;
        }

        private bool IsField { get { return (_key >= MapKeys.Ip && _key <= MapKeys.DialTimeoutSec) || _key == MapKeys.AceHost; } }

        private void AddCandidate()
        {
            if (_address == null || _proxied || _count == ControlDialPlan.MaxCandidates) return;
            int at = _count++;
            for (; at > 0 && _delays[at - 1] > _delayMs; at--)
            {
                _addresses[at] = _addresses[at - 1];
                _delays[at] = _delays[at - 1];
                _timeouts[at] = _timeouts[at - 1];
            }
            _addresses[at] = _address;
            _delays[at] = _delayMs;
            _timeouts[at] = _timeoutMs;
        }

        private void Finish()
        {
            ControlDialPlan plan = new ControlDialPlan
            {
                Addresses = new string[_count], DelaysMs = new int[_count], TimeoutsMs = new int[_count],
            };
            Array.Copy(_addresses, plan.Addresses, _count);
            Array.Copy(_delays, plan.DelaysMs, _count);
            Array.Copy(_timeouts, plan.TimeoutsMs, _count);
            Plan = plan;
        }
    }
}
