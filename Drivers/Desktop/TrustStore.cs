using System;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>Whom we trust: the system's roots and, beside them, the certificates of the user's --ca-file.</summary>
    public sealed class TrustStore
    {
        private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

        private readonly object _gate = new object();
        private readonly string _caFile;
        private X509Certificate2Collection _own;
        private string _error;

        public TrustStore(string caFile)
        {
            _caFile = caFile;
        }

        /// <summary>The certificates of the CA file; empty without one. Null with a sentence when the file cannot be used.</summary>
        public X509Certificate2Collection Own(out string error)
        {
            lock (_gate)
            {
                if (_own == null && _error == null) Load();
                error = _error;
                return _own;
            }
        }

        /// <summary>Verification as a TLS client needs it, and without network access: nothing is downloaded during a handshake.</summary>
        public static X509ChainPolicy NewPolicy()
        {
            X509ChainPolicy policy = new X509ChainPolicy
            {
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
            return policy;
        }

        private void Load()
        {
            X509Certificate2Collection all = new X509Certificate2Collection();
            if (_caFile != null)
            {
                try
                {
                    all.ImportFromPemFile(_caFile);
                    if (all.Count == 0) _error = "The CA file " + _caFile
                        + " holds no certificate; give a PEM file with BEGIN CERTIFICATE.";
                }
                catch (Exception error) when (error is IOException || error is UnauthorizedAccessException
                    || error is CryptographicException)
                {
                    _error = "The CA file " + _caFile + " cannot be read (" + error.Message.TrimEnd('.') + "); check --ca-file.";
                }
            }
            if (_error == null) _own = all;
        }
    }
}
