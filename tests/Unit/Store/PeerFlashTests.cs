using System;
using System.Collections.Generic;
using System.Linq;
using MicroLink.Store;
using Xunit;

namespace MicroLink.Tests.Unit.Store
{
    /// <summary>The peer store as a log in flash: against a model, with the power cut anywhere.</summary>
    public sealed class PeerFlashTests
    {
        private static readonly bool s_soak = Environment.GetEnvironmentVariable("MICROLINK_SOAK") != null;

        [Fact]
        public void Rows_survive_a_restart_and_unchanged_ones_are_not_written()
        {
            MemoryFlash flash = new MemoryFlash(8);
            World world = new World(flash);
            world.Put(5, 100);
            world.Put(3, 200);
            world.Put(5, 120);
            world.Remove(3);
            world.Put(9, 0);
            world.Flush();
            int writes = world.Log.Writes;
            world.Put(5, 120, again: true);
            Assert.Equal(writes, world.Log.Writes);
            world.Restart();
            Assert.Equal(2, world.Log.Count);
            world.CheckExactly();
            world.Put(5, 120, again: true);
            Assert.Equal(0, world.Log.Writes);
            world.Log.Clear(0);
            world.Flush();
            world.Restart();
            Assert.Equal(0, world.Log.Count);
        }

        [Fact]
        public void What_is_known_to_be_erased_is_not_read_at_start()
        {
            MemoryFlash flash = new MemoryFlash(16);
            World world = new World(flash);
            for (int id = 1; id <= 30; id++)
            {
                world.Put(id, 200);
                world.Flush();
            }
            flash.KnownErasedFrom = 2 * PeerFlash.SectorBytes;      // the flash throws behind it
            world.Restart();
            Assert.Equal(30, world.Log.Count);
            flash.KnownErasedFrom = null;
            world.CheckExactly();
            for (int id = 31; id <= 60; id++)
            {
                world.Put(id, 200);
                world.Flush();
            }
            world.Restart();
            Assert.Equal(60, world.Log.Count);
            world.CheckExactly();
        }

        [Fact]
        public void Rows_are_gathered_for_half_a_second()
        {
            World world = new World(new MemoryFlash(8));
            world.Put(1, 100);
            world.Put(2, 100);
            FlashOp op = new FlashOp();
            Assert.False(world.Log.PollOp(op, 499));
            Assert.Equal(500, world.Log.Deadline);
            Assert.True(world.Log.PollOp(op, 500));
            Assert.Equal(FlashOp.Program, op.Kind);
            Assert.Equal(PeerFlash.SectorHead + 2 * (PeerLog.RecordHeader + 100), op.Count);
            Assert.False(world.Log.PollOp(new FlashOp(), 10000));
        }

        [Fact]
        public void A_power_cut_at_any_byte_of_a_write_keeps_what_stood_before()
        {
            MemoryFlash flash = new MemoryFlash(6);
            World world = new World(flash);
            world.Put(1, 60);
            world.Put(2, 60);
            world.Flush();
            world.Put(1, 80);
            world.Remove(2);
            world.Put(3, 40);
            FlashOp op = new FlashOp();
            Assert.True(world.Log.PollOp(op, 100000));
            byte[] before = (byte[])flash.Bytes.Clone();
            for (int cut = 0; cut <= op.Count; cut++)
            {
                before.CopyTo(flash.Bytes, 0);
                flash.ProgramNow(op.Address, op.Bytes[op.Offset..(op.Offset + cut)], cut);
                PeerFlash after = new PeerFlash(flash);
                byte[] row = new byte[StoredPeer.BytesMax];
                int first = after.Get(1, row, 0);
                Assert.True(first == 60 || first == 80, "cut at " + cut);
                if (first == 60) Assert.Equal(60, after.Get(2, row, 0));
                // And the log can be written on.
                after.Put(7, row, 0, 30, 0);
                Assert.True(after.PollOp(new FlashOp(), 100000));
            }
        }

        [Fact]
        public void A_power_cut_at_any_byte_of_an_erase_loses_nothing()
        {
            MemoryFlash flash = new MemoryFlash(6);
            World world = new World(flash);
            FlashOp op = new FlashOp();
            int version = 0;
            while (op.Kind != FlashOp.Erase)
            {
                world.Put(1 + version % 5, 300 + version++ % 7);
                world.Pump(op, stopAtErase: true);
            }
            byte[] before = (byte[])flash.Bytes.Clone();
            for (int cut = 0; cut <= PeerFlash.SectorBytes; cut += cut < 40 || cut > 4080 ? 1 : 13)
            {
                before.CopyTo(flash.Bytes, 0);
                flash.EraseNow(op.Sector, cut);
                World reborn = new World(flash, world);
                reborn.CheckAllowed("cut at " + cut);
                for (int i = 0; i < 40; i++)
                {
                    reborn.Put(1 + i % 5, 310 + i);
                    reborn.Pump(new FlashOp(), false);
                }
                reborn.Flush();
                reborn.Restart();
                reborn.CheckExactly();
            }
        }

