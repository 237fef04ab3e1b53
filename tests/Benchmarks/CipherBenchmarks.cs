using MicroLink.Native;

namespace MicroLink.Benchmarks;

/// <summary>The C ciphers through the managed binding: what a machine pays.</summary>
public static class CipherBenchmarks
{
    public static void Run()
    {
        byte[] key = new byte[32];
        byte[] nonce = new byte[24];
        byte[] output = new byte[32];
        byte[] text = new byte[1600];
        key[0] = 1;
        foreach (int size in new[] { 64, 1420 })
        {
            Measure.Rate($"cipher: ChaCha20-Poly1305 seal, {size} B", 1,
                () => Cipher.ChaChaPolySeal(key, 0, nonce, 0, null, 0, 0, text, 0, size), size);
        }
        Measure.Rate("cipher: BLAKE2s, 1420 B", 1, () => Cipher.Blake2s(text, 0, 1420, output, 0, 32), 1420);
        Measure.Rate("cipher: X25519", 1, () => Cipher.X25519Base(key, 0, output, 0));
        Measure.Rate("cipher: NaCl box seal, 46 B, cached key", 1, () => Cipher.BoxSeal(key, 0, nonce, 0, text, 0, 46), 46);
    }
}
