namespace MicroLink.Runtime
{
    /// <summary>Who has the buffers of a pool.</summary>
    public static class PoolLeases
    {
        /// <summary>Where the leased buffers are: "2 of 8 leased: netio, (outside)"; null when all are back.</summary>
        public static string DescribeLeases(this BufferPool pool)
        {
            lock (pool.Gate)
            {
                int leased = pool.Count - pool.Free;
                if (leased == 0) return null;
                string text = leased.ToString() + " of " + pool.Count.ToString() + " leased:";
                for (int i = 0; i < pool.Count; i++)
                {
                    PacketBuffer buffer = pool.All[i];
                    if (buffer.Leased) text += " " + (buffer.Holder == null ? "(outside)" : buffer.Holder.Path);
                }
                return text;
            }
        }
    }
}
