using System;
using System.Text;
using MicroLink.Store;
using Xunit;

namespace MicroLink.Tests.Unit.Store
{
    public sealed class SettingsImageTests
    {
        [Fact]
        public void An_image_has_the_layout_of_the_byte_picture()
        {
            SettingsTable table = new SettingsTable();
            table.Set("k", new byte[] { 0xAA, 0xBB });
            byte[] image = Image(table, 0x01020304);

            Assert.Equal("MLS1", Encoding.ASCII.GetString(image, 0, 4));
            Assert.Equal("01000000" + "04030201" + "06000000" + "016B" + "0200AABB", Convert.ToHexString(image, 4, 18));
            Assert.Equal(16 + 6 + 4, image.Length);
            Assert.Equal(Crc(image, 22), BitConverter.ToUInt32(image, 22));
        }

        [Fact]
        public void What_was_written_is_read_back()
        {
            SettingsTable table = Some();
            byte[] image = Image(table, 7);
            SettingsTable read = new SettingsTable();

            Assert.Equal(SettingsImage.Valid, SettingsImage.Check(image, image.Length));
            Assert.Equal(7u, SettingsImage.Read(image, image.Length, read));
            Assert.Equal(3, read.Count);
            Assert.Equal(table.Get("machine.private"), read.Get("machine.private"));
            Assert.Empty(read.Get("empty"));
            Assert.Equal(4096, read.Get("größe").Length);
        }

        [Fact]
        public void Every_prefix_is_torn_and_every_flipped_byte_is_noticed()
        {
            byte[] image = Image(Some(), 3);
            for (int cut = 1; cut < image.Length; cut++)
                Assert.Equal(SettingsImage.Torn, SettingsImage.Check(image.AsSpan(0, cut).ToArray(), cut));
            for (int at = 0; at < image.Length; at += at < 64 ? 1 : 97)
            {
                byte[] flipped = (byte[])image.Clone();
                flipped[at] ^= 0x10;
                Assert.NotEqual(SettingsImage.Valid, SettingsImage.Check(flipped, flipped.Length));
            }
        }

        [Fact]
        public void Bytes_behind_the_image_are_ignored()
        {
            byte[] image = Image(Some(), 3);
            byte[] page = new byte[image.Length + 100];
            Array.Fill(page, (byte)0xFF);
            image.CopyTo(page, 0);
            Assert.Equal(SettingsImage.Valid, SettingsImage.Check(page, page.Length));
        }

        [Fact]
        public void Entries_that_overrun_are_corrupt_even_with_a_right_crc()
        {
            byte[] image = Image(Some(), 3);
            image[16] = 200;   // a name longer than any name may be
            int end = image.Length - 4;
            BitConverter.GetBytes(Crc(image, end)).CopyTo(image, end);
            Assert.Equal(SettingsImage.Corrupt, SettingsImage.Check(image, image.Length));
        }

        [Fact]
        public void Random_bytes_never_throw()
        {
            const int Seed = 20261125;
            Random random = new Random(Seed);
            byte[] valid = Image(Some(), 3);
            for (int round = 0; round < 5000; round++)
            {
                byte[] bytes = new byte[random.Next(0, 200)];
                random.NextBytes(bytes);
                for (int i = 0; i < Math.Min(bytes.Length, random.Next(0, 20)); i++) bytes[i] = valid[i];
                Assert.True(SettingsImage.Check(bytes, bytes.Length) >= 0, "seed " + Seed + " round " + round);
            }
        }

        [Fact]
        public void The_newer_of_two_valid_slots_wins_also_around_the_wrap()
        {
            byte[] five = Image(Some(), 5), six = Image(Some(), 6), last = Image(Some(), uint.MaxValue), zero = Image(Some(), 0);
            Assert.Equal(1, Choose(five, six, SettingsSlots.Chosen));
            Assert.Equal(0, Choose(six, five, SettingsSlots.Chosen));
            Assert.Equal(1, Choose(last, zero, SettingsSlots.Chosen));
            Assert.Equal(0, Choose(five, null, SettingsSlots.Chosen));
            Assert.Equal(1, Choose(five.AsSpan(0, 30).ToArray(), six, SettingsSlots.Chosen));
        }

        [Fact]
        public void Nothing_there_is_fresh_but_two_unreadable_slots_are_damage()
        {
            byte[] first = Image(Some(), 1), second = Image(Some(), 2);
            byte[] bad = (byte[])first.Clone();
            bad[40] ^= 1;
            Assert.Equal(-1, Choose(null, null, SettingsSlots.Fresh));
            Assert.Equal(-1, Choose(new byte[0], null, SettingsSlots.Fresh));
            Assert.Equal(-1, Choose(first.AsSpan(0, 40).ToArray(), null, SettingsSlots.Fresh));
            Assert.Equal(-1, Choose(second.AsSpan(0, 40).ToArray(), null, SettingsSlots.Damaged));
            Assert.Equal(-1, Choose(bad, null, SettingsSlots.Damaged));
            Assert.Equal(-1, Choose(bad, second.AsSpan(0, 40).ToArray(), SettingsSlots.Damaged));
            Assert.Equal(-1, Choose(Encoding.ASCII.GetBytes("something else"), null, SettingsSlots.Damaged));
        }

        [Fact]
        public void A_newer_format_is_never_overwritten()
        {
            byte[] ours = Image(Some(), 9), newer = Image(Some(), 8);
            newer[4] = 2;
            Assert.Equal(-1, Choose(ours, newer, SettingsSlots.TooNew));
        }

        private static int Choose(byte[] a, byte[] b, int expectedVerdict)
        {
            int slot = SettingsSlots.Choose(a, b, out int verdict);
            Assert.Equal(expectedVerdict, verdict);
            return slot;
        }

        private static SettingsTable Some()
        {
            SettingsTable table = new SettingsTable();
            byte[] key = new byte[32];
            for (int i = 0; i < key.Length; i++) key[i] = (byte)i;
            table.Set("machine.private", key);
            table.Set("empty", new byte[0]);
            table.Set("größe", new byte[SettingsTable.ValueBytesMax]);
            return table;
        }

        private static byte[] Image(SettingsTable table, uint sequence)
        {
            byte[] image = new byte[SettingsImage.LengthOf(table)];
            Assert.Equal(image.Length, SettingsImage.Write(table, sequence, image));
            return image;
        }

        /// <summary>CRC-32 bit by bit, as an independent witness of the native one.</summary>
        private static uint Crc(byte[] bytes, int count)
        {
            uint crc = 0xFFFFFFFF;
            for (int i = 0; i < count; i++)
            {
                crc ^= bytes[i];
                for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
            return ~crc;
        }
    }
}
