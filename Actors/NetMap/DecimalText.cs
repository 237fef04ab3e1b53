namespace MicroLink.NetMap
{
    /// <summary>Go's float64 in JSON, as far as control uses it: seconds and scores. No floating point on the way.</summary>
    internal static class DecimalText
    {
        private const int MaxWhole = 100000;

        /// <summary>"0.85" becomes 850; digits behind the third are cut, numbers above 100000 become that. <paramref name="otherwise"/> for
        /// anything that is no plain decimal number (negative, with an exponent).</summary>
        public static int Thousandths(byte[] text, int count, int otherwise)
        {
            int whole = 0;
            int fraction = 0;
            int scale = 0;
            bool point = false;
            for (int i = 0; i < count; i++)
            {
                int digit = text[i] - '0';
                if (text[i] == '.' && !point)
                {
                    point = true;
                    scale = 1000;
                }
                else if (digit < 0 || digit > 9) return otherwise;
                else if (!point) whole = whole < MaxWhole ? whole * 10 + digit : MaxWhole;
                else
                {
                    scale /= 10;
                    fraction += digit * scale;
                }
            }
            return count == 0 ? otherwise : whole >= MaxWhole ? MaxWhole * 1000 : whole * 1000 + fraction;
        }
    }
}
