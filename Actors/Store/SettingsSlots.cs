namespace MicroLink.Store
{
    /// <summary>Chooses between the two copies of the settings at start. Pure: files and flash pages are the driver's.</summary>
    public static class SettingsSlots
    {
        /// <summary>
        /// Verdicts. Fresh: nothing was ever committed. Chosen: go on with that slot. Damaged, TooNew: there is data that we cannot read;
        /// start must fail and nothing may be overwritten.
        /// </summary>
        public const int Fresh = 0, Chosen = 1, Damaged = 2, TooNew = 3;

        /// <summary>Index of the newest valid slot, or -1. Either slot may be null (it does not exist).</summary>
        public static int Choose(byte[] slotA, byte[] slotB, out int verdict)
        {
            int a = slotA == null ? SettingsImage.Empty : SettingsImage.Check(slotA, slotA.Length);
            int b = slotB == null ? SettingsImage.Empty : SettingsImage.Check(slotB, slotB.Length);
            verdict = Chosen;
            if (a == SettingsImage.TooNew || b == SettingsImage.TooNew) verdict = TooNew;
            else if (a == SettingsImage.Valid && b == SettingsImage.Valid) return IsNewer(slotB, slotA) ? 1 : 0;
            else if (a == SettingsImage.Valid) return 0;
            else if (b == SettingsImage.Valid) return 1;
            else verdict = IsFirstCommitCut(a, slotA) && IsFirstCommitCut(b, slotB) ? Fresh : Damaged;
            return -1;
        }

        /// <summary>
        /// Without a valid slot there may still be no damage: the power went in the middle of the very first commit (sequence 1, or not
        /// even that number written). Then nothing was ever promised to anybody.
        /// </summary>
        private static bool IsFirstCommitCut(int state, byte[] slot)
        {
            if (state == SettingsImage.Empty) return true;
            return state == SettingsImage.Torn && SettingsImage.SequenceOf(slot, slot.Length) <= 1;
        }

        private static bool IsNewer(byte[] slot, byte[] than)
        {
            return (int)(SettingsImage.SequenceOf(slot, slot.Length) - SettingsImage.SequenceOf(than, than.Length)) > 0;
        }
    }
}
