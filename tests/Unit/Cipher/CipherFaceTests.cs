using System;
using System.Linq;
using MicroLink.Native;
using Xunit;
using Cipher = MicroLink.Native.Cipher;

namespace MicroLink.Tests.Unit.Ciphers;

/// <summary>What the managed wrapper promises: ranges are checked before native code sees them, offsets are honoured, nothing allocates.</summary>
public class CipherFaceTests
{
    private static readonly byte[] Key = Enumerable.Range(1, 40).Select(i => (byte)i).ToArray();

    [Fact]
    public void Ranges_outside_an_array_are_bugs()
    {
        byte[] text = new byte[64], nonce = new byte[24], small = new byte[31];
        Assert.Throws<ArgumentException>(() => Cipher.ChaChaPolySeal(small, 0, nonce, 0, null, 0, 0, text, 0, 10));
        Assert.Throws<ArgumentException>(() => Cipher.ChaChaPolySeal(Key, 9, nonce, 0, null, 0, 0, text, 0, 10));
        Assert.Throws<ArgumentException>(() => Cipher.ChaChaPolySeal(Key, -1, nonce, 0, null, 0, 0, text, 0, 10));
        Assert.Throws<ArgumentException>(() => Cipher.ChaChaPolySeal(Key, 0, nonce, 13, null, 0, 0, text, 0, 10));
        Assert.Throws<ArgumentException>(() => Cipher.ChaChaPolySeal(Key, 0, nonce, 0, null, 0, 1, text, 0, 10));
        Assert.Throws<ArgumentException>(() => Cipher.ChaChaPolySeal(Key, 0, nonce, 0, nonce, 20, 5, text, 0, 10));
        Assert.Throws<ArgumentException>(() => Cipher.ChaChaPolySeal(Key, 0, nonce, 0, null, 0, 0, text, 0, 49));
        Assert.Throws<ArgumentException>(() => Cipher.ChaChaPolySeal(Key, 0, nonce, 0, null, 0, 0, text, 60, -1));
        Assert.Throws<ArgumentException>(() => Cipher.ChaChaPolySeal(Key, 0, nonce, 0, null, 0, 0, text, 0, int.MaxValue));
        Assert.Throws<ArgumentException>(() => Cipher.ChaChaPolyOpen(Key, 0, nonce, 0, null, 0, 0, text, 1, 64));
        Assert.Throws<ArgumentException>(() => Cipher.ChaChaPolyOpen(Key, 0, nonce, 0, null, 0, 0, null, 0, 0));
        Assert.Throws<ArgumentException>(() => Cipher.XChaChaPolyOpen(Key, 0, nonce, 1, null, 0, 0, text, 0, 64));
        Assert.Throws<ArgumentException>(() => Cipher.Blake2s(text, 0, 64, text, 0, 33));
        Assert.Throws<ArgumentException>(() => Cipher.Blake2s(text, 0, 64, text, 0, 0));
        Assert.Throws<ArgumentException>(() => Cipher.Blake2sKeyed(Key, 0, 33, text, 0, 64, text, 0, 16));
        Assert.Throws<ArgumentException>(() => Cipher.Kdf(4, Key, 0, text, 0, 64, new byte[200], 0));
        Assert.Throws<ArgumentException>(() => Cipher.Kdf(2, Key, 0, text, 0, 64, text, 1));
        Assert.Throws<ArgumentException>(() => Cipher.X25519(Key, 0, small, 0, text, 0));
        Assert.Throws<ArgumentException>(() => Cipher.BoxSeal(Key, 0, nonce, 0, text, 0, 49));
        Assert.Throws<ArgumentException>(() => Cipher.Equal(text, 0, small, 0, 32));
        Assert.Throws<ArgumentException>(() => Cipher.Wipe(text, 60, 5));
        Assert.Throws<ArgumentException>(() => Cipher.Crc32(text, 65, 0));
    }

