namespace MicroLink.Json
{
    /// <summary>What JsonReader.Read found; the same numbers as in native/include/ml_json.h.</summary>
    public static class JsonToken
    {
        /// <summary>The input is used up and the token is not complete: Feed more, or Finish.</summary>
        public const int None = 0;
        public const int ObjectStart = 1;
        public const int ObjectEnd = 2;
        public const int ArrayStart = 3;
        public const int ArrayEnd = 4;
        public const int Key = 5;
        public const int String = 6;
        public const int Number = 7;
        public const int True = 8;
        public const int False = 9;
        public const int Null = 10;
        /// <summary>The document is complete and nothing but white space followed in what was fed.</summary>
        public const int End = 11;
        /// <summary>The text is not JSON; ErrorCode says why. Every later Read answers the same until Reset.</summary>
        public const int Error = 12;
    }
}
