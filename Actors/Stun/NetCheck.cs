using System;
using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.NetMap;

namespace MicroLink.Stun
{
    /// <summary>
    /// Finds out what the network around us is like: which relay is nearest, how the world sees our UDP port, whether IPv6 and UDP work
    /// (protocol.md 6.8 and 7.3). It works in reports: ask, wait a little, decide, tell.
    /// <code>
    ///   Quiet --map, request, 20-26 s while active, 5 min--> Asking --all answered | enough answered | 3 s--> Quiet (event)
    ///                                                          | 200 ms, very first report: what is known so far (event)
    ///                                                          | 500 ms without any answer: relays by HTTPS as well, then up to 5 s
    /// </code>
    /// Full reports ask every region; the ones between ask home and the three fastest.
    /// </summary>
    public sealed class NetCheck
    {
        // From the specification (6.5, 7.3).
        public const int StunWaitMs = 3000;
        public const int ReportMaxMs = 5000;
        public const int FullEveryMs = 300000;
        public const int RestunMinMs = 20000, RestunMaxMs = 26000;
        private const int EnoughRegions = 3;

        /// <summary>Our choice: peers should be told about a node at once, even where half of the servers never answer.</summary>
        private const int FirstNewsMs = 200;
        /// <summary>Our choice: so long nothing at all by STUN, and the relays are measured by HTTPS beside it.</summary>
        private const int HttpsAfterMs = 500;
        /// <summary>Our choice: the second server and the other family get at least this long after the first answers.</summary>
        private const int GraceMs = 20;
        /// <summary>Our choice: a request right after a report is answered with that report.</summary>
        private const int FreshMs = 1000;
        private const int FastestKept = 3;

        /// <summary>Tri-states as in HostUpdate.</summary>
        public const int Unknown = 0, False = 1, True = 2;

        public readonly HomeChoice Homes;
        public readonly OwnEndpointList Own = new OwnEndpointList();
        private readonly StunProbes _probes;
        private readonly IEntropy _entropy;
        private readonly NetCheckOptions _options;
        private readonly byte[] _random = new byte[2];
        private bool[] _wanted = new bool[0];

        private byte[] _local = new byte[0];
        private int _port;
        private bool _hasMap, _asking, _full, _active, _told, _news;
        private long _startMs, _finishMs, _fullMs, _nextMs = Output.Never;
        private int _answeredRegions, _slowestMs;
        private const int HttpsIdle = 0, HttpsDue = 1, HttpsRuns = 2, HttpsOver = 3;
        private int _https;

        public NetCheck(IEntropy entropy, NetCheckOptions options)
        {
            _entropy = entropy;
            _options = options;
            _probes = new StunProbes(entropy);
            Homes = new HomeChoice(options.AllowInsecure);
        }

        /// <summary>Results of the last report.</summary>
        public int MappingVaries { get; private set; }
        public int WorkingUdp { get; private set; }
        public int WorkingIPv6 { get; private set; }
        /// <summary>When the last report ended.</summary>
        public long ReportMs { get; private set; }

        /// <summary>Addresses of our interfaces (16 bytes each) and the port of the one socket.</summary>
        public void SetLocal(byte[] addresses, int port)
        {
            _local = addresses;
            _port = port;
        }

        /// <summary>"Re-STUN on DERPMap change" (6.8), in full.</summary>
        public int HandleMap(DerpMap map, long nowMs)
        {
            Homes.SetMap(map);
            _probes.Build(map);
            _wanted = new bool[map.Regions.Length];
            _hasMap = true;
            return Begin(true, nowMs);
        }

        /// <summary>Somebody needs fresh endpoints now.</summary>
        public int HandleRequest(long nowMs)
        {
            if (!_hasMap || _asking) return Output.None;
            if (_told && nowMs - ReportMs < FreshMs)
            {
                _news = true;
                return Output.Event;
            }
            return Begin(false, nowMs);
        }

        /// <summary>Another network: nothing of what was seen holds.</summary>
        public int HandleNetworkChanged(long nowMs)
        {
            Own.ForgetSeen();
            _asking = false;
            _told = false;                                      // peers wait for the new endpoints: tell what is known after 200 ms
            return _hasMap ? Begin(true, nowMs) : Output.None;
        }

        /// <summary>"Periodically every 20-26 s while there is a peer and last activity is at most 45 s ago" (6.8).</summary>
        public int HandleActive(bool active, long nowMs)
        {
            _active = active;
            if (!_asking && _hasMap) Schedule(nowMs);
            return Output.Deadline;
        }

        public int HandleRelay(int region, bool up, long nowMs)
        {
            Homes.Relay(region, up, nowMs);
            return Output.None;
        }

        public int HandleResolved(int tag, byte[] addresses, long nowMs)
        {
            _probes.HandleResolved(tag, addresses, nowMs);
            return AfterAnswer(nowMs);
        }

