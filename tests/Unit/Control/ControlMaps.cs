using System.Linq;
using MicroLink.Control;
using Xunit;

namespace MicroLink.Tests.Unit.Control;

/// <summary>Map messages of a small tailnet, and a bench that has read the first one.</summary>
internal static class ControlMaps
{
    public const string Self = "\"Node\":{\"ID\":7,\"Name\":\"sensor-1.example.net.\",\"Key\":\"nodekey:1111111111111111111111111111111111111111111111111111111111111111\",\"Addresses\":[\"100.64.0.7/32\"],\"MachineAuthorized\":true}";

    public static string Peer(int id, string more = "") =>
        $"{{\"ID\":{id},\"StableID\":\"{id}\",\"Name\":\"p{id}.example.net.\",\"Key\":\"nodekey:{id.ToString("x").PadLeft(64, '0')}\",\"DiscoKey\":\"discokey:{id.ToString("x").PadLeft(64, 'd')}\",\"Addresses\":[\"100.64.0.{id % 250}/32\"],\"HomeDERP\":1{more}}}";

    public static string Full(params int[] peers) =>
        "{" + Self + (peers.Length > 0 ? ",\"Peers\":[" + string.Join(",", peers.Select(p => Peer(p))) + "]" : "")
        + ",\"DERPMap\":{\"Regions\":{\"1\":{\"RegionID\":1,\"RegionCode\":\"one\",\"Nodes\":[{\"Name\":\"1a\",\"RegionID\":1,\"HostName\":\"127.0.0.1\"}]}}},\"ControlTime\":\"2026-11-25T20:00:00Z\"}";

    public static ControlBench Connected()
    {
        ControlBench bench = new();
        bench.Start();
        bench.Control.Last.Push(Full(3, 4));
        bench.Run();
        bench.Deltas();
        Assert.Equal(ControlState.Connected, bench.State().State);
        return bench;
    }
}
