using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace MicroLink.Tests.Interop.RealTailscale
{
    /// <summary>Headscale as the control server, with one user; its command speaks to it by its own socket.</summary>
    internal sealed partial class RealTailnet
    {
        private string CaFile => Path.Combine(Folder, "ca.pem");

        private string HeadscaleConfig => Path.Combine(Folder, "headscale.yaml");

        private string PolicyFile => Path.Combine(Folder, "policy.json");

        /// <param name="https">With a certificate of a private CA, and with its own relay in the place of derper.</param>
        public void StartHeadscale(bool https = false)
        {
            if (https) MakeCertificate();
            string relays = Path.Combine(Folder, "relays.yaml");
            File.WriteAllText(relays, "regions:\n  900:\n    regionid: 900\n    regioncode: test\n    regionname: Test\n    nodes:\n      - name: 900a\n"
                + "        regionid: 900\n        hostname: " + ControlAddress + "\n        ipv4: " + ControlAddress
                + "\n        stunport: 3478\n        derpport: 3341\n        insecurefortests: true\n");
            if (!File.Exists(PolicyFile)) File.WriteAllText(PolicyFile, "{}");
            File.WriteAllText(HeadscaleConfig, $$"""
                server_url: {{ControlUrl}}
                listen_addr: {{ControlAddress}}:9911
                metrics_listen_addr: 127.0.0.1:9090
                grpc_listen_addr: 127.0.0.1:50443
                noise: { private_key_path: {{Folder}}/noise.key }
                prefixes: { v4: 100.64.0.0/10, v6: "fd7a:115c:a1e0::/48", allocation: sequential }
                derp:
                  server:
                    enabled: {{(https ? "true" : "false")}}
                    region_id: 999
                    region_code: own
                    region_name: Own
                    stun_listen_addr: "{{ControlAddress}}:3480"
                    private_key_path: {{Folder}}/relay.key
                    automatically_add_embedded_derp_region: true
                    ipv4: {{ControlAddress}}
                  urls: []
                  paths: [{{(https ? "" : relays)}}]
                  auto_update_enabled: false
                disable_check_updates: true
                ephemeral_node_inactivity_timeout: 30m
                database: { type: sqlite, sqlite: { path: {{Folder}}/headscale.db } }
                policy: { mode: file, path: {{PolicyFile}} }
                dns:
                  magic_dns: true
                  base_domain: tail.test
                  override_local_dns: false
                  extra_records: [{ name: printer.tail.test, type: A, value: 100.64.0.99 }]
                unix_socket: {{Folder}}/headscale.sock
                unix_socket_permission: "0770"
                logtail: { enabled: false }
                {{(https ? "tls_cert_path: " + Folder + "/control.pem\ntls_key_path: " + Folder + "/control.key" : "")}}
                """);
            Start("headscale", Control, Named("HEADSCALE"), "-c", HeadscaleConfig, "serve");
            UntilControlListens();
            if (!Headscale("users", "list").Contains("somebody")) Headscale("users", "create", "somebody");
        }

        /// <summary>A command of headscale; it must succeed. What it printed.</summary>
        public string Headscale(params string[] arguments)
        {
            (int exitCode, string output) = Run(Named("HEADSCALE"), ["-c", HeadscaleConfig, .. arguments]);
            if (exitCode != 0) throw new InvalidOperationException("headscale " + string.Join(' ', arguments) + ": " + output);
            return output;
        }

        public string AuthKey(params string[] options)
        {
            string json = Headscale(["preauthkeys", "create", "--user", "1", "--output", "json", .. options]);
            using JsonDocument key = JsonDocument.Parse(json[json.IndexOf('{')..(json.LastIndexOf('}') + 1)]);
            return key.RootElement.GetProperty("key").GetString();
        }

        /// <summary>Its number in Headscale's list, 0 = not there.</summary>
        public long NodeId(string name)
        {
            string json = Headscale("nodes", "list", "--output", "json");
            if (json.IndexOf('[') < 0) return 0;                     // "null"
            using JsonDocument nodes = JsonDocument.Parse(json[json.IndexOf('[')..(json.LastIndexOf(']') + 1)]);
            foreach (JsonElement node in nodes.RootElement.EnumerateArray())
            {
                if (node.GetProperty("given_name").GetString() == name) return node.GetProperty("id").GetInt64();
            }
            return 0;
        }

        /// <summary>The key of the login page that our status names, null while it names none.</summary>
        public string LoginKey()
        {
            (string state, string reason) = State();
            int at = reason.IndexOf("/register/", StringComparison.Ordinal);
            return state == "needslogin" && at >= 0 ? reason[(at + "/register/".Length)..].Split(' ')[0] : null;
        }

        public void SetPolicy(string json)
        {
            File.WriteAllText(PolicyFile, json);
            Must("kill", "-HUP", _processes["headscale"].Id.ToString());
        }

        private void MakeCertificate()
        {
            _scheme = "https";
            if (File.Exists(CaFile)) return;
            using ECDsa caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256), key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            CertificateRequest ca = new CertificateRequest("CN=lab CA", caKey, HashAlgorithmName.SHA256);
            ca.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1);
            using X509Certificate2 issuer = ca.CreateSelfSigned(from, from.AddDays(30));
            CertificateRequest server = new CertificateRequest("CN=" + ControlAddress, key, HashAlgorithmName.SHA256);
            SubjectAlternativeNameBuilder names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Parse(ControlAddress));
            server.CertificateExtensions.Add(names.Build());
            using X509Certificate2 certificate = server.Create(issuer, from, from.AddDays(20), new byte[] { 1, 2, 3, 4 });
            File.WriteAllText(CaFile, issuer.ExportCertificatePem());
            File.WriteAllText(Path.Combine(Folder, "control.pem"), certificate.ExportCertificatePem());
            File.WriteAllText(Path.Combine(Folder, "control.key"), key.ExportECPrivateKeyPem());
        }
    }
}
