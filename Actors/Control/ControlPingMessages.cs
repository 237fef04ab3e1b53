using MicroLink.Runtime;

namespace MicroLink.Control
{
    /// <summary>From coordination to the ping actor: a PingRequest that is not just a HEAD over Noise (protocol.md 4.9).</summary>
    public sealed class ControlPing : Message
    {
        public readonly string Url;
        /// <summary>The answer goes over Noise, else by plain HTTP or HTTPS.</summary>
        public readonly bool OverNoise;
        /// <summary>"" = HEAD the URL, "c2n", or a comma list of disco, TSMP, ICMP, peerapi.</summary>
        public readonly string Types;
        /// <summary>Whom to ping, as text.</summary>
        public readonly string Address;
        /// <summary>The raw request of c2n, or null.</summary>
        public readonly byte[] Payload;

        public ControlPing(string url, bool overNoise, string types, string address, byte[] payload)
        {
            Url = url; OverNoise = overNoise; Types = types; Address = address; Payload = payload;
        }
    }

    /// <summary>To coordination: post these bytes to a path over Noise. Lost without a word when there is no connection: so is the
    /// request.</summary>
    public sealed class PostToControl : Message
    {
        public readonly string Path;
        public readonly byte[] Body;
        public PostToControl(string path, byte[] body) { Path = path; Body = body; }
    }
}
