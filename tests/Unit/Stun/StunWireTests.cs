using System;
using System.Text.Json;
using MicroLink.Bytes;
using MicroLink.Stun;
using Xunit;

namespace MicroLink.Tests.Unit.Stun;

/// <summary>STUN bytes against the golden values of protocol.md 13 and the answers of real servers (captures/stun).</summary>
public sealed class StunWireTests
{
    [Theory]
    [InlineData("000102030405060708090a0b", "000100142112a442000102030405060708090a0b802200087461696c6e6f6465802800048aabad90")]
    [InlineData("010101010101010101010101", "000100142112a442010101010101010101010101802200087461696c6e6f646580280004355f9b89")]
    public void Request_has_exactly_these_40_bytes(string txId, string expected)
    {
        byte[] buffer = new byte[42];
        Assert.Equal(40, StunWire.WriteRequest(buffer, 1, Hex.Parse(txId), 0));
        Assert.Equal(expected, Hex.ToText(buffer, 1, 40));
        Assert.Equal(StunWire.Ok, StunWire.CheckRequest(buffer, 1, 40));
        Assert.Equal(StunWire.NoRoom, StunWire.WriteRequest(buffer, 3, Hex.Parse(txId), 0));
    }

    [Theory]
    [InlineData("0101000c2112a4422360b11e3ec68ffa93e08007002000080001c7866957856f", "72.69.33.45:59028")]
    [InlineData("0101000c2112a442f9f121cbde7d7c75923ce271002000080001c7876957856f", "72.69.33.45:59029")]
    [InlineData("010100442112a442482eb64715e8b28eaead6444000100080001e4ab4845212d0004000800012710d90a44980005000800012711d9747a8a802000080001c5b96957856f80220010566f766964612e6f726720302e393600", "72.69.33.45:58539")]
    [InlineData("010100242112a4427e57966829f444609d1deaa6000100080001e9d34845212d0004000800010d964d48a9d40005000800010d974d48a9d5", "72.69.33.45:59859")]
    [InlineData("010100242112a442ebc2d36ef471217c4f3e308e8022000a656e64706f696e7465720000002000080001ce665e12a44380280004b699bb02010100242112a442", "127.0.0.1:61300")]
    [InlineData("010100482112a44206f56685d28af3e69ce341e200010014000290ce260200d1b4cfc10038b231fffeef96f6802b001400020d962604a880000200d10000000000c57001002000140002b1dc0710a493b23aa785ea38c219620cd714", "[2602:d1:b4cf:c100:38b2:31ff:feef:96f6]:37070")]
    [InlineData("010100142112a442ebc2d36ef471217c4f3e308e8022000161000000002000080001ce665e12a443", "127.0.0.1:61300")]
    [InlineData("010100142112a442ebc2d36ef471217c4f3e308e8022000361626300002000080001ce665e12a443", "127.0.0.1:61300")]
    [InlineData("010100182112a4424fd5d202dcb37d31fc773306002000140002cd3d2112a4424fd5d202dcb382ce2dc3fcc7", "209.180.207.193:60463")]
    [InlineData("0101000c2112a44201010101010101010101010100200008000121ec2010a746", "1.2.3.4:254")]
    [InlineData("010100182112a44203030303030303030303030300200014000221ec2113a442030303030303030303030307", "[1::4]:254")]
    public void Responses_of_real_servers_are_understood(string hex, string expected)
    {
        Assert.Equal(expected, Read(hex, out int code));
        Assert.Equal(StunWire.Ok, code);
    }

    [Theory]
    [InlineData("1.2.3.4:254", "010101010101010101010101", "0101000c2112a44201010101010101010101010100200008000121ec2010a746")]
    [InlineData("[1::4]:254", "030303030303030303030303", "010100182112a44203030303030303030303030300200014000221ec2113a442030303030303030303030307")]
    public void Server_side_writes_the_golden_responses(string endpoint, string txId, string expected)
    {
        byte[] seen = new byte[18], buffer = new byte[StunWire.MaxResponseLength];
        Assert.True(NetEndpoint.Parse(endpoint, seen, 0));
        int count = StunWire.WriteResponse(buffer, 0, Hex.Parse(txId), 0, seen, 0);
        Assert.Equal(expected, Hex.ToText(buffer, 0, count));
    }

