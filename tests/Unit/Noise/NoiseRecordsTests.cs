using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using MicroLink.Noise;
using Xunit;

namespace MicroLink.Tests.Unit.Noise;

public class NoiseRecordsTests
{
    private static readonly byte[] ClientKey = Convert.FromHexString("eca6bee256efc1368a5af89be3a82cc3e7954223faf3d6b4e67ed66c671a814e");
    private static readonly byte[] ServerKey = Convert.FromHexString("df92698929c58533e6973a3e010a3c8e4e1d394f1c9c198788b496512c6bb48a");

    [Fact]
    public void Golden_records_zero_and_one()
    {
        NoiseRecords client = Client();
        Assert.Equal("0400158dbec8f77738728dd69aca7e58427c2321d84a26dd", Convert.ToHexString(Seal(client, "hello")).ToLowerInvariant());
        Assert.Equal("040015853ef0a1ac5262a8d877069b1424e751ed97c812fc", Convert.ToHexString(Seal(client, "world")).ToLowerInvariant());
    }

    [Fact]
    public void Records_split_and_coalesced_at_every_byte()
    {
        NoiseRecords client = Client();
        byte[] stream = Seal(client, "hello").Concat(Seal(client, "")).Concat(Seal(client, "a longer third record")).ToArray();
        for (int cut = 0; cut <= stream.Length; cut++)
        {
            List<string> seen = new();
            NoiseRecords server = Server();
            Open(server, stream, 0, cut, seen);
            Open(server, stream, cut, stream.Length - cut, seen);
            Assert.Equal(new[] { "hello", "", "a longer third record" }, seen);
        }
    }

    [Fact]
    public void The_largest_record_passes_and_a_larger_one_does_not()
    {
        NoiseRecords client = Client();
        byte[] largest = Seal(client, new string('x', NoiseWire.MaxPlaintext));
        Assert.Equal(NoiseWire.MaxRecord, largest.Length);
        List<string> seen = new();
        Open(Server(), largest, 0, largest.Length, seen);
        Assert.Equal(4077, seen[0].Length);
        Assert.Equal(-1, client.SealInPlace(new byte[5000], 0, NoiseWire.MaxPlaintext + 1));

        NoiseRecords server = Server();
        Assert.Equal(NoiseRecords.Failed, server.Open(new byte[] { 4, 0x0F, 0xFE }, 0, 3));
        Assert.Equal(NoiseFailure.WrongLength, server.Failure);
    }

    [Theory]
    [InlineData("04000f", 15, NoiseFailure.WrongLength)]
    [InlineData("070010", 16, NoiseFailure.WrongType)]
    [InlineData("040010", 16, NoiseFailure.WrongTag)]
    public void Broken_records_are_final(string header, int body, int failure)
    {
        NoiseRecords server = Server();
        byte[] record = Convert.FromHexString(header).Concat(new byte[body]).ToArray();
        Assert.Equal(NoiseRecords.Failed, server.Open(record, 0, record.Length));
        Assert.Equal(failure, server.Failure);
        byte[] good = Seal(Client(), "hello");
        Assert.Equal(NoiseRecords.Failed, server.Open(good, 0, good.Length));
    }

    [Fact]
    public void A_repeated_record_is_refused()
    {
        byte[] record = Seal(Client(), "hello");
        NoiseRecords server = Server();
        Assert.Equal(NoiseRecords.Record, server.Open(record, 0, record.Length));
        Assert.Equal(NoiseRecords.Failed, server.Open(record, 0, record.Length));
    }

    [Fact]
    public void An_error_record_is_surfaced_as_text()
    {
        byte[] text = Encoding.UTF8.GetBytes("go away");
        byte[] record = new byte[] { 3, 0, (byte)text.Length }.Concat(text).ToArray();
        NoiseRecords server = Server();
        Assert.Equal(NoiseRecords.Failed, server.Open(record, 0, record.Length));
        Assert.Equal(NoiseFailure.PeerError, server.Failure);
        Assert.Equal("go away", server.ErrorText);
    }

    private static readonly byte[] Early = Convert.FromHexString(
        "ffffff54530000005f7b226e6f64654b65794368616c6c656e6765223a226368616c7075623a30303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030227d");

    [Fact]
    public void EarlyNoise_is_skipped_at_any_cut()
    {
        byte[] stream = Early.Concat(new byte[] { 0, 0, 0x24, 4, 0, 0, 0, 0, 0 }).ToArray();
        for (int cut = 0; cut <= stream.Length; cut++)
        {
            EarlyNoise early = new();
            int taken = early.Handle(stream, 0, cut);
            if (!early.Done) taken += early.Handle(stream, cut, stream.Length - cut);
            Assert.True(early.Done && early.Present);
            Assert.Equal(0, early.PushedBackCount);
            Assert.Equal(Early.Length, taken);
        }
    }

    [Fact]
    public void Without_EarlyNoise_the_bytes_are_pushed_back()
    {
        EarlyNoise early = new();
        byte[] settings = { 0, 0, 0x24, 4, 0, 0, 0, 0, 0 };
        int taken = early.Handle(settings, 0, settings.Length);
        Assert.True(early.Done && !early.Present);
        Assert.Equal(settings.Take(taken), early.PushedBack.Take(early.PushedBackCount));

        // A frame length that begins like the magic.
        early.Reset();
        Assert.Equal(3, early.Handle(new byte[] { 0xFF, 0xFF, 0x00, 1 }, 0, 4));
        Assert.Equal(new byte[] { 0xFF, 0xFF, 0 }, early.PushedBack.Take(early.PushedBackCount));
    }

    [Fact]
    public void An_enormous_EarlyNoise_is_refused()
    {
        EarlyNoise early = new();
        early.Handle(new byte[] { 0xFF, 0xFF, 0xFF, 0x54, 0x53, 0x01, 0, 0, 0 }, 0, 9);
        Assert.True(early.Failed);
    }

    [Fact]
    public void EarlyNoise_can_be_written()
    {
        byte[] into = new byte[200];
        byte[] json = Encoding.ASCII.GetBytes("{\"nodeKeyChallenge\":\"chalpub:" + new string('0', 64) + "\"}");
        Assert.Equal(Early, into.Take(EarlyNoise.Write(into, 0, json)));
    }

    private static NoiseRecords Client() => Started(ClientKey, ServerKey);
    private static NoiseRecords Server() => Started(ServerKey, ClientKey);

    private static NoiseRecords Started(byte[] send, byte[] receive)
    {
        NoiseRecords records = new();
        records.Start(send, receive);
        return records;
    }

    private static byte[] Seal(NoiseRecords records, string text)
    {
        byte[] buffer = new byte[3 + text.Length + 16];
        Encoding.ASCII.GetBytes(text).CopyTo(buffer, 3);
        Assert.Equal(buffer.Length, records.SealInPlace(buffer, 0, text.Length));
        return buffer;
    }

    private static void Open(NoiseRecords records, byte[] bytes, int offset, int count, List<string> into)
    {
        while (count > 0)
        {
            int result = records.Open(bytes, offset, count);
            Assert.NotEqual(NoiseRecords.Failed, result);
            offset += records.Consumed;
            count -= records.Consumed;
            if (result == NoiseRecords.Record) into.Add(Encoding.ASCII.GetString(records.Plain, records.PlainOffset, records.PlainCount));
        }
    }
}
