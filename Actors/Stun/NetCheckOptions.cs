using MicroLink.NetMap;

namespace MicroLink.Stun
{
    /// <summary>What the user decided about network checks.</summary>
    public sealed class NetCheckOptions
    {
        /// <summary>Only the home relay is chosen; no endpoint is reported to control or to peers.</summary>
        public bool ForceRelay;
        /// <summary>The user set the UDP port: when the mapping varies, "STUN address + that port" is worth a try (protocol.md 6.8, type 4).</summary>
        public bool FixedPort;
        /// <summary>The user's --allow-insecure-relay: without it a region that asks to skip certificate checks never becomes home.</summary>
        public bool AllowInsecure;

        /// <summary>Control's only-tcp-443: no STUN is sent, relays are measured by HTTPS, no endpoint is told.</summary>
        public bool NoUdp;
        /// <summary>Control's disable-captive-portal-detection and debug-always-stun.</summary>
        public bool NoPortalCheck, AlwaysStun;
        /// <summary>Measure relays by HTTPS where STUN gets no answer; needs somebody who does it (HttpProbeActor).</summary>
        public bool MeasureByHttps;

        /// <summary>The last relay map. It lives here and not in the actor, so that its restart does not forget it.</summary>
        public DerpMap Map;
    }
}
