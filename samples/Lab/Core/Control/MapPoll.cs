using System;
using System.Buffers.Binary;
using System.Collections.Generic;

namespace MicroLink.Lab.Core
{
    /// <summary>One streaming map request: what its client does not know yet, and when to say it (protocol.md 4.4 to 4.6).</summary>
    internal sealed class MapPoll : LabExchange
    {
        /// <summary>Bytes a client may leave unread before its stream is ended.</summary>
        public const long MaxBacklog = 4 << 20;

        private readonly LabMap _map;
        private readonly ILabResponse _response;
        private readonly bool _zstd;

        /// <summary>Node id -> LabChange bits.</summary>
        public readonly SortedDictionary<long, int> Pending = new SortedDictionary<long, int>();

        public MapPoll(LabMap map, LabNode node, ILabResponse response, bool zstd, bool silent)
        {
            _map = map;
            Node = node;
            _response = response;
            _zstd = zstd;
            IsSilent = silent;
        }

        public LabNode Node { get; }
        /// <summary>No keep-alives are wanted.</summary>
        public bool IsSilent { get; }
        public bool SelfPending { get; set; }
        public bool Ended { get; private set; }
        public long FlushAtMs { get; set; } = long.MaxValue;
        public long KeepAliveAtMs { get; set; } = long.MaxValue;
        public long Messages { get; private set; }
        public long Backlog => _response.Backlog;

        public override void Aborted(long nowMs)
        {
            if (Ended) return;
            Ended = true;
            _map.PollEnded(this, nowMs, "its map stream was cancelled");
        }

        public void Start() => _response.Start(200, "application/octet-stream", -1);

        /// <summary>Sends one framed message: length u32 LITTLE endian, then JSON or one zstd frame of it.</summary>
        public void Send(byte[] json)
        {
            byte[] body = _zstd ? ZstdStored.Frame(json) : json;
            byte[] frame = new byte[4 + body.Length];
            BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)body.Length);
            body.CopyTo(frame, 4);
            _response.Write(frame);
            Messages++;
        }

        public void End()
        {
            if (Ended) return;
            Ended = true;
            _response.End();
        }

        public void Note(LabNode node, int change, long flushAtMs)
        {
            Pending.TryGetValue(node.Id, out int bits);
            // A node that comes back after its removal must be sent whole; a removed one needs nothing else.
            if ((change & LabChange.Removed) != 0) bits = LabChange.Removed;
            else if ((bits & LabChange.Removed) != 0) bits = LabChange.Removed | LabChange.Full;
            else bits |= change;
            Pending[node.Id] = bits;
            FlushAtMs = Math.Min(FlushAtMs, flushAtMs);
        }
    }

    /// <summary>
    /// A zstd frame of stored blocks, so that clients that insist on Compress "zstd" can join (RFC 8878 3.1.1): magic 28 B5 2F FD,
    /// descriptor A0 (single segment, 4-byte content size), size u32, then blocks: u24 LE = last | type 0 | size.
    /// </summary>
    internal static class ZstdStored
    {
        private const int MaxBlock = 128 << 10;

        public static byte[] Frame(byte[] content)
        {
            int blocks = Math.Max(1, (content.Length + MaxBlock - 1) / MaxBlock);
            byte[] frame = new byte[9 + 3 * blocks + content.Length];
            BinaryPrimitives.WriteUInt32LittleEndian(frame, 0xFD2FB528);
            frame[4] = 0xA0;
            BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(5), (uint)content.Length);
            int at = 9;
            for (int i = 0; i < blocks; i++)
            {
                int from = i * MaxBlock, size = Math.Min(MaxBlock, content.Length - from);
                int header = (size << 3) | (i == blocks - 1 ? 1 : 0);
                frame[at] = (byte)header;
                frame[at + 1] = (byte)(header >> 8);
                frame[at + 2] = (byte)(header >> 16);
                content.AsSpan(from, size).CopyTo(frame.AsSpan(at + 3));
                at += 3 + size;
            }
            return frame;
        }
    }
}
