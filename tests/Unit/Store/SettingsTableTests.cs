using System;
using MicroLink.Store;
using Xunit;

namespace MicroLink.Tests.Unit.Store
{
    public sealed class SettingsTableTests
    {
        [Fact]
        public void Set_replaces_and_remove_closes_the_gap()
        {
            SettingsTable table = new SettingsTable();
            table.Set("a", new byte[] { 1 });
            table.Set("b", new byte[] { 2 });
            table.Set("c", new byte[] { 3 });
            table.Set("a", new byte[] { 9 });
            Assert.True(table.Remove("b"));
            Assert.False(table.Remove("b"));
            Assert.Equal(2, table.Count);
            Assert.Equal(9, table.Get("a")[0]);
            Assert.Null(table.Get("b"));
            Assert.Equal("c", table.KeyAt(1));
        }

        [Fact]
        public void Limits_are_enforced()
        {
            SettingsTable table = new SettingsTable();
            Assert.Throws<ArgumentException>(() => table.Set("", new byte[1]));
            Assert.Throws<ArgumentException>(() => table.Set(new string('k', 65), new byte[1]));
            Assert.Throws<ArgumentException>(() => table.Set("k", new byte[4097]));
            for (int i = 0; i < SettingsTable.EntriesMax; i++) table.Set("k" + i, new byte[1]);
            Assert.Throws<InvalidOperationException>(() => table.Set("one more", new byte[1]));
        }
    }
}
