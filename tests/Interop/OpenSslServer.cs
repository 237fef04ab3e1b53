using System;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace MicroLink.Tests.Interop
{
    /// <summary>
    /// A private CA, certificates made by it, and `openssl s_server` in front of them. Everything lives in one temporary directory.
    /// </summary>
    public sealed class OpenSslServer : IDisposable
    {
        private Process _process;
        private readonly ManualResetEventSlim _accepting = new ManualResetEventSlim();

        public readonly string Directory = Path.Combine(Path.GetTempPath(), "microlink-openssl-" + Guid.NewGuid().ToString("N"));

        public OpenSslServer()
        {
            System.IO.Directory.CreateDirectory(Directory);
            MakeCa("ca");
        }

        public int Port { get; private set; }

        public string CaFile => FileOf("ca.pem");

        public static string WhyNot()
        {
            try
            {
                using Process process = Process.Start(new ProcessStartInfo("openssl", "version") { RedirectStandardOutput = true });
                process.WaitForExit();
                return process.ExitCode == 0 ? null : "openssl does not run";
            }
            catch (Exception)
            {
                return "openssl is not installed (apt install openssl)";
            }
        }

        public string FileOf(string name) => Path.Combine(Directory, name);

        public void MakeCa(string name)
        {
            Run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name + ".key -out " + name
                + ".pem -days 30 -subj /CN=" + name + " -addext basicConstraints=critical,CA:TRUE -addext "
                    + "keyUsage=critical,keyCertSign,cRLSign");
        }

        /// <summary>A server certificate for these DNS names, signed by the CA. Negative days = expired.</summary>
        public void MakeServer(string name, string dnsName, int days = 30)
        {
            Run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name + ".key -out " + name + ".csr -subj /CN="
                + dnsName);
            File.WriteAllText(FileOf(name + ".ext"), "subjectAltName=DNS:" + dnsName
                + "\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n");
            string dates = days > 0 ? "-days " + days : "-days 30";
            Run("x509 -req -in " + name + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -out " + name + ".pem -extfile " + name
                + ".ext " + dates);
            if (days < 0) MakeExpired(name, dnsName);
        }

        /// <summary>A certificate without a CA, for pins.</summary>
        public void MakeSelfSigned(string name, string dnsName)
        {
            Run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name + ".key -out " + name
                + ".pem -days 30 -subj /CN="
                + dnsName + " -addext subjectAltName=DNS:" + dnsName);
        }

        /// <summary>Starts s_server, which answers HTTP requests with a page ("-www"), and returns when it accepts.</summary>
        public void Start(string certificate, string more = "")
        {
            TcpListener probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            Port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            ProcessStartInfo info = new ProcessStartInfo("openssl", "s_server -accept 127.0.0.1:" + Port + " -cert " + certificate
                + ".pem -key "
                + certificate + ".key -alpn http/1.1 " + (more.Contains("-WWW") ? "" : "-www ") + more)
            {
                WorkingDirectory = Directory,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
            };
            _process = Process.Start(info);
            _process.OutputDataReceived += (_, line) =>
            {
                if (line.Data != null && line.Data.StartsWith("ACCEPT", StringComparison.Ordinal)) _accepting.Set();
            };
            _process.ErrorDataReceived += (_, _) => { };
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
            if (!_accepting.Wait(10000)) throw new InvalidOperationException("openssl s_server did not say ACCEPT");
        }

        public void Dispose()
        {
            if (_process != null)
            {
                _process.Kill();
                _process.WaitForExit();
                _process.Dispose();
            }
            System.IO.Directory.Delete(Directory, true);
        }

        /// <summary>`openssl ca` is the tool of OpenSSL 3.0 that sets both dates.</summary>
        private void MakeExpired(string name, string dnsName)
        {
            File.WriteAllText(FileOf("ca.cnf"),
                "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial.txt\nnew_certs_dir=.\ndefault_md=sha256\n"
                + "policy=p\ncertificate=ca.pem\nprivate_key=ca.key\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=DNS:"
                + dnsName + "\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n");
            File.WriteAllText(FileOf("index.txt"), "");
            File.WriteAllText(FileOf("serial.txt"), "77\n");
            Run("ca -batch -config ca.cnf -in " + name + ".csr -out " + name
                + ".pem -startdate 20200101000000Z -enddate 20210101000000Z -notext");
        }

        private void Run(string arguments)
        {
            using Process process = Process.Start(new ProcessStartInfo("openssl", arguments)
            {
                WorkingDirectory = Directory, RedirectStandardError = true, RedirectStandardOutput = true,
            });
            string error = process.StandardError.ReadToEnd();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0) throw new InvalidOperationException("openssl " + arguments + ": " + error);
        }
    }
}
