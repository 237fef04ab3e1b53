using System.Net;
using System.Net.Sockets;

namespace MicroLink.Lab.Core
{
    /// <summary>
    /// A node stands in one peer's map with another address of that family, and finds in the peer's row by which it is known there
    /// (SelfNodeV4MasqAddrForThisPeer, SelfNodeV6MasqAddrForThisPeer). As testcontrol's MasqueradePair, with names for keys.
    /// </summary>
    public sealed class LabMasquerade
    {
        public readonly string Node, Peer, Address;

        public LabMasquerade(string node, string peer, string address)
        {
            Node = node;
            Peer = peer;
            Address = address;
            IsV4 = IPAddress.Parse(address).AddressFamily == AddressFamily.InterNetwork;
        }

        public bool IsV4 { get; }

        /// <summary>"NODE=ADDRESS@PEER"; null when it is not that.</summary>
        public static LabMasquerade Parse(string text)
        {
            int equals = text.IndexOf('='), at = text.LastIndexOf('@');
            if (equals < 1 || at < equals || at == text.Length - 1) return null;
            string address = text[(equals + 1)..at];
            return IPAddress.TryParse(address, out IPAddress parsed) ? new LabMasquerade(text[..equals], text[(at + 1)..], parsed.ToString()) : null;
        }
    }
}
