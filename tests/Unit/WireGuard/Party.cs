using System;
using MicroLink.Bytes;
using MicroLink.Drivers.Desktop;
using MicroLink.Native;
using MicroLink.WireGuard;

namespace MicroLink.Tests.Unit.WireGuard;

/// <summary>One end of a handshake under test: the machine, its keys, and jobs computed at once.</summary>
internal sealed class Party
{
    public readonly byte[] Private, Public = new byte[32];
    public readonly Seeded Entropy;
    public readonly WireGuardHandshake Machine;
    public readonly DhJob Job = new DhJob();
    public int Jobs;

    public Party(byte[] privateKey, int seed = 1)
    {
        Private = privateKey;
        Cipher.X25519Base(privateKey, 0, Public, 0);
        Entropy = new Seeded(seed);
        Machine = new WireGuardHandshake(Entropy);
        Machine.SetIdentity(Private, Public);
    }

    public WireGuardPeer PeerFor(Party other) => new WireGuardPeer(other.Public, 0);

    /// <summary>Does the jobs that an input asked for; returns the last output.</summary>
    public int Run(int output, long nowMs = 0)
    {
        while (output > 0 && (output & Output.Job) != 0)
        {
            Assert(Machine.PollJob(Job), "a job was announced");
            Assert(!Machine.PollJob(Job), "one job at a time");
            Jobs++;
            DesktopDhWorker.Compute(Job);
            output = Machine.HandleJobDone(Job, nowMs);
        }
        return output;
    }

    public byte[] Initiate(WireGuardPeer peer, int index, byte[] stamp, long nowMs = 0)
    {
        Assert(Run(Machine.Initiate(peer, index, stamp, nowMs), nowMs) == Output.Transmit, "initiation");
        return Message();
    }

    /// <summary>Answers an initiation; null when it was refused (Machine.Failure or the returned code).</summary>
    public byte[] Respond(byte[] initiation, WireGuardPeer peer, int index, out int output, long nowMs = 0)
    {
        output = Run(Machine.HandleInitiation(initiation, 0, initiation.Length, nowMs), nowMs);
        if (output < 0 || !Machine.AwaitsPeer) return null;
        output = Run(Machine.Accept(peer, index, nowMs), nowMs);
        return (output & Output.Transmit) != 0 ? Message() : null;
    }

    public int Finish(WireGuardPeer peer, byte[] response, long nowMs = 0)
    {
        return Run(Machine.HandleResponse(peer, response, 0, response.Length, nowMs), nowMs);
    }

    public WireGuardSession Session()
    {
        WireGuardSession session = new WireGuardSession();
        Assert(Machine.PollEvent(session), "a session");
        return session;
    }

    public byte[] Message()
    {
        byte[] buffer = new byte[200];
        int length = Machine.PollTransmit(buffer, 0);
        return buffer.AsSpan(0, length).ToArray();
    }

    public static byte[] Stamp(long seconds)
    {
        byte[] stamp = new byte[12];
        Tai64n.Write(seconds, 0, stamp, 0);
        return stamp;
    }

    public static byte[] Key(byte fill)
    {
        byte[] key = new byte[32];
        Array.Fill(key, fill);
        KeyText.Clamp(key, 0);
        return key;
    }

    private static void Assert(bool condition, string what)
    {
        if (!condition) throw new InvalidOperationException("expected: " + what);
    }
}
