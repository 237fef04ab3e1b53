using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// Certificates of authorities in a file and in folders, as OpenSSL keeps them. The file is searched for the few that can be meant by a
    /// server's certificate; everything is read only when that does not do. Read anew each time: an authority that comes or goes counts at the
    /// next connection.
    /// </summary>
    public sealed class RootFiles
    {
        private const string Certificate = "CERTIFICATE";
        /// <summary>Name of the bundle inside the folder where OpenSSL's own file is missing (Debian 11).</summary>
        private const string BundleInFolder = "ca-certificates.crt";
        /// <summary>Authorities above each other; real chains have two.</summary>
        private const int MaxRounds = 8;

        private readonly string _file;
        private readonly string[] _folders;

        /// <param name="folders">Separated by colons.</param>
        public RootFiles(string file, string folders)
        {
            _file = file;
            _folders = folders.Split(':', StringSplitOptions.RemoveEmptyEntries);
        }

        /// <summary>Authorities of the file that bear the name of an issuer of these certificates, and those above them.</summary>
        public X509Certificate2Collection Likely(List<X509Certificate2> presented)
        {
            X509Certificate2Collection found = new X509Certificate2Collection();
            HashSet<string> wanted = new HashSet<string>();
            foreach (X509Certificate2 one in presented) wanted.Add(Convert.ToHexString(one.IssuerName.RawData));
            List<byte[]> all = Ders(ReadBundle());
            for (int round = 0; round < MaxRounds && TakeNamed(all, wanted, found); round++) { }
            return found;
        }

        /// <summary>Everything in the file and the folders, as .NET would read it: PEM or DER, what is neither is passed over.</summary>
        public X509Certificate2Collection All()
        {
            X509Certificate2Collection found = new X509Certificate2Collection();
            HashSet<string> known = new HashSet<string>();
            AddFile(found, known, _file);
            foreach (string folder in _folders)
            {
                foreach (string path in FilesOf(folder)) AddFile(found, known, path);
            }
            return found;
        }

        // True when one came in whose own issuer may have to be looked for.
        private static bool TakeNamed(List<byte[]> all, HashSet<string> wanted, X509Certificate2Collection found)
        {
            bool more = false;
            for (int i = all.Count - 1; i >= 0; i--)
            {
                if (!Names(all[i], out string issuer, out string subject))
                {
                    all.RemoveAt(i);
                    continue;
                }
                if (!wanted.Contains(subject)) continue;
                Add(found, all[i]);
                all.RemoveAt(i);
                more |= wanted.Add(issuer);
            }
            return more;
        }

        private static void AddFile(X509Certificate2Collection found, HashSet<string> known, string path)
        {
            byte[] bytes = Read(path);
            List<byte[]> ders = Ders(bytes);
            if (ders.Count == 0 && bytes.Length > 0) ders.Add(bytes);
            foreach (byte[] der in ders)
            {
                if (known.Add(Convert.ToHexString(SHA256.HashData(der)))) Add(found, der);
            }
        }

        private static void Add(X509Certificate2Collection found, byte[] der)
        {
            try
            {
                found.Add(X509CertificateLoader.LoadCertificate(der));
            }
            catch (CryptographicException)
            {
                // No certificate: a list of revoked ones, a README. It vouches for nobody.
            }
        }

        private byte[] ReadBundle()
        {
            byte[] bytes = Read(_file);
            for (int i = 0; bytes.Length == 0 && i < _folders.Length; i++) bytes = Read(Path.Combine(_folders[i], BundleInFolder));
            return bytes;
        }

        private static string[] FilesOf(string folder)
        {
            try
            {
                return Directory.GetFiles(folder);
            }
            catch (Exception error) when (error is IOException || error is UnauthorizedAccessException)
            {
                return Array.Empty<string>();
            }
        }

        private static byte[] Read(string path)
        {
            try
            {
                return File.ReadAllBytes(path);
            }
            catch (Exception error) when (error is IOException || error is UnauthorizedAccessException)
            {
                return Array.Empty<byte>();   // a link that leads nowhere, a file that we may not read: no authorities there
            }
        }

        /// <summary>The certificates of a PEM text.</summary>
        private static List<byte[]> Ders(byte[] bytes)
        {
            List<byte[]> all = new List<byte[]>();
            ReadOnlySpan<char> text = Encoding.Latin1.GetString(bytes);
            while (PemEncoding.TryFind(text, out PemFields fields))
            {
                if (text[fields.Label].SequenceEqual(Certificate))
                {
                    byte[] der = new byte[fields.DecodedDataLength];
                    if (Convert.TryFromBase64Chars(text[fields.Base64Data], der, out int count) && count == der.Length) all.Add(der);
                }
                text = text.Slice(fields.Location.End.GetOffset(text.Length));
            }
            return all;
        }

        // RFC 5280, 4.1: SEQUENCE { SEQUENCE { [0] version, serialNumber, signature, issuer, validity, subject, ... } ... }.
        private static bool Names(byte[] der, out string issuer, out string subject)
        {
            issuer = subject = null;
            try
            {
                AsnReader body = new AsnReader(der, AsnEncodingRules.DER).ReadSequence().ReadSequence();
                if (body.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 0))) body.ReadEncodedValue();
                body.ReadEncodedValue();
                body.ReadEncodedValue();
                issuer = Convert.ToHexString(body.ReadEncodedValue().Span);
                body.ReadEncodedValue();
                subject = Convert.ToHexString(body.ReadEncodedValue().Span);
                return true;
            }
            catch (AsnContentException)
            {
                return false;
            }
        }
    }
}
