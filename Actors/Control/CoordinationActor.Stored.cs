using System;
using MicroLink.NetMap;
using MicroLink.Store;

namespace MicroLink.Control
{
    /// <summary>What an earlier start has kept, asked for row by row.</summary>
    public sealed partial class CoordinationActor
    {
        private StoredRow _stored;
        private DerpRegion[] _storedRegions = new DerpRegion[0];

        // What an earlier start has kept is told until control speaks for itself: regions, this node, peers, by rising id.
        private bool TellStored()
        {
            StoredRow stored = _stored;
            _stored = null;
            if (stored == null) return false;
            _routes.Restored = stored.End || _client.HasMap;
            if (_routes.Restored && _client.HasMap) return false;
            if (stored.Region != null) KeepStored(stored.Region);
            else if (_storedRegions.Length > 0)
            {
                // The first row behind the regions: now they are complete. The row itself is asked for again.
                _client.HandleStoredRelays(new DerpMap { Regions = _storedRegions });
                _storedRegions = new DerpRegion[0];
                AskStored(stored.End ? StoredIds.Self - 1 : stored.Id - 1);
                return true;
            }
            else if (stored.Row != null && stored.Id == StoredIds.Self) _client.HandleStoredSelf(stored.Row);
            else if (stored.Row != null) _client.HandleStoredPeer(stored.Row, NowMs);
            if (!stored.End) AskStored(stored.Id);
            return true;
        }

        private void KeepStored(DerpRegion region)
        {
            DerpRegion[] more = new DerpRegion[_storedRegions.Length + 1];
            Array.Copy(_storedRegions, more, _storedRegions.Length);
            more[_storedRegions.Length] = region;
            _storedRegions = more;
        }

        private void AskStored(long afterId)
        {
            if (_routes.Store == null || !Send(_routes.Store, new StoredRowQuery(afterId))) _routes.Restored = true;
        }
    }
}
