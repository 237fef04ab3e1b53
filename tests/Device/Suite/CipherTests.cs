using System;
using MicroLink.Bytes;
using MicroLink.Native;
using nanoFramework.TestFramework;

namespace MicroLink.Tests.Device
{
    /// <summary>Known answers through the interop layer: the C library's own tests hold all vectors, these prove that arguments arrive.</summary>
    [TestClass]
    public class CipherTests
    {
        [TestMethod]
        public static void The_native_library_fits()
        {
            Assert.AreEqual(null, NativeVersion.Check());
        }

        /// <summary>RFC 8439 section 2.8.2.</summary>
        [TestMethod]
        public static void ChaCha20_Poly1305_of_RFC_8439()
        {
            byte[] key = Hex.Parse("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
            byte[] nonce = Hex.Parse("070000004041424344454647");
            byte[] ad = Hex.Parse("50515253c0c1c2c3c4c5c6c7");
            byte[] text = AsciiText.ToBytes("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.");
            byte[] box = new byte[3 + text.Length + 16];
            Array.Copy(text, 0, box, 3, text.Length);
            Assert.AreEqual(text.Length + 16, Cipher.ChaChaPolySeal(key, 0, nonce, 0, ad, 0, ad.Length, box, 3, text.Length));
            Assert.AreEqual("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b6" +
                "7ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116" +
                "1ae10b594f09e26a7e902ecbd0600691", Hex.ToText(box, 3, box.Length - 3));
            box[3] ^= 1;
            Assert.AreEqual(-1, Cipher.ChaChaPolyOpen(key, 0, nonce, 0, ad, 0, ad.Length, box, 3, box.Length - 3));
            box[3] ^= 1;
            Assert.AreEqual(text.Length, Cipher.ChaChaPolyOpen(key, 0, nonce, 0, ad, 0, ad.Length, box, 3, box.Length - 3));
            Assert.AreEqual(Hex.ToText(text), Hex.ToText(box, 3, text.Length));
        }

        /// <summary>draft-irtf-cfrg-xchacha-03 appendix A.3.1: the last 16 bytes are the tag.</summary>
        [TestMethod]
        public static void XChaCha20_Poly1305_of_the_draft()
        {
            byte[] key = Hex.Parse("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
            byte[] nonce = Hex.Parse("404142434445464748494a4b4c4d4e4f5051525354555657");
            byte[] ad = Hex.Parse("50515253c0c1c2c3c4c5c6c7");
            byte[] text = AsciiText.ToBytes("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.");
            byte[] box = new byte[text.Length + 16];
            Array.Copy(text, 0, box, 0, text.Length);
            Assert.AreEqual(box.Length, Cipher.XChaChaPolySeal(key, 0, nonce, 0, ad, 0, ad.Length, box, 0, text.Length));
            Assert.AreEqual("c0875924c1c7987947deafd8780acf49", Hex.ToText(box, text.Length, 16));
            Assert.AreEqual(text.Length, Cipher.XChaChaPolyOpen(key, 0, nonce, 0, ad, 0, ad.Length, box, 0, box.Length));
            Assert.AreEqual(Hex.ToText(text), Hex.ToText(box, 0, text.Length));
        }

        /// <summary>RFC 7748 section 5.2; a point of low order is refused ("": the metadata processor cannot convert a null in a row).</summary>
        [DataRow("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")]
        [DataRow("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d", "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")]
        [DataRow("77076d0a7318a57d3c16c17251b26645c6b3ef5c4a2f5f6a3d1c5c1f6a9d6a2a", "0000000000000000000000000000000000000000000000000000000000000000", "")]
        public static void X25519_of_RFC_7748(string scalar, string point, string shared)
        {
            byte[] output = new byte[33];
            int result = Cipher.X25519(Hex.Parse(scalar), 0, Hex.Parse(point), 0, output, 1);
            Assert.AreEqual(shared.Length == 0 ? -1 : 0, result);
            if (shared.Length != 0) Assert.AreEqual(shared, Hex.ToText(output, 1, 32));
        }

        /// <summary>RFC 7693 appendix B; protocol.md 13.2 for the others.</summary>
        [TestMethod]
        public static void Hashes()
        {
            byte[] abc = AsciiText.ToBytes("abc"), output = new byte[32];
            Cipher.Blake2s(abc, 0, 3, output, 0, 32);
            Assert.AreEqual("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982", Hex.ToText(output));
            Cipher.Hmac(null, 0, 0, null, 0, 0, output, 0);
            Assert.AreEqual("eaf4bb25938f4d20e72656bbbc7a9bf63c0c18537333c35bdb67db1402661acd", Hex.ToText(output));
            byte[] request = Hex.Parse("000100142112a442000102030405060708090a0b802200087461696c6e6f6465802800048aabad90");
            Assert.AreEqual(0x8aabad90u, Cipher.Crc32(request, 0, 32) ^ 0x5354554eu);
        }

        /// <summary>protocol.md 13.2: the box in which a relay client says who it is.</summary>
        [TestMethod]
        public static void The_box_of_a_relay_client()
        {
            byte[] shared = new byte[32], nonce = Hex.Parse("000102030405060708090a0b0c0d0e0f1011121314151617");
            byte[] server = Hex.Parse("219e4d800da968d2a5fcb009c784f4746c7138edb9ee4844b739e830b05cf424");
            byte[] node = Hex.Parse("5055555555555555555555555555555555555555555555555555555555555555");
            Assert.AreEqual(0, Cipher.BoxBeforeNm(server, 0, node, 0, shared, 0));
            Assert.AreEqual("b6ef1ad8e5f6be50ef861f19399ec05ec370ff39763d6ef2847a52495aad9bb4", Hex.ToText(shared));
            byte[] hello = AsciiText.ToBytes("{\"version\":2,\"CanAckPings\":true}");
            byte[] box = new byte[16 + hello.Length];
            Array.Copy(hello, 0, box, 16, hello.Length);
            Assert.AreEqual(box.Length, Cipher.BoxSeal(shared, 0, nonce, 0, box, 0, hello.Length));
            Assert.AreEqual("c16a9d3b92244d0bb44ee3e79c99a9bb0b340c767f153a98fd98fc3beeaba0992a12bd4bb57c57c30d86fd56874f7f09", Hex.ToText(box));
        }

        [TestMethod]
        public static void A_range_outside_its_array_throws_before_native_code_runs()
        {
            byte[] short31 = new byte[31], output = new byte[32];
            Assert.ThrowsException(typeof(ArgumentException), () => Cipher.X25519Base(short31, 0, output, 0));
            Assert.ThrowsException(typeof(ArgumentException), () => Cipher.Blake2s(output, 16, 17, output, 0, 32));
            Assert.ThrowsException(typeof(ArgumentException), () => Cipher.Crc32(output, -1, 2));
        }
    }
}
