using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace MicroLink.Tests.Tidy;

/// <summary>What each kind of code may not name, with the reason (docs/architecture.md, "Three kinds of code").</summary>
public sealed class PurityTests
{
    private static readonly Dictionary<string, string> ForbiddenToMachines = new Dictionary<string, string>
    {
        ["Socket"] = "a machine gives bytes; a driver sends them",
        ["TcpClient"] = "a machine gives bytes; a driver sends them",
        ["UdpClient"] = "a machine gives bytes; a driver sends them",
        ["SslStream"] = "TLS belongs to a driver: on the device its handshake stops every managed thread",
        ["Dns"] = "resolving blocks every managed thread of the device; ask an IResolver driver",
        ["File"] = "storage is a driver",
        ["Thread"] = "a machine runs in whoever calls it",
        ["Monitor"] = "a machine is owned by one caller and needs no lock",
        ["Interlocked"] = "a machine is owned by one caller and needs no lock",
        ["Timer"] = "a machine has a Deadline; its caller owns the one timer",
        ["Task"] = "a machine runs to completion",
        ["DateTime"] = "time comes in as nowMs; wall time comes from the clock actor",
        ["Stopwatch"] = "time comes in as nowMs",
        ["Environment"] = "time comes in as nowMs, and settings in the constructor",
        ["Random"] = "randomness comes from IEntropy, so that a test can repeat it",
        ["RandomNumberGenerator"] = "randomness comes from IEntropy, so that a test can repeat it",
        ["Guid"] = "randomness comes from IEntropy, so that a test can repeat it",
        ["Console"] = "a machine has events and counters; actors log",
        ["Debug.WriteLine"] = "a machine has events and counters; actors log",
        ["ILog"] = "a machine has events and counters; actors log",
        ["ILogSink"] = "a machine has events and counters; actors log",
        ["ActorRef"] = "a machine knows bytes and time; its actor does the telling",
        ["ActorSystem"] = "a machine knows bytes and time; its actor does the telling",
        ["MicroLink.Runtime"] = "the protocol assembly does not know the kernel",
        ["Cipher.X25519"] = "11-50 ms on an ESP32: ask for a DhJob",
        ["Cipher.X25519Base"] = "11-50 ms on an ESP32: ask for a DhJob",
        ["Cipher.BoxBeforeNm"] = "it is an X25519: ask for a DhJob, or be one of the listed exceptions"
    };

    /// <summary>"file name" -> why this one may. Each is a deliberate exception, once per key, never per packet.</summary>
    private static readonly Dictionary<string, string> Exceptions = new Dictionary<string, string>
    {
        ["Actors/Disco/DiscoKeyRing.cs Cipher.X25519Base"] = "the node's own disco key pair, once per process start",
        ["Actors/Disco/DiscoKeyRing.cs Cipher.BoxBeforeNm"] = "the shared key of one disco peer, cached until its key changes"
    };

    [Fact]
    public void Machines_know_only_bytes_and_time() => Forbid(Code.Machines, ForbiddenToMachines);

    [Fact]
    public void Actors_name_no_socket_thread_or_file()
    {
        Forbid(Code.ActorSide, new Dictionary<string, string>
        {
            ["System.Net"] = "sockets belong to drivers",
            ["Socket"] = "sockets belong to drivers",
            ["SslStream"] = "TLS belongs to a driver",
            ["Dns"] = "resolving blocks every managed thread of the device; ask an IResolver driver",
            ["Thread"] = "all actors run on the dispatcher; a driver that must block owns a thread and only tells",
            ["Task"] = "all actors run on the dispatcher",
            ["Monitor"] = "an actor's state is its own",
            ["File"] = "storage is a driver",
            ["Environment"] = "time is NowMs, settings come in the constructor",
            ["Stopwatch"] = "time is NowMs",
            ["Console"] = "an actor logs to its Log"
        });
    }

    private static readonly string[] ProtocolWords =
    {
        "wireguard", "derp", "disco", "stun", "noise", "tailscale", "tailnet", "headscale", "netmap", "http2", "hpack"
    };

    [Fact]
    public void The_kernel_knows_no_protocol_word()
    {
        Report.None(from file in Code.Runtime
                    from name in Code.Names(file)
                    where ProtocolWords.Contains(name.Name.ToLowerInvariant())
                          || ProtocolWords.Any(word => name.Name.StartsWith(word, System.StringComparison.OrdinalIgnoreCase))
                    where !name.Name.StartsWith("Disconnect") && !name.Name.StartsWith("Discover")
                    select $"{file}:{name.Line}: {name.Name}: the kernel knows no protocol");
    }

    [Fact]
    public void Only_drivers_and_Platform_cs_compile_differently_per_framework()
    {
        Report.None(from file in Code.Device
                    where !file.StartsWith("Drivers/Native/") && !file.EndsWith("/Platform.cs")
                    from line in Tree.Lines(file).Select((text, index) => (text, index))
                    let text = line.text.TrimStart()
                    where text.StartsWith("#if") && !text.StartsWith("#if DEBUG")
                    select $"{file}:{line.index + 1}: {text}");
    }

    private static void Forbid(IEnumerable<string> files, Dictionary<string, string> forbidden)
    {
        Report.None(from file in files
                    from name in Code.Names(file)
                    where forbidden.ContainsKey(name.Name) && !Exceptions.ContainsKey(file + " " + name.Name)
                    select $"{file}:{name.Line}: {name.Name}: {forbidden[name.Name]}");
    }
}
