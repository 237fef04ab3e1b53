using System;
using System.Collections.Generic;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// Decides about the certificate of one TLS connection (protocol.md 5.1 item 3): the name or CertName, the chain to the system's
    /// roots or the CA file, or the pin "sha256-raw:HEX". When it refuses, <see cref="Rejection"/> says why in one sentence.
    /// </summary>
    public sealed class ServerVerifier
    {
        /// <summary>derper appends a self-signed certificate of this name for its fast start; it does not count as presented.</summary>
        private const string MetaCertificatePrefix = "CN=derpkey";
        private const string PinPrefix = "sha256-raw:";

        private readonly StreamTarget _target;
        private readonly TrustStore _trust;
        private readonly string _name;

        public ServerVerifier(StreamTarget target, TrustStore trust)
        {
            _target = target;
            _trust = trust;
            _name = target.ServerName != null ? target.ServerName : target.Host;
        }

        /// <summary>Null, or why the certificate was refused.</summary>
        public string Rejection { get; private set; }

        /// <summary>The callback of SslStream.</summary>
        public bool Verify(object sender, X509Certificate certificate, X509Chain chain, SslPolicyErrors errors)
        {
            if (_target.Insecure) return true;
            X509Certificate2 leaf = certificate as X509Certificate2;
            if (leaf == null) return Refuse("The server " + _name + " presented no certificate, so the connection is refused.");
            List<X509Certificate2> presented = Presented(leaf, chain);
            return _target.CertName != null && _target.CertName.StartsWith(PinPrefix, StringComparison.Ordinal)
                ? VerifyPin(presented, _target.CertName.Substring(PinPrefix.Length))
                : VerifyChain(leaf, presented);
        }

        private bool VerifyPin(List<X509Certificate2> presented, string pin)
        {
            if (presented.Count != 1)
                return Refuse("The server " + _name + " must present exactly one certificate for its pin, but presented "
                    + presented.Count + "; the connection is refused.");
            X509Certificate2 leaf = presented[0];
            string actual = Convert.ToHexString(SHA256.HashData(leaf.RawDataMemory.Span));
            if (!string.Equals(actual, pin, StringComparison.OrdinalIgnoreCase))
                return Refuse("The certificate of " + _name + " is not the pinned one (its sha256 is " + actual.ToLowerInvariant()
                    + "); the connection is refused.");
            if (!string.IsNullOrEmpty(_name) && !leaf.MatchesHostname(_name)) return RefuseName(leaf, _name);
            if (!_target.TolerateDates && !IsValidToday(leaf)) return RefuseDates(leaf);
            return true;
        }

        private bool VerifyChain(X509Certificate2 leaf, List<X509Certificate2> presented)
        {
            string name = _target.CertName != null ? _target.CertName : _name;
            if (!leaf.MatchesHostname(name)) return RefuseName(leaf, name);
            X509Certificate2Collection own = _trust.Own(out string error);
            if (own == null) return Refuse(error);

            X509ChainStatusFlags found = X509ChainStatusFlags.PartialChain;
            bool isDated = false;
            foreach (X509Certificate2Collection roots in _trust.Stages(own, presented))
            {
                found = Build(leaf, presented, roots);
                if (IsAccepted(found)) return true;
                isDated |= found == X509ChainStatusFlags.NotTimeValid;
            }
            if (isDated) return RefuseDates(leaf);
            if ((found & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
                return Refuse("The certificate of " + name + " is not signed by an authority that this host trusts; the connection is "
                    + "refused. Give its CA with --ca-file if it is your own.");
            return Refuse("The certificate of " + name + " does not verify (" + found + "); the connection is refused.");
        }

        /// <summary>Builds the chain with .NET's roots (null), or with the given ones only.</summary>
        private X509ChainStatusFlags Build(X509Certificate2 leaf, List<X509Certificate2> presented, X509Certificate2Collection roots)
        {
            using X509Chain chain = new X509Chain();
            chain.ChainPolicy = TrustStore.NewPolicy();
            chain.ChainPolicy.VerificationTime = Now();
            foreach (X509Certificate2 one in presented) chain.ChainPolicy.ExtraStore.Add(one);
            if (roots != null)
            {
                chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
                chain.ChainPolicy.CustomTrustStore.AddRange(roots);
            }
            bool valid = chain.Build(leaf);
            X509ChainStatusFlags flags = X509ChainStatusFlags.NoError;
            foreach (X509ChainStatus status in chain.ChainStatus) flags |= status.Status;
            // Never take silence for consent.
            if (!valid && flags == X509ChainStatusFlags.NoError) flags = X509ChainStatusFlags.PartialChain;
            return flags;
        }

        /// <summary>
        /// Without a trusted clock the validity dates, and nothing else, are not held against a certificate (design section 8).
        /// </summary>
        private bool IsAccepted(X509ChainStatusFlags found)
        {
            if (found == X509ChainStatusFlags.NoError) return true;
            return _target.TolerateDates && found == X509ChainStatusFlags.NotTimeValid;
        }

        private static List<X509Certificate2> Presented(X509Certificate2 leaf, X509Chain chain)
        {
            List<X509Certificate2> all = new List<X509Certificate2> { leaf };
            if (chain == null) return all;
            foreach (X509Certificate2 one in chain.ChainPolicy.ExtraStore)
            {
                bool isLeaf = one.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span);
                if (!isLeaf && !one.Subject.StartsWith(MetaCertificatePrefix, StringComparison.Ordinal)) all.Add(one);
            }
            return all;
        }

        private DateTime Now()
        {
            return _target.UnixMs == 0 ? DateTime.Now : DateTimeOffset.FromUnixTimeMilliseconds(_target.UnixMs).LocalDateTime;
        }

        private bool IsValidToday(X509Certificate2 leaf)
        {
            DateTime now = Now();
            return leaf.NotBefore <= now && now <= leaf.NotAfter;
        }

        private bool RefuseDates(X509Certificate2 leaf)
        {
            return Refuse("The certificate of " + _name + " is valid from " + leaf.NotBefore.ToUniversalTime().ToString("yyyy-MM-dd")
                + " to " + leaf.NotAfter.ToUniversalTime().ToString("yyyy-MM-dd")
                    + " only; the connection is refused. Check the date of this host and of the server.");
        }

        private bool RefuseName(X509Certificate2 leaf, string name)
        {
            string subject = leaf.GetNameInfo(X509NameType.DnsName, false);
            return Refuse("The certificate presented is for " + subject + " and not for " + name
                + "; the connection is refused. Check the server's address.");
        }

        private bool Refuse(string sentence)
        {
            Rejection = sentence;
            return false;
        }
    }
}
