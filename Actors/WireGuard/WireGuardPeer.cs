using System;
using MicroLink.Native;

namespace MicroLink.WireGuard
{
    /// <summary>
    /// What the handshake keeps between messages for one active peer, packed in one array (an object field costs 12 bytes on a device). Holds
    /// secrets: <see cref="Wipe"/> ends them.
    /// </summary>
    public sealed class WireGuardPeer
    {
        // Key of the peer, then what may be wiped.
        internal const int PublicKey = 0, StaticStatic = 32, PresharedKey = 64;
        internal const int ChainKey = 96, Hash = 128, EphemeralPrivate = 160;      // of our pending initiation
        internal const int LastMac1 = 192, Cookie = 208, GreatestStamp = 224, Length = 236;

        internal readonly byte[] State = new byte[Length];
        internal bool HasStaticStatic, HasLastMac1;
        internal long CookieBornMs = long.MinValue / 2, InitiationSeenMs = long.MinValue / 2;

        /// <summary>We have sent an initiation and its response has not come.</summary>
        public bool IsPending { get; internal set; }

        /// <summary>Receiver index of the pending initiation.</summary>
        public int PendingIndex { get; internal set; }

        public WireGuardPeer(byte[] publicKey, int offset)
        {
            Array.Copy(publicKey, offset, State, PublicKey, WireGuardWire.KeyLength);
        }

        /// <summary>A preshared key; Tailscale uses none (32 zero bytes).</summary>
        public void SetPresharedKey(byte[] key, int offset)
        {
            Array.Copy(key, offset, State, PresharedKey, WireGuardWire.KeyLength);
        }

        public bool HasKey(byte[] publicKey, int offset)
        {
            return Cipher.Equal(State, PublicKey, publicKey, offset, WireGuardWire.KeyLength);
        }

        /// <summary>What the initiation of this peer told while it had no slot goes over from the record that was made for it, which ends.</summary>
        internal void TakeOver(WireGuardPeer other)
        {
            Array.Copy(other.State, StaticStatic, State, StaticStatic, WireGuardWire.KeyLength);
            Array.Copy(other.State, GreatestStamp, State, GreatestStamp, WireGuardWire.StampLength);
            HasStaticStatic = true;
            InitiationSeenMs = other.InitiationSeenMs;
            other.Wipe();
        }

        /// <summary>Gives up the pending initiation: a response to it is refused from now on.</summary>
        public void DropPending()
        {
            IsPending = false;
            Cipher.Wipe(State, ChainKey, LastMac1 - ChainKey);
        }

        /// <summary>Our own static key changed: everything derived from it goes.</summary>
        public void ForgetOwnKey()
        {
            DropPending();
            HasStaticStatic = false;
            HasLastMac1 = false;
            Cipher.Wipe(State, StaticStatic, WireGuardWire.KeyLength);
            Cipher.Wipe(State, LastMac1, GreatestStamp - LastMac1);
            CookieBornMs = long.MinValue / 2;
        }

        public void Wipe()
        {
            ForgetOwnKey();
            Cipher.Wipe(State, PresharedKey, WireGuardWire.KeyLength);
        }
    }
}
