using System;
using System.Text;
using MicroLink.Bytes;
using MicroLink.PortMap;
using MicroLink.Tests.Unit.Disco;
using Xunit;

namespace MicroLink.Tests.Unit.PortMap;

/// <summary>The port mapper against scripted gateways: PCP, NAT-PMP, UPnP, gateways that forget, refuse, lie or say nothing.</summary>
public sealed class PortMapperTests
{
    private readonly PortMapper _mapper = new PortMapper(new SeedEntropy(7));
    private readonly byte[] _gateway = Address("192.168.1.1"), _client = Address("192.168.1.9");
    private readonly byte[] _out = new byte[256], _to = new byte[18];
    private readonly PortMapEvent _event = new PortMapEvent();
    private long _nowMs = 1000;

    public PortMapperTests()
    {
        _mapper.HandleNetwork(_gateway, _client, 41641, _nowMs);
    }

    [Fact]
    public void Pcp_gives_a_mapping_that_is_renewed_at_half_of_its_life_with_the_same_nonce()
    {
        byte[] request = Next(60);
        Assert.Equal("192.168.1.1:5351", NetEndpoint.Format(_to, 0));
        // RFC 6887: version 2, opcode MAP, lifetime 7200, our address, UDP, our port.
        Assert.Equal("020100" + "00" + "00001c20" + "00000000000000000000ffffc0a80109", Hex.ToText(request, 0, 24));
        Assert.Equal("11000000a2a9a2a900000000000000000000ffff00000000", Hex.ToText(request, 36, 24));
        Pcp(request, 0, 1000, "5.6.7.8", 7777);
        Assert.Equal("mapped by PCP 5.6.7.8:7777", News());
        Assert.Equal(_nowMs + 500 * 1000, _mapper.Deadline);
        At(_mapper.Deadline);
        byte[] again = Next(60);
        Assert.Equal(Hex.ToText(request, 24, 12), Hex.ToText(again, 24, 12));
        Assert.Equal(7777, ByteOrder.LoadU16BE(again, 42));
        Pcp(again, 0, 1000, "5.6.7.8", 7778);
        Assert.Equal("mapped by PCP 5.6.7.8:7778", News());
    }

    [Fact]
    public void A_gateway_that_knows_only_nat_pmp_is_asked_in_its_own_words_at_once()
    {
        Next(60);
        // "A NAT-PMP server answers version 0, result 1 (unsupported version)".
        Answer("0080000100000001" + "00000000", 5351);
        Assert.Equal("0000", Hex.ToText(Next(2), 0, 2));
        Answer("008000000000000a05060708", 5351);
        Assert.Equal("00010000a2a9a2a900001c20", Hex.ToText(Next(12), 0, 12));
        Answer("008100000000000aa2a9c35000000e10", 5351);
        Assert.Equal("mapped by NAT-PMP 5.6.7.8:50000", News());
        Assert.Equal(_nowMs + 1800 * 1000, _mapper.Deadline);
        byte[] release = new byte[64], to = new byte[18];
        Assert.Equal(12, _mapper.WriteRelease(release, to));
        Assert.Equal("00010000a2a9000000000000", Hex.ToText(release, 0, 12));
    }

    [Fact]
    public void Silence_leads_from_one_protocol_to_the_next_and_to_another_try_after_ten_minutes()
    {
        Next(60);
        At(_nowMs + 250);
        Next(60);
        At(_nowMs + 500);
        Next(2);
        At(_nowMs + 250);
        Next(2);
        At(_nowMs + 500);
        Assert.StartsWith("M-SEARCH", Encoding.ASCII.GetString(Next(0)));
        Assert.Equal("192.168.1.1:1900", NetEndpoint.Format(_to, 0));
        At(_nowMs + 1000);
        Next(0);
        Assert.Equal("239.255.255.250:1900", NetEndpoint.Format(_to, 0));
        At(_nowMs + 1000);
        Assert.Contains("neither PCP nor NAT-PMP nor UPnP", News());
        Assert.Equal(_nowMs + 600000, _mapper.Deadline);
        At(_mapper.Deadline);
        Next(60);
    }

    /// <summary>Control's debug-disable-upnp: PCP and NAT-PMP only.</summary>
    [Fact]
    public void Without_upnp_by_order_of_control_nobody_is_searched_for()
    {
        _mapper.NoUpnp = true;
        Next(60);
        At(_nowMs + 250);
        Next(60);
        At(_nowMs + 500);
        Next(2);
        At(_nowMs + 250);
        Next(2);
        At(_nowMs + 500);
        Assert.Equal(0, _mapper.PollTransmit(_out, 0, _to));
        Assert.Equal(_nowMs + 600000, _mapper.Deadline);
    }

