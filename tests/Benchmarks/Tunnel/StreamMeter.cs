using System;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading;

namespace MicroLink.Benchmarks.Tunnel;

/// <summary>
/// A byte stream through a SOCKS5 proxy, as processes of their own: what iperf3 cannot do, and the only door of a node without a TUN device.
/// The client's first byte says who sends. It sends whole blocks, the last one begins with 1: then the server answers with its count, u64 little
/// endian (not every proxy passes on the end of one direction alone).
/// </summary>
internal static class StreamMeter
{
    public const string ServerCommand = "stream-server", ClientCommand = "stream-client";
    public const int ServerPort = 5301, ProxyPort = 1080;
    private const byte Up = (byte)'u', Down = (byte)'d';
    private const int Block = 128 * 1024;

    /// <summary>Serves every connection until it is killed.</summary>
    public static int Serve()
    {
        using Socket listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Any, ServerPort));
        listener.Listen(16);
        while (true)
        {
            Socket client = listener.Accept();
            new Thread(() => Serve(client)) { IsBackground = true }.Start();
        }
    }

    /// <summary>PEER up|down SECONDS; prints the bytes that arrived and the seconds that it took.</summary>
    public static int Run(string[] arguments)
    {
        bool up = arguments[1] == "up";
        int seconds = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        using Socket socket = Connect(IPAddress.Parse(arguments[0]));
        socket.Send(new[] { up ? Up : Down });
        byte[] block = new byte[Block];
        Stopwatch watch = Stopwatch.StartNew();
        long bytes = 0;
        if (up)
        {
            do
            {
                block[0] = (byte)(watch.Elapsed.TotalSeconds < seconds ? 0 : 1);
                socket.Send(block);
            }
            while (block[0] == 0);
            ReadAll(socket, block, 8);
            bytes = BinaryPrimitives.ReadInt64LittleEndian(block);
        }
        else
        {
            do bytes += Received(socket, block, Block);
            while (watch.Elapsed.TotalSeconds < seconds);
        }
        Console.WriteLine(FormattableString.Invariant($"{bytes} {watch.Elapsed.TotalSeconds}"));
        return 0;
    }

    private static void Serve(Socket client)
    {
        byte[] block = new byte[Block];
        using (client)
        {
            try
            {
                if (client.Receive(block, 1, SocketFlags.None) == 0) return;
                if (block[0] == Down)
                {
                    while (true) client.Send(block);
                }
                long bytes = 0;
                do
                {
                    ReadAll(client, block, Block);
                    bytes += Block;
                }
                while (block[0] == 0);
                BinaryPrimitives.WriteInt64LittleEndian(block, bytes);
                client.Send(block, 8, SocketFlags.None);
            }
            catch (Exception e) when (e is SocketException or InvalidOperationException)
            {
                Console.Error.WriteLine("the client has enough: " + e.Message);
            }
        }
    }

    /// <summary>RFC 1928: no authentication, CONNECT, an IPv4 address.</summary>
    private static Socket Connect(IPAddress peer)
    {
        Socket socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 15000, SendTimeout = 15000 };
        socket.Connect(IPAddress.Loopback, ProxyPort);
        byte[] answer = new byte[32];
        socket.Send(new byte[] { 5, 1, 0 });
        ReadAll(socket, answer, 2);
        byte[] address = peer.GetAddressBytes();
        socket.Send(new byte[] { 5, 1, 0, 1, address[0], address[1], address[2], address[3], ServerPort >> 8, ServerPort & 0xff });
        ReadAll(socket, answer, 4);
        int rest = answer[3] == 4 ? 18 : 6, code = answer[1];
        ReadAll(socket, answer, rest);
        return code == 0 ? socket : throw new InvalidOperationException("the proxy answers " + code);
    }

    private static void ReadAll(Socket socket, byte[] into, int count)
    {
        for (int at = 0; at < count; ) at += Received(socket, into.AsSpan(at, count - at));
    }

    private static int Received(Socket socket, byte[] into, int count) => Received(socket, into.AsSpan(0, count));

    private static int Received(Socket socket, Span<byte> into)
    {
        int count = socket.Receive(into);
        return count > 0 ? count : throw new InvalidOperationException("the connection ended");
    }
}
