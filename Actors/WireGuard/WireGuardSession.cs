using MicroLink.Native;

namespace MicroLink.WireGuard
{
    /// <summary>The result of a finished handshake, filled by PollEvent. Install it, then Wipe.</summary>
    public sealed class WireGuardSession
    {
        public readonly byte[] SendKey = new byte[WireGuardWire.KeyLength];
        public readonly byte[] ReceiveKey = new byte[WireGuardWire.KeyLength];
        public WireGuardPeer Peer;
        public int LocalIndex, RemoteIndex;
        /// <summary>We sent the initiation: the session may be used at once. The responder's waits for a first packet (protocol.md 8.5).</summary>
        public bool Initiator;

        public void Wipe()
        {
            Cipher.Wipe(SendKey, 0, SendKey.Length);
            Cipher.Wipe(ReceiveKey, 0, ReceiveKey.Length);
            Peer = null;
        }
    }
}
