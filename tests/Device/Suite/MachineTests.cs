using MicroLink.Bytes;
using MicroLink.Disco;
using MicroLink.Http2;
using MicroLink.Json;
using MicroLink.Noise;
using MicroLink.Stun;
using MicroLink.WireGuard;
using nanoFramework.TestFramework;

namespace MicroLink.Tests.Device
{
    /// <summary>Protocol machines with the golden values of protocol.md 13: whatever the runtime does differently changes these bytes.</summary>
    [TestClass]
    public class MachineTests
    {
        private const string TxId = "000102030405060708090a0b";

        [TestMethod]
        public static void A_stun_request_is_written()
        {
            byte[] buffer = new byte[41];
            Assert.AreEqual(40, StunWire.WriteRequest(buffer, 1, Hex.Parse(TxId), 0));
            Assert.AreEqual("000100142112a442000102030405060708090a0b802200087461696c6e6f6465802800048aabad90", Hex.ToText(buffer, 1, 40));
        }

        [DataRow("0101000c2112a4422360b11e3ec68ffa93e08007002000080001c7866957856f", "72.69.33.45:59028")]
        [DataRow("010100182112a44203030303030303030303030300200014000221ec2113a442030303030303030303030307", "[1::4]:254")]
        [DataRow("010100482112a44206f56685d28af3e69ce341e200010014000290ce260200d1b4cfc10038b231fffeef96f6802b001400020d962604a880000200d10000000000c57001002000140002b1dc0710a493b23aa785ea38c219620cd714",
            "[2602:d1:b4cf:c100:38b2:31ff:feef:96f6]:37070")]
        public static void Stun_answers_of_real_servers_are_read(string hex, string endpoint)
        {
            byte[] answer = Hex.Parse(hex), seen = new byte[StunWire.EndpointLength];
            Assert.AreEqual(StunWire.Ok, StunWire.ReadResponse(answer, 0, answer.Length, seen, 0));
            Assert.AreEqual(endpoint, NetEndpoint.Format(seen, 0));
        }

        [TestMethod]
        public static void A_disco_ping_is_sealed_and_opened()
        {
            byte[] packet = new byte[DiscoWire.MaxPacketLength], shared = Hex.Parse("3335c6aa1133817caf0aa809df0366fb88cd439506363fbb8d28115339e8a747");
            byte[] node = Hex.Parse("38ab664bd86f77d7e66bdd9ae0792913a94fd8b33a1260027e4b46c1f4884c67");
            byte[] sender = Hex.Parse("1cf579aba45a10ba1d1ef06d91fca2aa9ed0a1150515653155405d0b18cb9a67");
            int text = DiscoWire.WritePing(packet, Hex.Parse("0102030405060708090a0b0c"), 0, node);
            FixedEntropy nonce = new FixedEntropy("000102030405060708090a0b0c0d0e0f1011121314151617");
            int count = DiscoWire.Seal(packet, text, sender, shared, 0, nonce);
            Assert.AreEqual("5453f09f92ac1cf579aba45a10ba1d1ef06d91fca2aa9ed0a1150515653155405d0b18cb9a67000102030405060708090a0b0c0d0e0f1011121314151617" +
                "ebba26d9122e8f6575ae34f308bd5ebbd2e7c5e34765bbfcfc83830c58a0b698bd03d50a57c6dd4a5087ea12f7d096481b6aa662a3b14fd293b0f8078c14",
                Hex.ToText(packet, 0, count));
            Assert.AreEqual(text, DiscoWire.Open(packet, 0, count, shared, 0));
            DiscoMessage message = new DiscoMessage();
            Assert.IsTrue(message.Read(packet, DiscoWire.TextOffset, text));
            Assert.AreEqual(DiscoWire.Ping, message.Type);
        }

        [TestMethod]
        public static void Noise_IK_both_roles()
        {
            NoiseHandshake client = new NoiseHandshake(new FixedEntropy("3033333333333333333333333333333333333333333333333333333333333373"));
            NoiseHandshake server = new NoiseHandshake(new FixedEntropy("4044444444444444444444444444444444444444444444444444444444444444"));
            byte[] controlPublic = Hex.Parse("0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20");
            client.StartInitiator(145, Hex.Parse("1011111111111111111111111111111111111111111111111111111111111151"),
                Hex.Parse("7b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f13"), controlPublic, 0);
            server.StartResponder(Hex.Parse("2022222222222222222222222222222222222222222222222222222222222262"), controlPublic, 0);
            byte[] initiation = new byte[101], response = new byte[NoiseWire.ResponseLength];
            Jobs.Run(client);
            Assert.AreEqual(101, client.PollTransmit(initiation, 0));
            Assert.AreEqual("00910100607b0d47d93427f8311160781c7c733fd89f88970aef490d8aa0ee19a4cb8a1b1461d2949213e755bc180b5d5dbbd8c50a2a1beb69f8940d24" +
                "cab4606a34cd5d41eebe5d833461d4b6b4658416ef6fdc3a92f6a14fa59d716285af13dddfd36d8f", Hex.ToText(initiation));
            server.Handle(initiation, 0, initiation.Length, 0);
            Jobs.Run(server);
            Assert.AreEqual(response.Length, server.PollTransmit(response, 0));
            client.Handle(response, 0, response.Length, 0);
            Jobs.Run(client);
            Assert.IsTrue(client.Done && server.Done);
            Assert.AreEqual("eca6bee256efc1368a5af89be3a82cc3e7954223faf3d6b4e67ed66c671a814e", Hex.ToText(client.SendKey));
            Assert.AreEqual(Hex.ToText(client.ReceiveKey), Hex.ToText(server.SendKey));
        }

