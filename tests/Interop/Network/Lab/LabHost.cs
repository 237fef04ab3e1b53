using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using MicroLink.Tests.Interop.Command;

namespace MicroLink.Tests.Interop.Network
{
    /// <summary>A host of the small internet with a node on it, asked over its Unix socket, which is a file and knows no namespaces.</summary>
    internal sealed class LabHost
    {
        private readonly NetworkLab _lab;
        private readonly bool _v6;
        private Process _node;

        public LabHost(NetworkLab lab, string name, string address, bool v6)
        {
            _lab = lab;
            _v6 = v6;
            Name = name;
            Address = address;
        }

        public string Name { get; }
        public string Address { get; }
        private string StateDir => System.IO.Path.Combine(_lab.Folder, Name);

        public void Start(params string[] more)
        {
            List<string> arguments = new List<string>
            {
                "netns", "exec", _lab.Ns(Name), NodeProcess.Program, "up", "--control-url", _lab.ControlUrl(_v6), "--auth-key", "tskey-auth-lab",
                "--ca-file", _lab.CaFile, "--state-dir", StateDir, "--hostname", Name, "-v",
            };
            arguments.AddRange(more);
            string pointer = System.IO.Path.Combine(StateDir, "socket");
            if (File.Exists(pointer)) File.Delete(pointer);        // of the run before, which was killed
            _node = _lab.StartLogged(new ProcessStartInfo("ip", arguments), Name);
        }

        public void Stop()
        {
            if (_node != null) NetworkLab.End(_node);
            _node = null;
        }

        /// <summary>SIGTERM; returns the exit code.</summary>
        public int Terminate()
        {
            Process node = _node;
            _node = null;
            _lab.Read(null, "kill -TERM " + node.Id);
            if (!node.WaitForExit(10000)) throw new InvalidOperationException(Name + " does not end on SIGTERM; its log: " + Log());
            return node.ExitCode;
        }

        /// <summary>The next start is the first one.</summary>
        public void Forget()
        {
            if (Directory.Exists(StateDir)) Directory.Delete(StateDir, true);
        }

        /// <summary>Did one DISCO ping come back directly?</summary>
        public bool PingsDirectly(LabHost peer)
        {
            string[] lines = Ask("ping disco 200 " + peer.Name, 1000);
            return lines != null && lines.Length > 0 && lines[0].Split('\t')[2] != "-";
        }

        public void MustConnect()
        {
            NetworkLab.Wait(() => Field("state") == "connected", Name + " is connected; its log: " + Log());
        }

        /// <summary>The lines of an answer; null when there is none, or when the node refuses.</summary>
        public string[] Ask(string request, int timeoutMs = 5000)
        {
            string pointer = System.IO.Path.Combine(StateDir, "socket");
            if (!File.Exists(pointer)) return null;
            try
            {
                string path = File.ReadAllText(pointer).Trim();
                if (path.Length == 0) return null;              // being written
                using Socket socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                socket.Connect(new UnixDomainSocketEndPoint(path));
                socket.ReceiveTimeout = timeoutMs;
                using NetworkStream stream = new NetworkStream(socket);
                stream.Write(Encoding.UTF8.GetBytes(request + "\n"));
                using StreamReader reader = new StreamReader(stream);
                List<string> lines = new List<string>();
                for (string line = reader.ReadLine(); line != null; line = reader.ReadLine())
                {
                    if (line == ".") return lines.ToArray();
                    if (line.StartsWith("= ", StringComparison.Ordinal)) lines.Add(line.Substring(2));
                    if (line.StartsWith("! ", StringComparison.Ordinal)) return null;
                }
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // The node is starting, or did not answer in time: no answer.
            }
            return null;
        }

        /// <summary>A ping through the tunnel; null when it was not answered in time, else its latency.</summary>
        public double? Ping(LabHost peer, int timeoutMs = 3000)
        {
            string[] lines = Ask("ping icmp " + timeoutMs + " " + peer.Name, timeoutMs + 2000);
            return lines == null || lines.Length == 0 ? null : double.Parse(lines[0].Split('\t')[4]) / 1000;
        }

        public void MustPing(LabHost peer, int tries = 5)
        {
            for (int i = 0; i < tries; i++)
            {
                if (Ping(peer) != null) return;
            }
            throw new InvalidOperationException(Name + " cannot ping " + peer.Name + " (" + Reason(peer) + "); its log: " + Log());
        }

        /// <summary>Pings until the path is direct; returns the endpoint.</summary>
        public string MustBecomeDirect(LabHost peer, int withinMs)
        {
            NetworkLab.Wait(() =>
            {
                if (Path(peer).Way == "direct") return true;
                Ping(peer, 500);
                return false;
            }, Name + " reaches " + peer.Name + " directly (" + Reason(peer) + ")", withinMs);
            return Path(peer).Endpoint;
        }

        /// <summary>The way to a peer is the relay during all of this time of pings, and every ping is answered.</summary>
        public void MustStayRelayed(LabHost peer, int forMs)
        {
            Stopwatch watch = Stopwatch.StartNew();
            while (watch.ElapsedMilliseconds < forMs)
            {
                MustPing(peer, 2);
                (string way, string endpoint) = Path(peer);
                if (way != "relay") throw new InvalidOperationException(Name + " to " + peer.Name + " is " + way + " " + endpoint + ", not relay");
            }
        }

        /// <summary>The way status shows: direct, relay or none; and the endpoint of a direct one.</summary>
        public (string Way, string Endpoint) Path(LabHost peer)
        {
            using JsonDocument status = Status();
            if (status == null) return ("none", null);
            foreach (JsonElement row in status.RootElement.GetProperty("peers").EnumerateArray())
            {
                if (row.GetProperty("name").GetString() == peer.Name) return (row.GetProperty("path").GetString(), row.GetProperty("endpoint").GetString());
            }
            return ("unknown", null);
        }

        /// <summary>The path's reason as status shows it.</summary>
        public string Reason(LabHost peer)
        {
            using JsonDocument status = Status();
            if (status == null) return "no status";
            foreach (JsonElement row in status.RootElement.GetProperty("peers").EnumerateArray())
            {
                if (row.GetProperty("name").GetString() == peer.Name) return row.GetProperty("pathReason").GetString();
            }
            return "unknown peer";
        }

        public string Field(string name)
        {
            using JsonDocument status = Status();
            return status?.RootElement.GetProperty(name).GetString();
        }

        public JsonDocument Status()
        {
            string[] lines = Ask("status");
            return lines == null || lines.Length == 0 ? null : JsonDocument.Parse(lines[0]);
        }

        public string Log()
        {
            string[] lines = File.ReadAllLines(System.IO.Path.Combine(_lab.Folder, Name + ".log"));
            return string.Join("\n", lines, Math.Max(0, lines.Length - 60), Math.Min(60, lines.Length));
        }
    }
}
