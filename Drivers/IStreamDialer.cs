using MicroLink.Runtime;

namespace MicroLink.Drivers
{
    /// <summary>Opens connections, TLS included, on threads of its own (a TLS handshake must never stop the actors: design section 7).</summary>
    public interface IStreamDialer
    {
        /// <summary>
        /// Starts to connect. The owner receives exactly one <see cref="StreamOpened"/> or <see cref="StreamFailed"/> with the returned
        /// dial number, or neither after <see cref="Cancel"/>.
        /// </summary>
        int Dial(StreamTarget target, ActorRef owner);

        /// <summary>Gives up a dial that has not answered yet. Unknown numbers are ignored.</summary>
        void Cancel(int dial);
    }

    /// <summary>What to connect to and what to verify.</summary>
    public sealed class StreamTarget
    {
        /// <summary>Name or address to connect to.</summary>
        public string Host;
        /// <summary>When not null, connect to this address (text form) instead of resolving <see cref="Host"/>.</summary>
        public string Address;
        public int Port;
        public bool Tls;
        /// <summary>SNI, and the name the certificate must carry unless <see cref="CertName"/> is set.</summary>
        public string ServerName;
        /// <summary>DERPNode.CertName: a DNS name, or "sha256-raw:HEX" (protocol.md 5.1); null = verify against <see cref="ServerName"/>.</summary>
        public string CertName;
        /// <summary>Skip verification. Only ever set together with the user's --allow-insecure-relay.</summary>
        public bool Insecure;
        /// <summary>Accept certificates outside their validity dates, nothing else (design section 8: no trusted clock yet).</summary>
        public bool TolerateDates;
        /// <summary>The time certificates are held against, Unix ms; 0 = the host's clock.</summary>
        public long UnixMs;
        public int TimeoutMs = 10000;
    }
}