        /// <summary>A STUN response that passed the native gate.</summary>
        public int HandleStun(byte[] payload, int offset, int count, long nowMs)
        {
            int row = _probes.HandleResponse(payload, offset, count, nowMs, out int latencyMs);
            if (row < 0 || !_asking) return Output.None;
            int region = _probes.Region(row);
            if (Homes.LatencyMs(region) == HomeChoice.NotMeasured) _answeredRegions++;
            Homes.Measured(region, latencyMs);
            if (latencyMs > _slowestMs) _slowestMs = latencyMs;
            Own.Remember(_probes.Mapped, _probes.At(row), nowMs);
            return AfterAnswer(nowMs);
        }

        public int HandleTimeout(long nowMs)
        {
            if (!_asking) return nowMs >= _nextMs ? Begin(nowMs - _fullMs >= FullEveryMs, nowMs) : Output.None;
            if (NeedsHttps && nowMs >= _startMs + HttpsAfterMs)
            {
                _https = HttpsDue;
                // Any relay is better than none meanwhile.
                if (Homes.Home == 0 && Homes.Choose(nowMs)) Tell(nowMs);
            }
            if (nowMs >= _finishMs) return Finish(nowMs);
            if (!_told && nowMs >= _startMs + FirstNewsMs)
            {
                // The nearest relay that has answered is a home at once; the end of the report may find a better one.
                if (_answeredRegions > 0) Homes.Choose(nowMs);
                Tell(nowMs);
            }
            return Output.Transmit | Output.Deadline | Output.Event;
        }

        /// <summary>The next request: 40 bytes, and where to send it. 0 = none. Its TxID (at offset + 8) must be announced to the gate first.</summary>
        public int PollTransmit(byte[] into, int offset, byte[] endpoint, int endpointOffset, long nowMs)
        {
            if (!_asking) return 0;
            int row = _probes.PollSend(nowMs);
            if (row < 0) return 0;
            Array.Copy(_probes.Endpoints, _probes.At(row), endpoint, endpointOffset, NetEndpoint.Length);
            return StunWire.WriteRequest(into, offset, _probes.TxIds, _probes.TxIdAt(row));
        }

        /// <summary>True once: have the wanted regions measured by HTTPS, and hand in HandleMeasured and HandleMeasureEnd.</summary>
        public bool PollMeasure(bool[] wanted)
        {
            if (_https != HttpsDue) return false;
            _https = HttpsRuns;
            _finishMs = _startMs + ReportMaxMs;
            Array.Copy(_wanted, wanted, _wanted.Length);
            return true;
        }

        /// <summary>A relay answered by HTTPS. Where STUN works its numbers count, not these (7.3: "if no UDP answer").</summary>
        public int HandleMeasured(int regionId, int latencyMs, long nowMs)
        {
            int index = Homes.IndexOf(regionId);
            if (!_asking || _https != HttpsRuns || _answeredRegions > 0 || index < 0) return Output.None;
            Homes.Measured(index, latencyMs < 1 ? 1 : latencyMs);
            return Output.None;
        }

        public int HandleMeasureEnd(long nowMs)
        {
            if (!_asking || _https != HttpsRuns) return Output.None;
            _https = HttpsOver;
            // STUN has had its chance: with the first answer it would have ended by itself.
            return _answeredRegions == 0 ? Finish(nowMs) : AfterAnswer(nowMs);
        }

        public int RegionCount { get { return _wanted.Length; } }

        private bool NeedsHttps { get { return _options.MeasureByHttps && _https == HttpsIdle && _answeredRegions == 0; } }

        /// <summary>The gateway leads this port to ours; null = it does not any more.</summary>
        public int HandlePortMapped(byte[] endpoint, long nowMs)
        {
            Own.Mapped = endpoint;
            if (!_told) return Output.None;
            Tell(nowMs);
            return Output.Event;
        }

        public bool PollResolve(out string host, out int tag)
        {
            return _probes.PollResolve(out host, out tag);
        }

        /// <summary>True once after each report: read Own, Homes and the tri-states.</summary>
        public bool PollEvent()
        {
            bool news = _news;
            _news = false;
            return news;
        }

        public long Deadline
        {
            get
            {
                if (!_asking) return _nextMs;
                long next = _probes.Deadline < _finishMs ? _probes.Deadline : _finishMs;
                if (NeedsHttps && _startMs + HttpsAfterMs < next) next = _startMs + HttpsAfterMs;
                return !_told && _startMs + FirstNewsMs < next ? _startMs + FirstNewsMs : next;
            }
        }

        public string DeadlineReason { get { return _asking ? "STUN answers awaited" : "next network check"; } }

        private int Begin(bool full, long nowMs)
        {
            _asking = true;
            _full = full || !_told;
            if (_full) _fullMs = nowMs;
            _startMs = nowMs;
            _finishMs = nowMs + StunWaitMs;
            _answeredRegions = 0;
            _slowestMs = 0;
            _https = HttpsIdle;
            ChooseWanted();
            Homes.Begin(nowMs);
            if (_options.NoUdp)
            {
                _probes.End();
                if (_options.MeasureByHttps) _https = HttpsDue;
            }
            else
            {
                _probes.Begin(_wanted, _full, nowMs);
            }
            return AfterAnswer(nowMs) | Output.Transmit;
        }

