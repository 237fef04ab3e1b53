namespace MicroLink.NetMap
{
    /// <summary>
    /// RFC 3339 times of the control protocol to Unix milliseconds: "2026-11-22T16:09:42.958188888Z", offsets "+02:00" too. Go's zero time
    /// 0001-01-01T00:00:00Z means "unset" and becomes 0 (trap 23).
    /// </summary>
    public static class TimeText
    {
        /// <summary>False when the text is not such a time. <paramref name="unixMs"/> is 0 for the zero time.</summary>
        public static bool Parse(byte[] text, int offset, int count, out long unixMs)
        {
            unixMs = 0;
            if (count < 20) return false;
            int year = Digits(text, offset, 4), month = Digits(text, offset + 5, 2), day = Digits(text, offset + 8, 2);
            int hour = Digits(text, offset + 11, 2), minute = Digits(text, offset + 14, 2), second = Digits(text, offset + 17, 2);
            if ((year | month | day | hour | minute | second) < 0) return false;
            if (text[offset + 4] != '-' || text[offset + 7] != '-' || text[offset + 13] != ':' || text[offset + 16] != ':') return false;
            if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return false;

            int at = offset + 19;
            int end = offset + count;
            int millis = 0;
            if (text[at] == '.' && !Fraction(text, ref at, end, out millis)) return false;
            if (!Zone(text, at, end, out int zoneMinutes)) return false;
            if (year == 1) return true;
            long seconds = DaysFromCivil(year, month, day) * 86400L + hour * 3600 + minute * 60 + second - zoneMinutes * 60;
            unixMs = seconds * 1000 + millis;
            return true;
        }

        private static bool Fraction(byte[] text, ref int at, int end, out int millis)
        {
            millis = 0;
            int scale = 100;
            int digits = 0;
            for (at++; at < end && text[at] >= '0' && text[at] <= '9'; at++)
            {
                millis += (text[at] - '0') * scale;
                scale /= 10;
                digits++;
            }
            return digits > 0;
        }

        private static bool Zone(byte[] text, int at, int end, out int minutes)
        {
            minutes = 0;
            if (at < end && text[at] == 'Z') return at + 1 == end;
            if (end - at != 6 || (text[at] != '+' && text[at] != '-') || text[at + 3] != ':') return false;
            int hour = Digits(text, at + 1, 2), minute = Digits(text, at + 4, 2);
            if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return false;
            minutes = hour * 60 + minute;
            if (text[at] == '-') minutes = -minutes;
            return true;
        }

        private static int Digits(byte[] text, int at, int count)
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

        /// <summary>Days since 1970-01-01 in the proleptic Gregorian calendar.</summary>
        public static int DaysFromCivil(int year, int month, int day)
        {
            // Years begin in March, so that the leap day is the last of its year.
            if (month <= 2) year--;
            int era = year / 400;
            int yearOfEra = year - era * 400;
            int dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
            int dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
            return era * 146097 + dayOfEra - 719468;
        }
    }
}