        [Theory]
        [InlineData(1)]
        [InlineData(2)]
        [InlineData(3)]
        [InlineData(4)]
        public void Random_changes_and_power_cuts_against_a_model(int seed)
        {
            Random random = new Random(seed);
            World world = new World(new MemoryFlash(6 + random.Next(12)));
            int steps = s_soak ? 200000 : 8000;
            for (int step = 0; step < steps; step++)
            {
                world.NowMs += random.Next(200);
                long id = 1 + random.Next(12);
                if (random.Next(6) == 0) world.Remove(id);
                else if (world.Log.CanPut) world.Put(id, random.Next(400));
                // What runs on without a restart finds its rows too, wherever they were moved.
                if (step % 25 == 0) world.CheckExactly();
                FlashOp op = new FlashOp();
                if (!world.Log.PollOp(op, world.NowMs)) continue;
                if (random.Next(30) > 0)
                {
                    world.Do(op);
                    continue;
                }
                // The power goes in the middle of it.
                if (op.Kind == FlashOp.Program)
                {
                    int cut = random.Next(op.Count + 1);
                    world.Flash.ProgramNow(op.Address, op.Bytes[op.Offset..(op.Offset + cut)], cut);
                }
                else world.Flash.EraseNow(op.Sector, random.Next(PeerFlash.SectorBytes + 1));
                world.Restart();
                world.CheckAllowed("seed " + seed + ", step " + step);
                world.AdoptWhatIsThere();
            }
        }

        [Fact]
        public void All_sectors_wear_alike_and_erases_keep_their_pace()
        {
            MemoryFlash flash = new MemoryFlash(16);
            World world = new World(flash);
            FlashOp op = new FlashOp();
            int[] erases = new int[16];
            long last = -1000;
            for (int i = 0; i < 60000; i++)
            {
                // Faster than sectors can be erased, and slower, in turn.
                world.NowMs += i / 1000 % 2 == 0 ? 5 : 30;
                if (world.Log.CanPut) world.Put(1 + i % 20, 200 + i % 50);
                if (!world.Log.PollOp(op, world.NowMs)) continue;
                if (op.Kind == FlashOp.Erase)
                {
                    Assert.True(world.NowMs - last >= PeerFlash.EraseEveryMs, "erased after " + (world.NowMs - last) + " ms");
                    last = world.NowMs;
                    erases[op.Sector]++;
                }
                world.Do(op);
            }
            Assert.True(erases.Sum() > 100);
            Assert.InRange(erases.Max() - erases.Min(), 0, 2);
            Assert.Equal(erases.Max(), world.Log.MostWear);
            world.Flush();
            world.Restart();
            world.CheckExactly();
            // Counts survive a restart as far as the heads of the sectors tell.
            Assert.InRange(world.Log.MostWear, erases.Max() - 1, erases.Max());
        }

        [Fact]
        public void A_full_log_refuses_rows_and_counts_them_but_keeps_what_it_has()
        {
            World world = new World(new MemoryFlash(8));
            for (int i = 1; i <= 200; i++)
            {
                world.Log.Put(i, new byte[500], 0, 500, world.NowMs);
                world.NowMs += 1000;
                world.Pump(new FlashOp(), false);
            }
            int kept = world.Log.Count;
            Assert.InRange(kept, 15, 40);
            Assert.Equal(200, kept + world.Log.NotStored);
            world.Flush();
            Assert.Equal(kept, new PeerFlash(world.Flash).Count);
            // Changing one of them goes on for ever.
            for (int i = 0; i < 500; i++)
            {
                byte[] row = new byte[500];
                row[0] = (byte)(i + 1);
                row[1] = (byte)(i >> 8);
                Assert.True(Eventually(world));
                world.Log.Put(1, row, 0, 500, world.NowMs);
            }
            Assert.Equal(200 - kept, world.Log.NotStored);
        }

        [Fact]
        public void A_failed_write_is_tried_again_after_5_s()
        {
            World world = new World(new MemoryFlash(8));
            world.Put(1, 100);
            FlashOp op = new FlashOp();
            Assert.True(world.Log.PollOp(op, 500));
            world.Log.HandleOpDone("The disk is full.", 600);
            Assert.Equal("The disk is full.", world.Log.Trouble);
            Assert.Equal(5600, world.Log.Deadline);
            Assert.False(world.Log.PollOp(op, 5599));
            Assert.True(world.Log.PollOp(op, 5600));
            world.NowMs = 5600;
            world.Do(op);
            Assert.Null(world.Log.Trouble);
            world.Restart();
            world.CheckExactly();
        }

