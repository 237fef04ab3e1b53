using System;
using System.Collections.Generic;
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
        private readonly RootFiles _system;
        private X509Certificate2Collection _own;
        private string _error;

        public TrustStore(string caFile) : this(caFile, SystemRoots.Files) { }

        /// <param name="system">The system's roots where .NET does not read them; null = it does.</param>
        public TrustStore(string caFile, RootFiles system)
        {
            _caFile = caFile;
            _system = system;
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

        /// <summary>
        /// Sets of roots, to be tried one after the other until one bears the certificate; null = those .NET reads. The cheap ones first,
        /// each made when it is its turn; all of them together are the same, whoever reads the system's.
        /// </summary>
        public IEnumerable<X509Certificate2Collection> Stages(X509Certificate2Collection own, List<X509Certificate2> presented)
        {
            if (own.Count > 0) yield return own;
            if (_system != null)
            {
                yield return _system.Likely(presented);
                yield return _system.All();
            }
            yield return null;
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