        [TestMethod]
        public static void A_WireGuard_handshake_both_roles()
        {
            Party i = new Party("9899999999999999999999999999999999999999999999999999999999999959",
                "b8bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb7b");
            Party r = new Party("a8aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6a",
                "c8cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc4c");
            WireGuardPeer atI = new WireGuardPeer(r.Public, 0), atR = new WireGuardPeer(i.Public, 0);
            i.Run(i.Machine.Initiate(atI, 0x01020304, Hex.Parse("400000006553f10a01000000"), 0));
            byte[] initiation = i.Message();
            Assert.AreEqual("01000000040302016b0b616d718e53691236d3be3ce6d44f9d28836426d81305d131f488206f8d2b4b24b707926bade0acd57b4b0f6682254638ac27" +
                "b5b8b26b9533605c93c88fee6b6c9191349f33ec4940e725c3d29ff51bba7a4535c0a48221458cc4623b49df9b68e5b77973c63c54ad1ef911" +
                "c5d5f1dc182f8eb8cfc7e74a4b564100000000000000000000000000000000", Hex.ToText(initiation));
            r.Run(r.Machine.HandleInitiation(initiation, 0, initiation.Length, 0));
            r.Run(r.Machine.Accept(atR, 0x05060708, 0));
            byte[] response = r.Message();
            i.Run(i.Machine.HandleResponse(atI, response, 0, response.Length, 0));
            WireGuardSession session = new WireGuardSession();
            Assert.IsTrue(i.Machine.PollEvent(session));
            Assert.AreEqual("b904133b1a2a6b06b6a0b3fec35a5212107665075528c7173e6a4933cb7ec424", Hex.ToText(session.SendKey));
            Assert.AreEqual(0x05060708, session.RemoteIndex);
        }

        /// <summary>RFC 7541 appendix C.4.1: one Huffman coded block, and the same byte by byte.</summary>
        [DataRow(100)]
        [DataRow(1)]
        public static void An_hpack_block_is_decoded(int piece)
        {
            HpackText sink = new HpackText();
            HpackDecoder decoder = new HpackDecoder(4096, sink);
            byte[] block = Hex.Parse("828684418cf1e3c2e5f23a6ba0ab90f4ff");
            decoder.Begin();
            for (int at = 0; at < block.Length; at += piece)
            {
                int count = block.Length - at < piece ? block.Length - at : piece;
                Assert.IsTrue(decoder.Handle(block, at, count));
            }
            Assert.IsTrue(decoder.End());
            Assert.AreEqual(":method=GET :scheme=http :path=/ :authority=www.example.com", sink.Text);
            Assert.AreEqual(57, decoder.TableSize);
        }

        [TestMethod]
        public static void Json_is_read_piece_by_piece()
        {
            JsonReader reader = new JsonReader(new string[] { "Name", "Count", "Skip" });
            byte[] text = AsciiText.ToBytes("{\"Skip\":{\"a\":[1,2,{}]},\"Name\":\"caf\\u00e9\",\"Count\":-9007199254740993}");
            string seen = "";
            int token = JsonToken.None;
            for (int at = 0; at < text.Length; at++)
            {
                reader.Feed(text, at, 1);
                for (token = reader.Read(); token != JsonToken.None && token != JsonToken.End; token = reader.Read())
                {
                    Assert.IsTrue(token != JsonToken.Error, "no JSON");
                    if (token == JsonToken.Key && reader.KeyId == 2) reader.SkipValue();
                    if (token == JsonToken.String) seen += reader.Text + " ";
                    if (token == JsonToken.Number) seen += reader.Int64.ToString();
                }
            }
            Assert.AreEqual(JsonToken.End, token);
            Assert.AreEqual("café -9007199254740993", seen);
        }

        [TestMethod]
        public static void Time_stamps_only_rise()
        {
            Tai64n time = new Tai64n();
            byte[] first = new byte[12], second = new byte[12];
            time.Next(1700000000000, first, 0);
            Assert.AreEqual("400000006553f10a", Hex.ToText(first, 0, 8));
            time.Next(1600000000000, second, 0);
            Assert.IsTrue(Tai64n.IsAbove(second, 0, first, 0));
        }

        [DataRow("1.2.3.4:567")]
        [DataRow("[2001:db8::1]:41641")]
        [DataRow("[fd7a:115c:a1e0::1]:1")]
        public static void Endpoints_as_text_and_back(string text)
        {
            byte[] endpoint = new byte[NetEndpoint.Length];
            Assert.IsTrue(NetEndpoint.Parse(text, endpoint, 0));
            Assert.AreEqual(text, NetEndpoint.Format(endpoint, 0));
        }
    }
}
