#nullable enable
using System;
using System.IO;

namespace MicroLink.Desktop
{
    /// <summary>A secret option: arguments are seen by every user of the host (ps), a file need not be.</summary>
    internal static class SecretText
    {
        private const string FilePrefix = "file:";
        private const int Longest = 4096;

        /// <summary>The option itself, or what is in the file of "file:PATH", without white space around. Null with an error: it cannot be read.</summary>
        public static string? Read(string? option, string name, out string? error)
        {
            error = null;
            if (option == null || !option.StartsWith(FilePrefix, StringComparison.Ordinal)) return option;
            string path = option.Substring(FilePrefix.Length);
            try
            {
                using StreamReader reader = new StreamReader(path);
                char[] text = new char[Longest];
                string secret = new string(text, 0, reader.ReadBlock(text)).Trim();
                if (secret.Length > 0) return secret;
                error = $"The file {path} of {name} is empty.";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                error = $"The file {path} of {name} cannot be read ({e.Message}).";
            }
            return null;
        }
    }
}
