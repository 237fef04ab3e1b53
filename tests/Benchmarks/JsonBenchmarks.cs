using System;
using System.IO;
using MicroLink.Json;

namespace MicroLink.Benchmarks;

/// <summary>A captured map response of 20 peers (22 KB) through the native scanner and the managed reader.</summary>
public static class JsonBenchmarks
{
    public static void Run()
    {
        byte[] map = File.ReadAllBytes(Path.Combine(Root(), "tests", "Vectors", "captures", "map-response", "headscale-full-20peers.json"));
        JsonReader reader = new JsonReader(new[] { "Peers", "ID", "Key", "DiscoKey", "Addresses", "Endpoints", "HomeDERP", "Online" });
        Measure.Rate("json: read a map of 20 peers, every token", 1, () => ReadAll(reader, map), map.Length);
    }

    private static void ReadAll(JsonReader reader, byte[] map)
    {
        reader.Reset();
        reader.Feed(map, 0, map.Length);
        reader.Finish();
        for (int token = reader.Read(); token != JsonToken.End; token = reader.Read())
        {
            if (token == JsonToken.Error || token == JsonToken.None)
            {
                throw new InvalidDataException("the captured map does not parse: code " + reader.ErrorCode + " at " + reader.ErrorOffset);
            }
        }
    }

    private static string Root()
    {
        for (DirectoryInfo folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MicroLink.Actors.sln")))
            {
                return folder.FullName;
            }
        }
        throw new DirectoryNotFoundException("no MicroLink.Actors.sln above " + AppContext.BaseDirectory);
    }
}