    [Fact]
    public void Upnp_takes_another_port_on_a_conflict_and_a_permanent_lease_where_there_is_no_other()
    {
        ToSearch();
        Answer(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nLocation: http://192.168.1.1:5000/root.xml\r\n\r\n"), 1900);
        PortMapRequest request = Request();
        Assert.Equal("192.168.1.1", request.Host);
        Assert.StartsWith("GET /root.xml HTTP/1.1\r\nHost: 192.168.1.1:5000\r\n", request.Text);
        _mapper.HandleHttp(200, "<root><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType><controlURL>/ctl/IP</controlURL></service></root>", _nowMs);
        request = Request();
        Assert.Contains("<NewExternalPort>41641</NewExternalPort>", request.Text);
        Assert.Contains("<NewInternalClient>192.168.1.9</NewInternalClient>", request.Text);
        _mapper.HandleHttp(500, "<errorCode>725</errorCode>", _nowMs);
        Assert.Contains("<NewLeaseDuration>0</NewLeaseDuration>", Request().Text);
        _mapper.HandleHttp(500, "<errorCode>718</errorCode>", _nowMs);
        Assert.DoesNotContain("<NewExternalPort>41641</NewExternalPort>", Request().Text);
        _mapper.HandleHttp(200, "", _nowMs);
        Assert.Contains("GetExternalIPAddress", Request().Text);
        _mapper.HandleHttp(200, "<NewExternalIPAddress>5.6.7.8</NewExternalIPAddress>", _nowMs);
        Assert.StartsWith("mapped by UPnP 5.6.7.8:", News());
        Assert.Contains("DeletePortMapping", _mapper.UpnpSession.DeleteText());
    }

    [Fact]
    public void Only_the_gateway_itself_is_believed()
    {
        ToSearch();
        Answer(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nST: InternetGatewayDevice\r\nLocation: http://10.0.0.7:5000/root.xml\r\n\r\n"), 1900);
        Assert.False(_mapper.UpnpSession.PollRequest(new PortMapRequest()));
        _mapper.HandleNetwork(_gateway, _client, 41641, _nowMs);
        byte[] request = Next(60);
        byte[] from = Endpoint("192.168.1.7", 5351);
        byte[] answer = PcpAnswer(request, 0, 1000, "5.6.7.8", 7777);
        _mapper.HandleDatagram(from, answer, 0, answer.Length, _nowMs);
        answer[24] ^= 1;                                        // another nonce
        Answer(answer, 5351);
        Assert.False(_mapper.PollEvent(_event));
    }

    [Fact]
    public void A_mapping_ends_with_its_time_when_nobody_renews_it_and_with_the_network()
    {
        Pcp(Next(60), 0, 200, "5.6.7.8", 7777);
        News();
        for (int i = 0; i < 20 && !_mapper.PollEvent(_event); i++)
        {
            At(_mapper.Deadline);
            _mapper.PollTransmit(_out, 0, _to);
        }
        Assert.Equal(PortMapEvent.Unmapped, _event.Kind);
        Assert.True(_nowMs >= 200000);
        _mapper.HandleNetwork(new byte[16], _client, 41641, _nowMs);
        Assert.Equal((PortMapper.Idle, Output.Never), (_mapper.State, _mapper.Deadline));
    }

    [Fact]
    public void Noise_of_any_kind_is_survived()
    {
        Random random = new Random(5);
        for (int i = 0; i < 20000; i++)
        {
            byte[] noise = new byte[random.Next(80)];
            random.NextBytes(noise);
            if (noise.Length > 3) (noise[0], noise[1], noise[3]) = ((byte)(2 * random.Next(2)), (byte)(128 + random.Next(3)), (byte)random.Next(2));
            Answer(noise, random.Next(2) == 0 ? 5351 : 1900);
            if (random.Next(10) == 0) At(Math.Min(_mapper.Deadline, _nowMs + 100000));
            _mapper.PollTransmit(_out, 0, _to);
            _mapper.HandleHttp(random.Next(2) * 200, "<errorCode>7", _nowMs);
            Assert.False(_mapper.PollEvent(_event) && _event.Kind == PortMapEvent.Mapped, "seed 5, round " + i);
        }
    }

    private void ToSearch()
    {
        while (_mapper.State != PortMapper.Search) At(_mapper.Deadline);
        Next(0);
    }

    private PortMapRequest Request()
    {
        PortMapRequest request = new PortMapRequest();
        Assert.True(_mapper.UpnpSession.PollRequest(request));
        return request;
    }

    private void At(long ms)
    {
        _nowMs = ms;
        _mapper.HandleTimeout(_nowMs);
    }

    private byte[] Next(int length)
    {
        int count = _mapper.PollTransmit(_out, 0, _to);
        Assert.True(length == 0 ? count > 0 : count == length, "a datagram of " + count + " bytes, not " + length);
        return _out.AsSpan(0, count).ToArray();
    }

    private string News()
    {
        Assert.True(_mapper.PollEvent(_event));
        return _event.Kind == PortMapEvent.Mapped ? _event.Reason + " " + NetEndpoint.Format(_event.Endpoint, 0) : _event.Reason;
    }

    private void Pcp(byte[] request, int result, int lifetimeSec, string address, int port) => Answer(PcpAnswer(request, result, lifetimeSec, address, port), 5351);

    private static byte[] PcpAnswer(byte[] request, int result, int lifetimeSec, string address, int port)
    {
        byte[] answer = request.AsSpan().ToArray();
        answer[1] |= 0x80;
        answer[3] = (byte)result;
        ByteOrder.StoreU32BE(answer, 4, (uint)lifetimeSec);
        Array.Clear(answer, 8, 16);
        ByteOrder.StoreU16BE(answer, 42, port);
        Address(address).CopyTo(answer, 44);
        return answer;
    }

    private void Answer(string hex, int port) => Answer(Hex.Parse(hex), port);

    private void Answer(byte[] packet, int port) => _mapper.HandleDatagram(Endpoint("192.168.1.1", port), packet, 0, packet.Length, _nowMs);

    private static byte[] Address(string text)
    {
        byte[] address = new byte[16];
        Assert.True(NetEndpoint.ParseAddress(text, address, 0));
        return address;
    }

    private static byte[] Endpoint(string text, int port)
    {
        byte[] endpoint = new byte[18];
        NetEndpoint.Write(endpoint, 0, Address(text), 0, port);
        return endpoint;
    }
}