    [Fact]
    public void Short_boxes_are_refused_not_bugs()
    {
        byte[] text = new byte[15];
        Assert.Equal(-1, Cipher.ChaChaPolyOpen(Key, 0, new byte[12], 0, null, 0, 0, text, 0, 15));
        Assert.Equal(-1, Cipher.ChaChaPolyOpen(Key, 0, new byte[12], 0, null, 0, 0, text, 15, 0));
        Assert.Equal(-1, Cipher.XChaChaPolyOpen(Key, 0, new byte[24], 0, null, 0, 0, text, 0, 15));
    }

    /// <summary>Against the platform's own ChaCha20-Poly1305 (OpenSSL), where there is one.</summary>
    [Fact]
    public void Agrees_with_the_platform()
    {
        if (!System.Security.Cryptography.ChaCha20Poly1305.IsSupported) return;
        const int seed = 8439;
        Random random = new(seed);
        byte[] key = new byte[32], nonce = new byte[12];
        for (int count = 0; count < 700; count += 1 + random.Next(9))
        {
            random.NextBytes(key);
            random.NextBytes(nonce);
            byte[] ad = new byte[random.Next(70)], plain = new byte[count], expected = new byte[count], tag = new byte[16];
            random.NextBytes(ad);
            random.NextBytes(plain);
            using System.Security.Cryptography.ChaCha20Poly1305 platform = new(key);
            platform.Encrypt(nonce, plain, expected, tag, ad);
            byte[] text = plain.Concat(new byte[16]).ToArray();
            Assert.Equal(count + 16, Cipher.ChaChaPolySeal(key, 0, nonce, 0, ad, 0, ad.Length, text, 0, count));
            Assert.True(text.SequenceEqual(expected.Concat(tag)), $"seed {seed}, count {count}");
        }
    }

    [Fact]
    public void Kdf_may_overwrite_its_chain_key()
    {
        byte[] chain = (byte[])Key.Clone(), all = new byte[96], input = { 1, 2, 3 };
        Assert.Equal(96, Cipher.Kdf(3, Key, 0, input, 0, 3, all, 0));
        Assert.Equal(32, Cipher.Kdf(1, chain, 0, input, 0, 3, chain, 0));
        Assert.Equal(all[..32], chain[..32]);
        Assert.Equal(Key[32..], chain[32..]);
        byte[] two = new byte[70];
        Assert.Equal(64, Cipher.Kdf(2, Key, 0, input, 0, 3, two, 6));
        Assert.Equal(all[..64], two[6..]);
    }

    [Fact]
    public void Equal_and_wipe()
    {
        byte[] a = { 9, 1, 2, 3 }, b = { 1, 2, 3, 9 };
        Assert.True(Cipher.Equal(a, 1, b, 0, 3));
        Assert.False(Cipher.Equal(a, 0, b, 0, 4));
        Assert.True(Cipher.Equal(a, 4, b, 4, 0));
        Cipher.Wipe(a, 1, 2);
        Assert.Equal(new byte[] { 9, 0, 0, 3 }, a);
        Assert.Equal(0xcbf43926u, Cipher.Crc32("x123456789"u8.ToArray(), 1, 9));
    }

    [Fact]
    public void Nothing_allocates()
    {
        byte[] text = new byte[1500], nonce = new byte[24], output = new byte[96];
        void Work()
        {
            Cipher.ChaChaPolySeal(Key, 0, nonce, 0, null, 0, 0, text, 0, 1420);
            Cipher.ChaChaPolyOpen(Key, 0, nonce, 0, null, 0, 0, text, 0, 1436);
            Cipher.Blake2s(text, 0, 100, output, 0, 32);
            Cipher.Kdf(3, Key, 0, text, 0, 32, output, 0);
            Cipher.X25519(Key, 0, Key, 8, output, 0);
            Cipher.BoxSeal(Key, 0, nonce, 0, text, 0, 100);
        }
        Work();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) Work();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
