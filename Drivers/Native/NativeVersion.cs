using System;

namespace MicroLink.Native
{
    /// <summary>Asks the C library who it is before anything else calls it.</summary>
    public static class NativeVersion
    {
        /// <summary>major * 10000 + minor * 100 + patch; ml_version.h holds the same number. It moves with every change of the face.</summary>
        public const int Expected = 102;

        /// <summary>Null when the right library is there; otherwise one plain sentence for the user.</summary>
        public static string Check()
        {
            int found;
#if NANOFRAMEWORK
            try
            {
                found = VersionNative.mlm_version();
            }
            catch (Exception)
            {
                return "This firmware does not hold the MicroLink native library; flash a firmware that does (docs/firmware.md).";
            }
#else
            try
            {
                found = VersionNative.mlm_version();
            }
            catch (DllNotFoundException)
            {
                return "The native library libmicrolink.so was not found beside the program; build it with ./test or ./microlink.";
            }
            catch (EntryPointNotFoundException)
            {
                return "The library libmicrolink.so beside the program is not ours; build it again with ./test or ./microlink.";
            }
            catch (BadImageFormatException)
            {
                return "The library libmicrolink.so was built for another processor; build it again with ./test or ./microlink.";
            }
#endif
            return Describe(found);
        }

        /// <summary>The sentence for a library that answered <paramref name="found"/>; null when it is the expected one.</summary>
        public static string Describe(int found)
        {
            if (found == Expected) return null;
            return "The native library has version " + Text(found) + " but this program needs " + Text(Expected)
                + "; build or flash both from the same source.";
        }

        private static string Text(int version)
        {
            return (version / 10000).ToString() + "." + (version / 100 % 100).ToString() + "." + (version % 100).ToString();
        }
    }
}
