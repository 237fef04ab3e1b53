using System;
using QRCoder;

namespace MicroLink.Desktop
{
    /// <summary>The login page's address as a QR code in the terminal: a phone can open it, whatever the terminal is connected to.</summary>
    internal static class LoginCode
    {
        /// <summary>A longer address makes a code that no terminal shows whole.</summary>
        private const int LongestUrl = 512;

        /// <summary>Lines of half blocks, or null when the address does not fit.</summary>
        public static string? Draw(string url)
        {
            if (url.Length > LongestUrl) return null;
            using QRCodeData data = QRCodeGenerator.GenerateQrCode(url, QRCodeGenerator.ECCLevel.L);
            using AsciiQRCode code = new AsciiQRCode(data);
            return code.GetGraphicSmall();
        }

        public static void Show(string url)
        {
            Console.WriteLine("To log in, visit: " + url);
            string? code = Draw(url);
            foreach (string line in (code ?? "").Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)) Console.WriteLine(line);
        }
    }
}