        /// <summary>"Incremental: 3 fastest regions + home" (7.3).</summary>
        private void ChooseWanted()
        {
            for (int i = 0; i < _wanted.Length; i++) _wanted[i] = _full;
            if (_full) return;
            int home = Homes.IndexOf(Homes.Home);
            if (home >= 0) _wanted[home] = true;
            for (int kept = 0; kept < FastestKept; kept++)
            {
                int best = -1;
                for (int i = 0; i < _wanted.Length; i++)
                {
                    if (_wanted[i] || Homes.LatencyMs(i) == HomeChoice.NotMeasured) continue;
                    if (best < 0 || Homes.LatencyMs(i) < Homes.LatencyMs(best)) best = i;
                }
                if (best >= 0) _wanted[best] = true;
            }
            if (WorkingUdp == True) return;
            for (int i = 0; i < _wanted.Length; i++) _wanted[i] = true;         // nothing answered last time: ask all again
        }

        /// <summary>"Stop early once 3 regions answered: after max latency (x2 for full) more" (7.3).</summary>
        private int AfterAnswer(long nowMs)
        {
            if (!_asking) return Output.None;
            if (_probes.IsDone && !WaitsForHttps) return Finish(nowMs);
            int wanted = 0;
            for (int i = 0; i < _wanted.Length; i++)
            {
                if (_wanted[i]) wanted++;
            }
            if (_answeredRegions >= (wanted < EnoughRegions ? wanted : EnoughRegions))
            {
                int more = _full ? 2 * _slowestMs : _slowestMs;
                long finish = nowMs + (more < GraceMs ? GraceMs : more);
                if (finish < _finishMs) _finishMs = finish;
            }
            return Output.Transmit | Output.Deadline;
        }

        /// <summary>Every row has given up, or there was none to ask: the relays may still answer by HTTPS.</summary>
        private bool WaitsForHttps { get { return NeedsHttps || (_answeredRegions == 0 && (_https == HttpsDue || _https == HttpsRuns)); } }

        private int Finish(long nowMs)
        {
            _asking = false;
            _probes.End();
            Homes.Choose(nowMs);
            Judge();
            Tell(nowMs);
            ReportMs = nowMs;
            Schedule(nowMs);
            return Output.Event | Output.Deadline;
        }

        private void Tell(long nowMs)
        {
            ListOwn(nowMs);
            _told = true;
            _news = true;
            if (ReportMs == 0) ReportMs = nowMs;
        }

        private void Schedule(long nowMs)
        {
            long full = _fullMs + FullEveryMs;
            _entropy.Fill(_random, 0, 2);
            int wait = RestunMinMs + (_random[0] << 8 | _random[1]) % (RestunMaxMs - RestunMinMs + 1);
            _nextMs = (_active || _options.AlwaysStun || WorkingUdp == False) && nowMs + wait < full ? nowMs + wait : full;
        }

        /// <summary>"MappingVariesByDestIP = true if two v4 answers differ, false if a second equals, unset with one" (7.3).</summary>
        private void Judge()
        {
            int first = -1;
            bool any = false, v6 = false;
            int varies = Unknown;
            for (int row = 0; row < _probes.Count; row++)
            {
                if (!_probes.IsAnswered(row)) continue;
                any = true;
                if (!_probes.IsV4(row)) { v6 = true; continue; }
                if (first < 0) { first = row; continue; }
                if (_probes.SameServer(first, row)) continue;
                bool same = NetEndpoint.Equal(_probes.Mapped, _probes.At(first), _probes.Mapped, _probes.At(row));
                if (!same) varies = True;
                else if (varies == Unknown) varies = False;
            }
            WorkingUdp = any ? True : False;
            WorkingIPv6 = v6 ? True : False;
            MappingVaries = varies;
        }

        /// <summary>The order of protocol.md 6.8. With --force-relay there is nothing to tell.</summary>
        private void ListOwn(long nowMs)
        {
            Own.Clear();
            if (_options.ForceRelay || _options.NoUdp) return;
            if (Own.Mapped != null) Own.Add(Own.Mapped, 0, OwnEndpointList.PortMapped);
            int firstV4 = -1, lastV6 = -1;
            for (int row = 0; row < _probes.Count; row++)
            {
                if (!_probes.IsAnswered(row)) continue;
                if (!_probes.IsV4(row)) lastV6 = row;
                else if (firstV4 < 0) firstV4 = row;
            }
            if (firstV4 >= 0) Own.Add(_probes.Mapped, _probes.At(firstV4), OwnEndpointList.Stun);
            if (lastV6 >= 0) Own.Add(_probes.Mapped, _probes.At(lastV6), OwnEndpointList.Stun);
            if (firstV4 >= 0 && MappingVaries == True && _options.FixedPort)
                Own.AddWithPort(_probes.Mapped, _probes.At(firstV4), _port, OwnEndpointList.Stun4LocalPort);
            Own.AddSeen(nowMs);
            for (int at = 0; at + NetEndpoint.AddressLength <= _local.Length; at += NetEndpoint.AddressLength)
                Own.AddWithPort(_local, at, _port, OwnEndpointList.Local);
        }
    }
}