    [Fact]
    public void Captured_exchanges_are_answered_and_refused_as_derper_does()
    {
        using JsonDocument file = JsonDocument.Parse(Vectors.Text("captures/stun/stun.json"));
        int answered = 0, refused = 0;
        foreach (JsonElement exchange in file.RootElement.GetProperty("exchanges").EnumerateArray())
        {
            string what = exchange.GetProperty("what").GetString();
            byte[] request = Hex.Parse(exchange.GetProperty("request").GetString());
            int code = StunWire.CheckRequest(request, 0, request.Length);
            JsonElement response = exchange.GetProperty("response");
            if (response.ValueKind == JsonValueKind.Null)
            {
                Assert.True(code < 0, what);
                refused++;
                continue;
            }
            Assert.Equal(StunWire.Ok, code);
            Assert.Equal(exchange.GetProperty("parsed_addr").GetString(), Read(response.GetString(), out int _));
            answered++;
        }
        Assert.Equal(4, answered);
        Assert.Equal(16, refused);
    }

    [Fact]
    public void Synthetic_responses_are_judged_as_the_reference_does()
    {
        using JsonDocument file = JsonDocument.Parse(Vectors.Text("captures/stun/stun.json"));
        foreach (JsonElement one in file.RootElement.GetProperty("synthetic_responses").EnumerateArray())
        {
            string text = Read(one.GetProperty("response").GetString(), out int code);
            bool fine = one.GetProperty("go_error").GetString() == "<nil>";
            Assert.True(fine == (code == StunWire.Ok), one.GetProperty("what").GetString());
            if (fine) Assert.Equal(one.GetProperty("go_addr").GetString(), text);
        }
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000", false)]
    [InlineData("000000002112a4420000000000000000000000", false)]
    [InlineData("000000002112a442000000000000000000000000", true)]
    [InlineData("f00000002112a442000000000000000000000000", false)]
    [InlineData("400000002112a442000000000000000000000000", false)]
    [InlineData("200000002112a442000000000000000000000000", true)]
    public void Is_stun(string hex, bool expected)
    {
        byte[] bytes = Hex.Parse(hex);
        Assert.Equal(expected, StunWire.IsStun(bytes, 0, bytes.Length));
    }

    [Fact]
    public void Requests_without_the_two_attributes_in_place_are_refused()
    {
        byte[] good = Hex.Parse("000100142112a442000102030405060708090a0b802200087461696c6e6f6465802800048aabad90");
        byte[] noFingerprint = Hex.Parse("0001000c2112a442000102030405060708090a0b802200087461696c6e6f6465");
        Assert.Equal(StunWire.NoFingerprint, StunWire.CheckRequest(noFingerprint, 0, noFingerprint.Length));
        byte[] otherSoftware = (byte[])good.Clone();
        otherSoftware[24] = (byte)'T';
        Assert.Equal(StunWire.NoSoftware, StunWire.CheckRequest(otherSoftware, 0, 40));
        byte[] otherCrc = (byte[])good.Clone();
        otherCrc[39] ^= 1;
        Assert.Equal(StunWire.WrongFingerprint, StunWire.CheckRequest(otherCrc, 0, 40));
        Assert.Equal(StunWire.Malformed, StunWire.CheckRequest(good, 0, 39));
    }

    [Fact]
    public void No_cut_or_flipped_response_ever_throws()
    {
        byte[] good = Hex.Parse("010100442112a442482eb64715e8b28eaead6444000100080001e4ab4845212d0004000800012710d90a44980005000800012711d9747a8a802000080001c5b96957856f80220010566f766964612e6f726720302e393600");
        byte[] endpoint = new byte[18];
        Random random = new Random(7);
        for (int round = 0; round < 20000; round++)
        {
            byte[] bytes = (byte[])good.Clone();
            for (int flips = random.Next(4); flips > 0; flips--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            // An array of exactly this length, so that reading past the end would throw.
            byte[] cut = bytes.AsSpan(0, random.Next(bytes.Length + 1)).ToArray();
            StunWire.ReadResponse(cut, 0, cut.Length, endpoint, 0);
            StunWire.CheckRequest(cut, 0, cut.Length);
        }
    }

    private static string Read(string hex, out int code)
    {
        byte[] bytes = Hex.Parse(hex), endpoint = new byte[18];
        code = StunWire.ReadResponse(bytes, 0, bytes.Length, endpoint, 0);
        return code == StunWire.Ok ? NetEndpoint.Format(endpoint, 0) : "";
    }
}
