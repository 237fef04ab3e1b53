using System;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MicroLink.Drivers;
using MicroLink.Drivers.Desktop;
using Xunit;

namespace MicroLink.Tests.Interop
{
    /// <summary>The desktop's TLS against `openssl s_server`: who is let in, who is refused, and with which sentence.</summary>
    public sealed class OpenSslTests : IDisposable
    {
        private const string Name = "relay.test";

        private readonly OpenSslServer _server = new OpenSslServer();

        public void Dispose() => _server.Dispose();

        [OpenSslTheory]
        [InlineData("-tls1_3")]
        [InlineData("-tls1_2")]
        public void A_server_signed_by_the_ca_file_is_accepted_and_bytes_flow(string version)
        {
            _server.MakeServer("good", Name);
            _server.Start("good", version);
            using StreamClient client = new StreamClient(_server.CaFile);
            Assert.Null(client.Dial(Target()));
            client.Write(Encoding.ASCII.GetBytes("GET / HTTP/1.0\r\n\r\n"));
            string page = Encoding.ASCII.GetString(client.ReadToEnd());
            Assert.StartsWith("HTTP/1.0 200 ok", page);
        }

        [OpenSslFact]
        public void Without_the_ca_file_the_server_is_refused()
        {
            _server.MakeServer("good", Name);
            _server.Start("good");
            using StreamClient client = new StreamClient(null);
            StreamFailed failed = client.Dial(Target());
            Assert.Equal(StreamFailure.CertificateRejected, failed.Failure);
            Assert.Equal("The certificate of relay.test is not signed by an authority that this host trusts; the connection is refused. "
                + "Give its CA with --ca-file if it is your own.", failed.Text);
        }

        [OpenSslFact]
        public void Another_ca_is_refused()
        {
            _server.MakeServer("good", Name);
            _server.MakeCa("other");
            _server.Start("good");
            using StreamClient client = new StreamClient(_server.FileOf("other.pem"));
            Assert.Equal(StreamFailure.CertificateRejected, client.Dial(Target()).Failure);
        }

        [OpenSslFact]
        public void A_missing_or_empty_ca_file_is_named()
        {
            _server.MakeServer("good", Name);
            _server.Start("good");
            using StreamClient missing = new StreamClient(_server.FileOf("nowhere.pem"));
            Assert.Contains("nowhere.pem cannot be read", missing.Dial(Target()).Text);
            File.WriteAllText(_server.FileOf("empty.pem"), "no certificate here\n");
            using StreamClient empty = new StreamClient(_server.FileOf("empty.pem"));
            Assert.Contains("holds no certificate", empty.Dial(Target()).Text);
        }

        [OpenSslFact]
        public void Another_name_is_refused_unless_cert_name_says_so()
        {
            _server.MakeServer("good", "elsewhere.test");
            _server.Start("good");
            using StreamClient client = new StreamClient(_server.CaFile);
            StreamFailed failed = client.Dial(Target());
            Assert.Equal(StreamFailure.CertificateRejected, failed.Failure);
            Assert.Contains("is for elsewhere.test and not for relay.test", failed.Text);

            StreamTarget target = Target();
            target.CertName = "elsewhere.test";
            Assert.Null(client.Dial(target));
        }

        [OpenSslFact]
        public void An_expired_certificate_is_tolerated_only_without_a_trusted_clock()
        {
            _server.MakeServer("expired", Name, -1);
            _server.Start("expired");
            using StreamClient client = new StreamClient(_server.CaFile);
            StreamFailed failed = client.Dial(Target());
            Assert.Equal(StreamFailure.CertificateRejected, failed.Failure);
            Assert.Contains("is valid from 2020-01-01 to 2021-01-01 only", failed.Text);

            StreamTarget tolerant = Target();
            tolerant.TolerateDates = true;
            Assert.Null(client.Dial(tolerant));

            client.Close();
            // Dates are all that is forgiven: the same certificate under a CA nobody knows stays refused.
            using StreamClient stranger = new StreamClient(null);
            Assert.Equal(StreamFailure.CertificateRejected, stranger.Dial(tolerant).Failure);
        }

