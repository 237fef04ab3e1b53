using MicroLink.Control;
using MicroLink.Disco;
using MicroLink.Drivers;
using MicroLink.Native;
using MicroLink.Store;

namespace MicroLink.Node
{
    /// <summary>The keys of one start: machine and node key from the store (made when missing), a disco key that is new each time (protocol.md 1).</summary>
    internal sealed class NodeKeys
    {
        public readonly NodeIdentity Identity = new NodeIdentity();
        public readonly byte[] DiscoPrivate = new byte[StateKeys.KeyLength];

        public static NodeKeys Load(IKeyValueStore settings, IEntropy entropy)
        {
            NodeKeys keys = new NodeKeys();
            NodeIdentity identity = keys.Identity;
            identity.MachinePrivate = Copy(StoreActor.LoadOrCreateKey(settings, entropy, StateKeys.MachinePrivate));
            identity.MachinePublic = PublicOf(identity.MachinePrivate);
            identity.NodePrivate = Copy(StoreActor.LoadOrCreateKey(settings, entropy, StateKeys.NodePrivate));
            identity.NodePublic = PublicOf(identity.NodePrivate);
            byte[] old = settings.Get(StateKeys.NodePrivateOld);
            if (old != null && old.Length == StateKeys.KeyLength) identity.OldNodePublic = PublicOf(old);
            byte[] disco = DiscoKeyRing.NewPair(entropy);
            System.Array.Copy(disco, 0, keys.DiscoPrivate, 0, StateKeys.KeyLength);
            identity.DiscoPublic = new byte[StateKeys.KeyLength];
            System.Array.Copy(disco, StateKeys.KeyLength, identity.DiscoPublic, 0, StateKeys.KeyLength);
            Cipher.Wipe(disco, 0, disco.Length);
            return keys;
        }

        /// <summary>Wipes this object's copies of the private keys.</summary>
        public void Wipe()
        {
            Cipher.Wipe(Identity.MachinePrivate, 0, StateKeys.KeyLength);
            Cipher.Wipe(Identity.NodePrivate, 0, StateKeys.KeyLength);
            Cipher.Wipe(DiscoPrivate, 0, StateKeys.KeyLength);
        }

        /// <summary>The store hands out its own arrays; ours are wiped at the end.</summary>
        private static byte[] Copy(byte[] key)
        {
            byte[] copy = new byte[StateKeys.KeyLength];
            System.Array.Copy(key, 0, copy, 0, copy.Length);
            return copy;
        }

        private static byte[] PublicOf(byte[] privateKey)
        {
            byte[] publicKey = new byte[StateKeys.KeyLength];
            Cipher.X25519Base(privateKey, 0, publicKey, 0);
            return publicKey;
        }
    }
}
