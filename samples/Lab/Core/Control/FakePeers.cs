using System;
using System.Text.Json;

namespace MicroLink.Lab.Core
{
    /// <summary>Rows of nodes that do not exist, to see how a client bears a large tailnet. Their JSON is as long as a real node's.</summary>
    internal static class FakePeers
    {
        public static void Add(LabControl control, int count)
        {
            int relay = control.Core.Options.Regions.Count > 0 ? control.Core.Options.Regions[0].Id : 0;
            for (int i = 0; i < count; i++)
            {
                long id = control.NextId();
                var node = new LabNode
                {
                    Id = id, MachineKey = "mkey:" + Key(control), DiscoKey = "discokey:" + Key(control), Name = "fake-" + id,
                    IPv4 = "100." + (64 + (id >> 16)) + "." + (id >> 8 & 255) + "." + (id & 255), IPv6 = "fd7a:115c:a1e0::f:" + id.ToString("x"),
                    Endpoints = new[] { "192.0.2." + id % 256 + ":41641", "10.0." + id % 256 + ".7:41641", "172.17.0.1:41641" },
                    HomeDerp = relay, Version = 131, Online = i % 4 != 0, Hostinfo = Host(id),
                };
                control.Index(node, "nodekey:" + Key(control));
            }
        }

        private static string Key(LabControl control)
        {
            byte[] key = new byte[32];
            control.Core.Entropy.Fill(key, 0, 32);
            return Convert.ToHexStringLower(key);
        }

        private static JsonElement Host(long id)
        {
            return JsonDocument.Parse("{\"IPNVersion\":\"1.90.8-t4b92dab0a-g8ec6a1aa8\",\"BackendLogID\":\"" + new string('a', 64)
                + "\",\"OS\":\"linux\",\"OSVersion\":\"6.8.0-60-generic\",\"Container\":false,\"Distro\":\"ubuntu\",\"DistroVersion\":\"24.04\","
                + "\"DistroCodeName\":\"noble\",\"Desktop\":true,\"Hostname\":\"fake-" + id + "\",\"Machine\":\"x86_64\",\"GoArch\":\"amd64\","
                + "\"GoVersion\":\"go1.25.3\",\"Services\":[{\"Proto\":\"peerapi4\",\"Port\":42813},{\"Proto\":\"peerapi6\",\"Port\":42813}],"
                + "\"Userspace\":false,\"UserspaceRouter\":false,\"AppConnector\":false}").RootElement;
        }
    }
}