        [Fact]
        public void Damaged_sectors_lose_their_rows_and_nothing_else()
        {
            Random random = new Random(11);
            for (int round = 0; round < 200; round++)
            {
                World world = new World(new MemoryFlash(8));
                for (int i = 1; i < 60; i++)
                {
                    world.Put(i, 100);
                    world.Pump(new FlashOp(), false);
                }
                world.Flush();
                for (int n = random.Next(1, 20); n > 0; n--) world.Flash.Bytes[random.Next(world.Flash.Bytes.Length)] ^= (byte)(1 << random.Next(8));
                PeerFlash log = new PeerFlash(world.Flash);
                byte[] row = new byte[StoredPeer.BytesMax];
                for (long id = 0; log.Next(id, out id);)
                {
                    Assert.InRange(id, 1, 59);
                    Assert.Equal(100, log.Get(id, row, 0));
                }
            }
        }

        private static bool Eventually(World world)
        {
            for (int i = 0; i < 100 && !world.Log.CanPut; i++)
            {
                world.NowMs += 300;
                world.Pump(new FlashOp(), false);
            }
            return world.Log.CanPut;
        }

        /// <summary>A log, and what may be in it: for each id the versions since the last that is surely durable.</summary>
        private sealed class World
        {
            private readonly Dictionary<long, List<(long Stamp, byte[] Row)>> _history;
            private long _stamp, _programmed, _durable;
            private readonly Random _random = new Random(3);

            public readonly MemoryFlash Flash;
            public PeerFlash Log;
            public long NowMs;

            public World(MemoryFlash flash, World history = null)
            {
                Flash = flash;
                Log = new PeerFlash(flash);
                _history = history == null ? new() : history._history.ToDictionary(p => p.Key, p => p.Value.ToList());
                if (history == null) return;
                (_stamp, _durable) = (history._stamp, history._durable);
            }

            public void Put(long id, int length, bool again = false)
            {
                byte[] row = new byte[length];
                if (again) row = _history[id][^1].Row;
                else _random.NextBytes(row);
                int missed = Log.NotStored;
                Log.Put(id, row, 0, row.Length, NowMs);
                if (Log.NotStored == missed) Note(id, row);
            }

            public void Remove(long id)
            {
                int count = Log.Count;
                Log.Remove(id, NowMs);
                if (Log.Count < count) Note(id, null);
            }

            public void Do(FlashOp op)
            {
                if (op.Kind == FlashOp.Program)
                {
                    Flash.ProgramNow(op.Address, op.Bytes[op.Offset..(op.Offset + op.Count)], op.Count);
                    _durable = _programmed = _stamp;
                }
                else Flash.EraseNow(op.Sector, PeerFlash.SectorBytes);
                Log.HandleOpDone(null, NowMs);
            }

            public void Pump(FlashOp op, bool stopAtErase)
            {
                for (int i = 0; i < 5; i++)
                {
                    NowMs += PeerFlash.EraseEveryMs;
                    if (!Log.PollOp(op, NowMs)) continue;
                    if (stopAtErase && op.Kind == FlashOp.Erase) return;
                    Do(op);
                }
            }

            public void Flush()
            {
                NowMs += PeerFlash.FlushAfterMs;
                FlashOp op = new FlashOp();
                while (Log.PollOp(op, NowMs)) Do(op);
            }

            public void Restart() => Log = new PeerFlash(Flash);

            public void CheckExactly()
            {
                foreach ((long id, List<(long Stamp, byte[] Row)> versions) in _history) Assert.Equal(versions[^1].Row, Row(id));
            }

            public void CheckAllowed(string where)
            {
                foreach ((long id, List<(long Stamp, byte[] Row)> versions) in _history)
                {
                    byte[] found = Row(id);
                    int durable = versions.FindLastIndex(v => v.Stamp <= _durable);
                    bool allowed = versions.Skip(Math.Max(durable, 0)).Any(v => Same(v.Row, found)) || (durable < 0 && found == null);
                    Assert.True(allowed, where + ": row " + id + " is not one that was promised");
                }
            }

            /// <summary>After a cut: what is in the log now is what there is.</summary>
            public void AdoptWhatIsThere()
            {
                foreach (long id in _history.Keys.ToArray()) _history[id] = new() { (0, Row(id)) };
                _durable = _stamp;
            }

            private byte[] Row(long id)
            {
                byte[] row = new byte[StoredPeer.BytesMax];
                int length = Log.Get(id, row, 0);
                return length < 0 ? null : row[..length];
            }

            private void Note(long id, byte[] row)
            {
                if (!_history.TryGetValue(id, out List<(long, byte[])> versions)) _history[id] = versions = new();
                versions.Add((++_stamp, row));
            }

            private static bool Same(byte[] a, byte[] b) => a == null || b == null ? a == b : a.AsSpan().SequenceEqual(b);
        }
    }
}
