using System;
using System.CommandLine;
using System.IO;
using System.Net.Sockets;
using System.Threading;

namespace MicroLink.Desktop
{
    /// <summary>`microlink nc [-u] PEER PORT`: standard input and output as a connection through the running node.</summary>
    internal static class NcCommand
    {
        private const int OpenMs = 15000;
        private const int LongestDatagram = 16384;

        public static Command Create(Option<string?> stateDir)
        {
            Argument<string> peer = new Argument<string>("PEER") { Description = "Name, full name or address of a peer." };
            Argument<int> port = new Argument<int>("PORT") { Description = "Its port." };
            Option<bool> udp = new Option<bool>("-u", "--udp") { Description = "Datagrams: each block that is read is sent as one." };
            Command command = new Command("nc", "Connects standard input and output to a peer's port, through the running node.") { udp, peer, port };
            command.SetAction(parsed =>
            {
                string name = parsed.GetValue(peer) ?? "";
                if (name.Length == 0 || name.Length > 255 || name.Contains(' ')) return UpCommand.Fail("PEER must be a name or an address without blanks.");
                int number = parsed.GetValue(port);
                if (number is < 1 or > 65535) return UpCommand.Fail("PORT must be 1 to 65535.");
                return Run(new LocalClient(new StateDirectory(parsed.GetValue(stateDir))), name, number, parsed.GetValue(udp));
            });
            return command;
        }

        private static int Run(LocalClient client, string peer, int port, bool udp)
        {
            using Socket? socket = client.Open($"nc {(udp ? "udp" : "tcp")} {peer} {port}", OpenMs, out string? refusal);
            if (socket == null) return UpCommand.Fail(refusal ?? client.NotRunning);
            using NetworkStream stream = new NetworkStream(socket, ownsSocket: false);
            using Stream input = Console.OpenStandardInput(), output = Console.OpenStandardOutput();
            // A background thread: when the peer has finished, nobody waits for more input.
            new Thread(() => Send(input, stream, socket, udp)) { IsBackground = true }.Start();
            try
            {
                if (udp) CopyRecords(stream, output);
                else stream.CopyTo(output);
                return 0;
            }
            catch (IOException e)
            {
                return UpCommand.Fail("The connection broke: " + e.Message);
            }
        }

        private static void Send(Stream input, NetworkStream stream, Socket socket, bool udp)
        {
            byte[] block = new byte[2 + (udp ? LongestDatagram : 65536)];
            try
            {
                int count;
                while ((count = input.Read(block, 2, block.Length - 2)) > 0)
                {
                    block[0] = (byte)(count >> 8);
                    block[1] = (byte)count;
                    if (udp) stream.Write(block, 0, count + 2);
                    else stream.Write(block, 2, count);
                }
                // Datagrams have no end: answers may come for as long as the user waits.
                if (!udp) socket.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // The connection is closed; the reading side says so.
            }
        }

        private static void CopyRecords(Stream stream, Stream output)
        {
            byte[] record = new byte[LongestDatagram];
            while (stream.ReadAtLeast(record.AsSpan(0, 2), 2, throwOnEndOfStream: false) == 2)
            {
                int count = record[0] << 8 | record[1];
                stream.ReadExactly(record, 0, count);
                output.Write(record, 0, count);
                output.Flush();
            }
        }
    }
}
