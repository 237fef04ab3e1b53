using System;
using System.Runtime.InteropServices;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// The authorities that this system trusts. .NET reads and parses them all at the first certificate, on a Debian 146 of them three times,
    /// which was half of a node's start (68 ms); a program may have them read by <see cref="RootFiles"/> instead (docs/adr/0008).
    /// </summary>
    public static class SystemRoots
    {
        private const string Nowhere = "/nonexistent";

        /// <summary>Null: .NET reads them.</summary>
        internal static RootFiles Files { get; private set; }

        /// <summary>
        /// From now on .NET finds none and <see cref="TrustStore"/> reads those of OpenSSL's places itself. For a program whose only TLS is ours, before
        /// its first. Changes nothing where OpenSSL 3 does not say where it looks.
        /// </summary>
        public static void TakeOver()
        {
            string file = Environment.GetEnvironmentVariable("SSL_CERT_FILE") ?? OpenSslPath(true);
            string folders = Environment.GetEnvironmentVariable("SSL_CERT_DIR") ?? OpenSslPath(false);
            if (file == null || folders == null) return;
            if (setenv("SSL_CERT_FILE", Nowhere, 1) == 0 && setenv("SSL_CERT_DIR", Nowhere, 1) == 0) Files = new RootFiles(file, folders);
        }

        private static string OpenSslPath(bool file)
        {
            try
            {
                return Marshal.PtrToStringUTF8(file ? X509_get_default_cert_file() : X509_get_default_cert_dir());
            }
            catch (Exception error) when (error is DllNotFoundException || error is EntryPointNotFoundException)
            {
                return null;
            }
        }

        [DllImport("libc")]
        private static extern int setenv(string name, string value, int overwrite);

        [DllImport("libcrypto.so.3")]
        private static extern IntPtr X509_get_default_cert_file();

        [DllImport("libcrypto.so.3")]
        private static extern IntPtr X509_get_default_cert_dir();
    }
}
