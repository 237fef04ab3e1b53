namespace MicroLink.Control
{
    /// <summary>Constants of the control protocol.</summary>
    public static class ControlProtocol
    {
        // From the specification.

        /// <summary>
        /// The one capability version, used for the Noise handshake, GET /key, RegisterRequest and MapRequest (protocol.md 4.12).
        /// Chosen 2026-11: headscale (July 2026) refuses anything below 113; from 121 on peers would offer peer relays, which we do not
        /// have. Both forms of every field that changed between 68 and 131 are understood, so the value may rise to 120 without a change.
        /// </summary>
        public const int CapabilityVersion = 113;

        public const string UpgradeProtocol = "tailscale-control-protocol";
        public const string UpgradePath = "/ts2021";
        public const string RegisterPath = "/machine/register";
        public const string MapPath = "/machine/map";
        /// <summary>Without any complete map message for this long the poll is dead (protocol.md 4.5).</summary>
        public const int MapWatchdogMs = 120000;
        /// <summary>Expiry of a logout (protocol.md 3.5): Unix second 123.</summary>
        public const string LogoutExpiry = "1970-01-01T00:02:03Z";
        /// <summary>GET /key answers are at most 64 KiB (protocol.md 1.1).</summary>
        public const int MaxKeyAnswer = 64 * 1024;
        /// <summary>RegisterResponse: the Go client's limit.</summary>
        public const int MaxRegisterAnswer = 1024 * 1024;

        // Our choice.

        /// <summary>Hostinfo.IPNVersion; headscale derives nothing from it, people read it.</summary>
        public const string Version = "1.80.0-microlink0.1.0";
        /// <summary>From the dial to the end of the Noise handshake; the dialer itself gives up after 10 s.</summary>
        public const int ConnectTimeoutMs = 15000;
        public const int KeyTimeoutMs = 10000;
        public const int RegisterTimeoutMs = 30000;
        public const int LogoutTimeoutMs = 10000;
        /// <summary>A login that is waited for is asked about anew after this long.</summary>
        public const int FollowUpMs = 600000;
        /// <summary>A map stream that ends sooner than this was not worth much: the next attempt waits a second at least.</summary>
        public const int ShortPollMs = 10000;
        /// <summary>Largest request body: Hostinfo, 32 endpoints, an auth key.</summary>
        public const int MaxRequestBody = 4096;
    }
}
