namespace MicroLink.Json
{
    /// <summary>Why a text was refused; the same numbers as in native/include/ml_json.h.</summary>
    public static class JsonError
    {
        public const int None = 0;
        public const int BadSyntax = 1;
        /// <summary>A control character or an unknown escape in a string.</summary>
        public const int BadString = 2;
        public const int BadUtf8 = 3;
        public const int BadNumber = 4;
        /// <summary>More than 64 containers inside each other.</summary>
        public const int TooDeep = 5;
        /// <summary>Finish came before the value was complete.</summary>
        public const int Incomplete = 6;

        public static string Describe(int error)
        {
            switch (error)
            {
                case None: return "no error";
                case BadSyntax: return "an unexpected character";
                case BadString: return "a control character or unknown escape in a string";
                case BadUtf8: return "bytes that are not UTF-8";
                case BadNumber: return "a malformed number";
                case TooDeep: return "more than 64 nested containers";
                case Incomplete: return "the text ends too early";
                default: return "error " + error.ToString();
            }
        }
    }
}
