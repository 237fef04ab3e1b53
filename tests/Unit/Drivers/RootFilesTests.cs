using System;
using System.IO;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MicroLink.Drivers;
using MicroLink.Drivers.Desktop;
using Xunit;

namespace MicroLink.Tests.Unit.Drivers
{
    /// <summary>Whom the system trusts, read by us: the same authorities, wherever OpenSSL may keep them, and nobody else.</summary>
    public sealed class RootFilesTests : IDisposable
    {
        private const string Name = "relay.example";

        private readonly string _folder = Directory.CreateTempSubdirectory("microlink-roots-").FullName;
        private readonly X509Certificate2 _root = Authority("CN=Root", null), _other = Authority("CN=Other", null);

        public void Dispose() => Directory.Delete(_folder, true);

        private string Bundle => Path.Combine(_folder, "bundle.pem");
        private string Certs => Directory.CreateDirectory(Path.Combine(_folder, "certs")).FullName;

        [Fact]
        public void An_authority_of_the_file_is_found_by_the_issuers_name_alone()
        {
            File.WriteAllText(Bundle, "# Root\n" + _other.ExportCertificatePem() + "\n" + _root.ExportCertificatePem() + "\n");
            RootFiles roots = new RootFiles(Bundle, "");
            X509Certificate2Collection likely = roots.Likely([Server(_root)]);
            Assert.Equal(_root.RawData, Assert.Single(likely).RawData);
            Assert.Null(Verify(Server(_root), roots));
            Assert.Equal(2, roots.All().Count);
        }

        [Fact]
        public void With_an_intermediate_that_the_server_presents_or_the_file_holds()
        {
            X509Certificate2 between = Authority("CN=Between", _root);
            File.WriteAllText(Bundle, _root.ExportCertificatePem());
            Assert.Null(Verify(Server(between), new RootFiles(Bundle, ""), between));
            Assert.NotNull(Verify(Server(between), new RootFiles(Bundle, "")));
            File.WriteAllText(Bundle, between.ExportCertificatePem() + "\n" + _root.ExportCertificatePem());
            Assert.Equal(2, new RootFiles(Bundle, "").Likely([Server(between)]).Count);
            Assert.Null(Verify(Server(between), new RootFiles(Bundle, "")));
        }

        [Fact]
        public void An_authority_that_is_in_the_folder_only_counts_from_the_moment_it_is_there()
        {
            File.WriteAllText(Bundle, _other.ExportCertificatePem());
            RootFiles roots = new RootFiles(Bundle, "/nonexistent:" + Certs);
            Assert.Contains("not signed by an authority", Verify(Server(_root), roots));
            File.WriteAllText(Path.Combine(Certs, "README"), "no certificate");
            File.CreateSymbolicLink(Path.Combine(Certs, "gone.0"), Path.Combine(Certs, "gone.pem"));
            File.WriteAllBytes(Path.Combine(Certs, "root.crt"), _root.RawData);                                    // DER
            Assert.Null(Verify(Server(_root), roots));
            File.Delete(Path.Combine(Certs, "root.crt"));
            Assert.Contains("not signed by an authority", Verify(Server(_root), roots));
            File.WriteAllText(Path.Combine(Certs, "ca-certificates.crt"), _root.ExportCertificatePem());
            Assert.Null(Verify(Server(_root), roots));
            Assert.Single(new RootFiles("/nonexistent", Certs).Likely([Server(_root)]));
        }

        [Fact]
        public void A_namesake_of_an_authority_does_not_count()
        {
            X509Certificate2 namesake = Authority("CN=Root", null);
            File.WriteAllText(Bundle, _root.ExportCertificatePem());
            RootFiles roots = new RootFiles(Bundle, "");
            Assert.NotNull(Verify(Server(namesake), roots));
            Assert.NotNull(Verify(Server(namesake), roots, namesake));
            File.AppendAllText(Bundle, "\n" + namesake.ExportCertificatePem());
            Assert.Equal(2, roots.Likely([Server(namesake)]).Count);
            Assert.Null(Verify(Server(namesake), roots));
            Assert.Null(Verify(Server(_root), roots));
        }

        [Fact]
        public void Of_a_certificate_whose_dates_alone_are_wrong_the_dates_are_told()
        {
            File.WriteAllText(Bundle, _root.ExportCertificatePem());
            RootFiles roots = new RootFiles(Bundle, "");
            Assert.Contains("is valid from", Verify(Server(_root, expired: true), roots));
            Assert.Contains("not signed by an authority", Verify(Server(_other, expired: true), roots));
        }

        [Fact]
        public void Damaged_files_vouch_for_nobody()
        {
            string pem = _root.ExportCertificatePem();
            RootFiles roots = new RootFiles(Bundle, "");
            for (int cut = 0; cut < pem.Length; cut += 7)
            {
                File.WriteAllText(Bundle, pem.Substring(0, cut));
                Assert.NotNull(Verify(Server(_root), roots));
            }
            byte[] der = _root.RawData;
            for (int at = 0; at < der.Length; at += 11)
            {
                byte[] damaged = (byte[])der.Clone();
                damaged[at] ^= 0x55;
                File.WriteAllText(Bundle, PemEncoding.WriteString("CERTIFICATE", damaged));
                roots.Likely([Server(_root)]);
                roots.All();
            }
        }

        // Null = accepted.
        private static string Verify(X509Certificate2 leaf, RootFiles roots, params X509Certificate2[] presented)
        {
            ServerVerifier verifier = new ServerVerifier(new StreamTarget { Host = Name, ServerName = Name, Tls = true }, new TrustStore(null, roots));
            using X509Chain chain = new X509Chain();
            chain.ChainPolicy.ExtraStore.AddRange(presented);
            bool accepted = verifier.Verify(null, leaf, chain, SslPolicyErrors.None);
            Assert.Equal(accepted, verifier.Rejection == null);
            return verifier.Rejection;
        }

        private static X509Certificate2 Authority(string name, X509Certificate2 issuer)
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            CertificateRequest request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
            DateTimeOffset now = DateTimeOffset.UtcNow;
            if (issuer == null) return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
            using X509Certificate2 signed = request.Create(issuer, now.AddHours(-1), now.AddDays(20), RandomNumberGenerator.GetBytes(8));
            return signed.CopyWithPrivateKey(key);
        }

        private static X509Certificate2 Server(X509Certificate2 issuer, bool expired = false)
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            CertificateRequest request = new CertificateRequest("CN=" + Name, key, HashAlgorithmName.SHA256);
            SubjectAlternativeNameBuilder names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(Name);
            request.CertificateExtensions.Add(names.Build());
            DateTimeOffset now = DateTimeOffset.UtcNow;
            return request.Create(issuer, now.AddMinutes(-10), expired ? now.AddMinutes(-5) : now.AddDays(10), RandomNumberGenerator.GetBytes(8));
        }
    }
}
