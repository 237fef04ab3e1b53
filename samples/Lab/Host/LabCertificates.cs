using System;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MicroLink.Lab
{
    /// <summary>
    /// A certificate authority made at start and one server certificate for localhost, 127.0.0.1 and ::1. Users trust the CA with
    /// --ca-file, so that the relays are verified in full and no insecure flag is needed. The keys live in memory only.
    /// </summary>
    internal sealed class LabCertificates : IDisposable
    {
        private readonly X509Certificate2 _ca;
        private readonly X509Certificate2 _server;

        public LabCertificates()
        {
            DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1), to = DateTimeOffset.UtcNow.AddDays(30);
            using ECDsa caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var ca = new CertificateRequest("CN=MicroLink lab CA", caKey, HashAlgorithmName.SHA256);
            ca.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            ca.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
            ca.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(ca.PublicKey, false));
            _ca = ca.CreateSelfSigned(from, to);

            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var server = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
            names.AddIpAddress(IPAddress.IPv6Loopback);
            server.CertificateExtensions.Add(names.Build());
            server.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
            server.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
            server.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(new OidCollection { new Oid("1.3.6.1.5.5.7.3.1") }, false));
            using X509Certificate2 signed = server.Create(_ca, from, to, RandomNumberGenerator.GetBytes(16));
            _server = signed.CopyWithPrivateKey(key);
            ServerOptions = new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(_server, new X509Certificate2Collection(_ca), offline: true),
            };
        }

        public string CaPem => _ca.ExportCertificatePem() + "\n";

        public SslServerAuthenticationOptions ServerOptions { get; }

        public void Dispose()
        {
            _server.Dispose();
            _ca.Dispose();
        }
    }
}