        [OpenSslFact]
        public void The_right_pin_is_enough_and_a_wrong_one_is_not()
        {
            _server.MakeSelfSigned("pinned", Name);
            _server.Start("pinned");
            string pin = PinOf("pinned.pem").ToLowerInvariant();
            using StreamClient client = new StreamClient(null);
            StreamTarget target = Target();
            target.CertName = "sha256-raw:" + pin;
            Assert.Null(client.Dial(target));

            target.CertName = "sha256-raw:" + new string('0', 64);
            StreamFailed failed = client.Dial(target);
            Assert.Equal(StreamFailure.CertificateRejected, failed.Failure);
            Assert.Contains("is not the pinned one (its sha256 is " + pin + ")", failed.Text);

            target.CertName = "sha256-raw:" + pin;
            target.ServerName = "elsewhere.test";   // the name still counts (protocol.md 5.1)
            Assert.Contains("not for elsewhere.test", client.Dial(target).Text);
        }

        [OpenSslFact]
        public void A_pin_wants_exactly_one_certificate_derper_s_meta_certificate_apart()
        {
            _server.MakeSelfSigned("pinned", Name);
            _server.MakeSelfSigned("derpkey" + new string('a', 50), "derpkey" + new string('a', 50));
            string pin = PinOf("pinned.pem");
            _server.Start("pinned", "-cert_chain derpkey" + new string('a', 50) + ".pem");
            using StreamClient client = new StreamClient(null);
            StreamTarget target = Target();
            target.CertName = "sha256-raw:" + pin;
            Assert.Null(client.Dial(target));
        }

        [OpenSslFact]
        public void Insecure_accepts_anything()
        {
            _server.MakeSelfSigned("any", "whatever");
            _server.Start("any");
            using StreamClient client = new StreamClient(null);
            StreamTarget target = Target();
            target.Insecure = true;
            Assert.Null(client.Dial(target));
        }

        [OpenSslFact]
        public void A_port_that_does_not_speak_tls_is_one_sentence()
        {
            using PlainServer plain = new PlainServer("HTTP/1.1 400 Bad Request\r\n\r\n");
            using StreamClient client = new StreamClient(null);
            StreamTarget target = Target();
            target.Port = plain.Port;
            StreamFailed failed = client.Dial(target);
            Assert.Equal(StreamFailure.Tls, failed.Failure);
            Assert.Contains("did not complete the TLS handshake", failed.Text);
        }

        [OpenSslFact]
        public void Many_bytes_pass_through_four_buffers_and_the_ring_in_order()
        {
            _server.MakeServer("good", Name);
            File.WriteAllBytes(_server.FileOf("big.bin"), Big());
            _server.Start("good", "-WWW -no_ticket");
            using StreamClient client = new StreamClient(_server.CaFile);
            Assert.Null(client.Dial(Target()));
            client.Write(Encoding.ASCII.GetBytes("GET /big.bin HTTP/1.0\r\n\r\n"));
            byte[] answer = client.ReadToEnd();
            Assert.True(Big().AsSpan().SequenceEqual(answer.AsSpan(answer.Length - Big().Length)));
        }

        private string PinOf(string file)
        {
            return Convert.ToHexString(SHA256.HashData(X509CertificateLoader.LoadCertificateFromFile(_server.FileOf(file)).RawData));
        }

        private StreamTarget Target()
        {
            return new StreamTarget { Host = Name, Address = "127.0.0.1", Port = _server.Port, Tls = true, ServerName = Name,
                TimeoutMs = 10000 };
        }

        private static byte[] Big()
        {
            byte[] bytes = new byte[1 << 20];
            for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)(i * 7 + (i >> 12));
            return bytes;
        }
    }
}
