using MicroLink.NetMap;

namespace MicroLink.Control
{
    /// <summary>
    /// HTTP dates, "Wed, 25 Nov 2026 20:00:00 GMT" (RFC 9110 5.6.7), as far as Retry-After needs them: how far one lies behind another.
    /// </summary>
    public static class HttpDate
    {
        private const int Length = 29;
        private static readonly string[] s_months =
        {
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        };

        /// <summary>Unix seconds, -1 when the text is no such date.</summary>
        public static long Seconds(string text)
        {
            if (text == null || text.Length != Length || text[3] != ',' || text.Substring(26) != "GMT") return -1;
            int month = 0;
            while (month < 12 && s_months[month] != text.Substring(8, 3)) month++;
            int day = Digits(text, 5, 2), year = Digits(text, 12, 4), hour = Digits(text, 17, 2), minute = Digits(text, 20, 2),
                second = Digits(text, 23, 2);
            if (month == 12 || (day | year | hour | minute | second) < 0 || day < 1 || day > 31 || year < 1970) return -1;
            return TimeText.DaysFromCivil(year, month + 1, day) * 86400L + hour * 3600 + minute * 60 + second;
        }

        private static int Digits(string text, int at, int count)
        {
            int value = 0;
            for (int i = 0; i < count; i++)
            {
                int digit = text[at + i] - '0';
                if (digit < 0 || digit > 9) return -1;
                value = value * 10 + digit;
            }
            return value;
        }
    }
}
