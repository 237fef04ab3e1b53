using System;
using System.Net;
using System.Text.Json;
using MicroLink.Lab.Core;
using Xunit;

namespace MicroLink.Tests.Unit.Lab;

public class LabStunTests
{
    /// <summary>What derper and stund answered to these requests, and what they ignored.</summary>
    [Fact]
    public void AnswersAndIgnoresAsCaptured()
    {
        using JsonDocument captured = JsonDocument.Parse(Vectors.Text("captures/stun/stun.json"));
        int answered = 0, ignored = 0;
        foreach (JsonElement exchange in captured.RootElement.GetProperty("exchanges").EnumerateArray())
        {
            byte[] request = Convert.FromHexString(exchange.GetProperty("request").GetString());
            JsonElement response = exchange.GetProperty("response");
            byte[] into = new byte[LabStun.MaxResponse];
            int length = new LabStun().Answer(request, Endpoint(exchange.GetProperty("client_addr").GetString(), out bool v4), into);
            if (response.ValueKind == JsonValueKind.Null)
            {
                Assert.Equal(0, length);
                ignored++;
                continue;
            }
            answered++;
            // stund sees IPv4 clients of its dual socket as v4-mapped and says family 2; derper unmaps them, and so do we.
            if (v4 && length * 2 != response.GetString().Length) continue;
            Assert.Equal(response.GetString(), Convert.ToHexStringLower(into.AsSpan(0, length)));
        }
        Assert.True(answered > 2 && ignored > 5, answered + " answered, " + ignored + " ignored");
    }

    [Theory]
    [InlineData("000100142112a442000102030405060708090a0b802200087461696c6e6f6465802800048aabad90", "")]
    [InlineData("000100142112a442000102030405060708090a0b802200087461696c6e6f6465802800048aabad91", "wrong FINGERPRINT")]
    [InlineData("000100142112a442000102030405060708090a0b802200085461696c6e6f6465802800048aabad90", "SOFTWARE")]
    [InlineData("000100082112a442000102030405060708090a0b802800048aabad90", "SOFTWARE")]
    [InlineData("0001000c2112a442000102030405060708090a0b802200087461696c6e6f6465", "no FINGERPRINT")]
    [InlineData("010100142112a442000102030405060708090a0b802200087461696c6e6f6465802800048aabad90", "not a binding request")]
    public void GoldenRequests(string request, string reason)
    {
        var stun = new LabStun();
        int length = stun.Answer(Convert.FromHexString(request), Endpoint("1.2.3.4:254", out _), new byte[LabStun.MaxResponse]);
        Assert.Equal(reason.Length == 0, length > 0);
        Assert.Contains(reason, stun.LastReason);
    }

    [Theory]
    [InlineData("000100142112a442010101010101010101010101802200087461696c6e6f646580280004355f9b89", "1.2.3.4:254",
        "0101000c2112a44201010101010101010101010100200008000121ec2010a746")]
    public void GoldenResponse(string request, string from, string response)
    {
        byte[] into = new byte[LabStun.MaxResponse];
        int length = new LabStun().Answer(Convert.FromHexString(request), Endpoint(from, out _), into);
        Assert.Equal(response, Convert.ToHexStringLower(into.AsSpan(0, length)));
    }

    private static byte[] Endpoint(string text, out bool v4)
    {
        IPEndPoint endpoint = IPEndPoint.Parse(text);
        v4 = endpoint.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        byte[] bytes = new byte[18];
        endpoint.Address.MapToIPv6().TryWriteBytes(bytes, out _);
        bytes[16] = (byte)(endpoint.Port >> 8);
        bytes[17] = (byte)endpoint.Port;
        return bytes;
    }
}
