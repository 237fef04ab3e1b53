using System;
using MicroLink.Bytes;
using MicroLink.Drivers;
using MicroLink.Http2;
using MicroLink.Native;
using MicroLink.Noise;
using MicroLink.WireGuard;

namespace MicroLink.Tests.Device
{
    /// <summary>Always the same bytes, over and over.</summary>
    internal sealed class FixedEntropy : IEntropy
    {
        private readonly byte[] _bytes;

        internal FixedEntropy(string hex)
        {
            _bytes = Hex.Parse(hex);
        }

        public void Fill(byte[] buffer, int offset, int count)
        {
            for (int at = 0; at < count; at += _bytes.Length)
            {
                Array.Copy(_bytes, 0, buffer, offset + at, count - at < _bytes.Length ? count - at : _bytes.Length);
            }
        }
    }

    /// <summary>Diffie-Hellman at once, in the caller's thread.</summary>
    internal static class Jobs
    {
        internal static void Compute(DhJob job)
        {
            int result = job.BasePoint ? Cipher.X25519Base(job.Private, 0, job.Result, 0)
                : Cipher.X25519(job.Private, 0, job.Public, 0, job.Result, 0);
            job.Ok = result == 0;
        }

        internal static void Run(NoiseHandshake noise)
        {
            DhJob job = new DhJob();
            while (noise.PollJob(job))
            {
                Compute(job);
                noise.HandleJobDone(job, 0);
            }
        }
    }

    /// <summary>One end of a WireGuard handshake.</summary>
    internal sealed class Party
    {
        internal readonly byte[] Public = new byte[32];
        internal readonly WireGuardHandshake Machine;
        private readonly DhJob _job = new DhJob();

        internal Party(string privateKey, string ephemeral)
        {
            byte[] key = Hex.Parse(privateKey);
            Cipher.X25519Base(key, 0, Public, 0);
            Machine = new WireGuardHandshake(new FixedEntropy(ephemeral));
            Machine.SetIdentity(key, Public);
        }

        internal void Run(int output)
        {
            while (output > 0 && (output & Output.Job) != 0 && Machine.PollJob(_job))
            {
                Jobs.Compute(_job);
                output = Machine.HandleJobDone(_job, 0);
            }
        }

        internal byte[] Message()
        {
            byte[] buffer = new byte[200];
            byte[] message = new byte[Machine.PollTransmit(buffer, 0)];
            Array.Copy(buffer, 0, message, 0, message.Length);
            return message;
        }
    }

    /// <summary>Decoded headers as text.</summary>
    internal sealed class HpackText : IHpackSink
    {
        internal string Text = "";

        public void OnHeader(byte[] bytes, int nameCount, int valueCount, bool truncated)
        {
            string field = AsciiText.ToText(bytes, 0, nameCount) + "=" + AsciiText.ToText(bytes, nameCount, valueCount);
            Text = Text.Length == 0 ? field : Text + " " + field;
        }
    }
}
