using System;
using System.Linq;
using System.Text;
using Xunit;
using Cipher = MicroLink.Native.Cipher;

namespace MicroLink.Tests.Unit.Ciphers;

/// <summary>protocol.md 13.2: values computed independently of this code.</summary>
public class GoldenCipherTests
{
    private const string NodePrivate = "5055555555555555555555555555555555555555555555555555555555555555";
    private const string ServerPublic = "219e4d800da968d2a5fcb009c784f4746c7138edb9ee4844b739e830b05cf424";

    [Fact]
    public void Hashes()
    {
        Assert.Equal("bbea022b948cf3bc5857d70804229179e1116bc40cb8cc074835349c464bca36", Hash(Ascii("Noise_IK_25519_ChaChaPoly_BLAKE2s")));
        byte[] c0 = Convert.FromHexString(Hash(Ascii("Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s")));
        Assert.Equal("60e26daef327efc02ec335e2a025d2d016eb4206f87277f52d38d1988b78cd36", Hex(c0));
        Assert.Equal("2211b361081ac566691243db458ad5322d9c6c662293e8b70ee19c65ba079ef3",
            Hash(c0.Concat(Ascii("WireGuard v1 zx2c4 Jason@zx2c4.com")).ToArray()));
        byte[] output = new byte[32];
        Assert.Equal(32, Cipher.Hmac(null, 0, 0, null, 0, 0, output, 0));
        Assert.Equal("eaf4bb25938f4d20e72656bbbc7a9bf63c0c18537333c35bdb67db1402661acd", Hex(output));
    }

    [Theory]
    [InlineData("1011111111111111111111111111111111111111111111111111111111111151", "7b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f13")]
    [InlineData("2022222222222222222222222222222222222222222222222222222222222262", "0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20")]
    [InlineData(NodePrivate, "38ab664bd86f77d7e66bdd9ae0792913a94fd8b33a1260027e4b46c1f4884c67")]
    [InlineData("7077777777777777777777777777777777777777777777777777777777777777", "1cf579aba45a10ba1d1ef06d91fca2aa9ed0a1150515653155405d0b18cb9a67")]
    [InlineData("9899999999999999999999999999999999999999999999999999999999999959", "ba193836cff1f4e866c139715d306408d26a76f76d638a39afc1001084d25411")]
    public void Public_keys(string privateKey, string publicKey)
    {
        byte[] output = new byte[34];
        Assert.Equal(0, Cipher.X25519Base(Convert.FromHexString(privateKey), 0, output, 1));
        Assert.Equal(publicKey, Hex(output[1..33]));
    }

    [Fact]
    public void Derp_box()
    {
        byte[] shared = new byte[32], nonce = Enumerable.Range(0, 24).Select(i => (byte)i).ToArray();
        Assert.Equal(0, Cipher.BoxBeforeNm(Convert.FromHexString(ServerPublic), 0, Convert.FromHexString(NodePrivate), 0, shared, 0));
        Assert.Equal("b6ef1ad8e5f6be50ef861f19399ec05ec370ff39763d6ef2847a52495aad9bb4", Hex(shared));
        byte[] hello = Ascii("{\"version\":2,\"CanAckPings\":true}");
        byte[] box = new byte[5 + 16 + hello.Length];
        hello.CopyTo(box, 5 + 16);
        Assert.Equal(16 + hello.Length, Cipher.BoxSeal(shared, 0, nonce, 0, box, 5, hello.Length));
        Assert.Equal("c16a9d3b92244d0bb44ee3e79c99a9bb0b340c767f153a98fd98fc3beeaba0992a12bd4bb57c57c30d86fd56874f7f09", Hex(box[5..]));
        Assert.Equal(hello.Length, Cipher.BoxOpen(shared, 0, nonce, 0, box, 5, box.Length - 5));
        Assert.Equal(hello, box[21..]);
        box[5] ^= 1;
        Assert.Equal(-1, Cipher.BoxOpen(shared, 0, nonce, 0, box, 5, box.Length - 5));
        Assert.Equal(-1, Cipher.BoxOpen(shared, 0, nonce, 0, box, 5, 15));
    }

    [Fact]
    public void Box_key_in_two_halves_is_the_same()
    {
        byte[] dh = new byte[32], whole = new byte[32];
        Cipher.X25519(Convert.FromHexString(NodePrivate), 0, Convert.FromHexString(ServerPublic), 0, dh, 0);
        Cipher.BoxDeriveNm(dh, 0, dh, 0);
        Cipher.BoxBeforeNm(Convert.FromHexString(ServerPublic), 0, Convert.FromHexString(NodePrivate), 0, whole, 0);
        Assert.Equal(whole, dh);
    }

    [Fact]
    public void Low_order_points_are_reported()
    {
        byte[] scalar = Convert.FromHexString(NodePrivate), output = new byte[32];
        Assert.Equal(-1, Cipher.X25519(scalar, 0, new byte[32], 0, output, 0));
        Assert.Equal(-1, Cipher.BoxBeforeNm(new byte[32], 0, scalar, 0, output, 0));
    }

    [Fact]
    public void Stun_fingerprint()
    {
        byte[] request = Convert.FromHexString("000100142112a442000102030405060708090a0b802200087461696c6e6f6465802800048aabad90");
        Assert.Equal(0x8aabad90u, Cipher.Crc32(request, 0, 32) ^ 0x5354554e);
    }

    /// <summary>WireGuard's empty keepalive, counter 0 (little endian) and the control record's nonce (big endian) are different boxes.</summary>
    [Fact]
    public void WireGuard_keepalive()
    {
        byte[] key = Convert.FromHexString("b904133b1a2a6b06b6a0b3fec35a5212107665075528c7173e6a4933cb7ec424");
        byte[] text = new byte[16];
        Assert.Equal(16, Cipher.ChaChaPolySeal(key, 0, new byte[12], 0, null, 0, 0, text, 0, 0));
        Assert.Equal("e75bf64f617b8f9ae516ee60c5efc33f", Hex(text));
        Assert.Equal(0, Cipher.ChaChaPolyOpen(key, 0, new byte[12], 0, null, 0, 0, text, 0, 16));
    }

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes).ToLowerInvariant();

    private static string Hash(byte[] input)
    {
        byte[] output = new byte[32];
        Cipher.Blake2s(input, 0, input.Length, output, 0, 32);
        return Hex(output);
    }
}
