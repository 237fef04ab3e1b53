using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Xunit;
using Cipher = MicroLink.Native.Cipher;

namespace MicroLink.Tests.Unit.Ciphers;

/// <summary>The files that native/tests/test_vectors.c reads too, here through the managed face.</summary>
public class WycheproofTests
{
    [Theory]
    [InlineData("chacha20_poly1305_test.json", Cipher.NonceLength, 325)]
    [InlineData("xchacha20_poly1305_test.json", Cipher.LongNonceLength, 315)]
    public void Aead(string file, int nonceLength, int expectedTests)
    {
        int tests = 0;
        foreach (JsonElement test in Tests(file))
        {
            tests++;
            byte[] nonce = Hex(test, "iv"), key = Hex(test, "key"), ad = Hex(test, "aad"), message = Hex(test, "msg");
            byte[] sealedText = Hex(test, "ct").Concat(Hex(test, "tag")).ToArray();
            bool valid = test.GetProperty("result").GetString() != "invalid";
            string id = file + " " + test.GetProperty("tcId");
            if (nonce.Length != nonceLength)
            {
                Assert.False(valid, id);
                continue;
            }
            // Surrounded by guard bytes, at an odd offset.
            byte[] text = new byte[sealedText.Length + 10];
            Array.Fill(text, (byte)0xa5);
            sealedText.CopyTo(text, 3);
            byte[] before = (byte[])text.Clone();
            int opened = nonceLength == Cipher.NonceLength
                ? Cipher.ChaChaPolyOpen(key, 0, nonce, 0, ad, 0, ad.Length, text, 3, sealedText.Length)
                : Cipher.XChaChaPolyOpen(key, 0, nonce, 0, ad, 0, ad.Length, text, 3, sealedText.Length);
            Assert.True(opened == (valid ? message.Length : -1), id);
            if (!valid)
            {
                Assert.True(text.SequenceEqual(before), id + " left the text changed");
                continue;
            }
            Assert.True(text.AsSpan(3, opened).SequenceEqual(message), id);
            int made = nonceLength == Cipher.NonceLength
                ? Cipher.ChaChaPolySeal(key, 0, nonce, 0, ad, 0, ad.Length, text, 3, message.Length)
                : Cipher.XChaChaPolySeal(key, 0, nonce, 0, ad, 0, ad.Length, text, 3, message.Length);
            Assert.Equal(sealedText.Length, made);
            Assert.True(text.SequenceEqual(before), id);
        }
        Assert.Equal(expectedTests, tests);
    }

    [Fact]
    public void X25519()
    {
        int tests = 0;
        byte[] output = new byte[32];
        foreach (JsonElement test in Tests("x25519_test.json"))
        {
            tests++;
            byte[] expected = Hex(test, "shared");
            int result = Cipher.X25519(Hex(test, "private"), 0, Hex(test, "public"), 0, output, 0);
            Assert.True(output.SequenceEqual(expected), "tcId " + test.GetProperty("tcId"));
            Assert.Equal(expected.All(b => b == 0) ? -1 : 0, result);
        }
        Assert.Equal(518, tests);
    }

    [Fact]
    public void Blake2s_known_answers()
    {
        int tests = 0;
        using JsonDocument document = JsonDocument.Parse(Vectors.Bytes("blake2/blake2s-kat.json"));
        foreach (JsonElement test in document.RootElement.EnumerateArray())
        {
            tests++;
            byte[] input = Hex(test, "in"), key = Hex(test, "key"), expected = Hex(test, "out");
            byte[] output = new byte[expected.Length];
            Cipher.Blake2sKeyed(key, 0, key.Length, input, 0, input.Length, output, 0, output.Length);
            Assert.Equal(expected, output);
        }
        Assert.Equal(512, tests);
    }

    private static IEnumerable<JsonElement> Tests(string file)
    {
        JsonDocument document = JsonDocument.Parse(Vectors.Bytes("wycheproof/" + file));
        return document.RootElement.GetProperty("testGroups").EnumerateArray().SelectMany(g => g.GetProperty("tests").EnumerateArray());
    }

    private static byte[] Hex(JsonElement test, string name) => Convert.FromHexString(test.GetProperty(name).GetString());
}
