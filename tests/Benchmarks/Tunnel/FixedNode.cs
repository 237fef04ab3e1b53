using System;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Threading;
using MicroLink.Tests.Interop;

namespace MicroLink.Benchmarks.Tunnel;

/// <summary>Our node as a process of its own with one fixed peer, a TUN device and no control server: what the other end of a WireGuard
/// program has to be.</summary>
internal static class FixedNode
{
    public const string Command = "fixed-node";

    /// <summary>OWN-PRIVATE PEER-PUBLIC (hex) PEER-ADDRESS PORT DEVICE NUMBER; runs until SIGTERM.</summary>
    public static int Run(string[] arguments)
    {
        int port = int.Parse(arguments[3], CultureInfo.InvariantCulture);
        byte[] endpoint = new byte[18];
        IPAddress.Parse(arguments[2]).MapToIPv6().GetAddressBytes().CopyTo(endpoint, 0);
        endpoint[16] = (byte)(port >> 8);
        endpoint[17] = (byte)port;
        using ManualResetEventSlim end = new ManualResetEventSlim();
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            end.Set();
        });
        using WireGuardGoNode node = new WireGuardGoNode(Convert.FromHexString(arguments[0]), Convert.FromHexString(arguments[1]), endpoint, port, null,
            arguments[4], int.Parse(arguments[5], CultureInfo.InvariantCulture));
        end.Wait();
        return 0;
    }
}
