using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using MicroLink.Control;
using Xunit;

namespace MicroLink.Tests.Unit.Control;

/// <summary>The one capability version, and the page that says what it promises: Actors/Control/capability.md.</summary>
public class CapabilityVersionTests
{
    [Fact]
    public void The_page_names_the_constant_and_a_test_for_each_promise()
    {
        string page = File.ReadAllText(Path.Combine(Vectors.Path(""), "..", "..", "Actors", "Control", "capability.md"));
        Assert.Contains("version **" + ControlProtocol.CapabilityVersion + "**", page);
        string[] rows = page.Split('\n').Where(line => Regex.IsMatch(line, @"^\| \d+")).ToArray();
        // Every version that changes what a client must do, from protocol.md 4.12, up to ours.
        int[] expected = { 6, 15, 17, 18, 28, 33, 36, 39, 40, 49, 53, 54, 59, 60, 65, 67, 68, 74, 77, 81, 89, 94, 100, 104, 111, 112, 113 };
        int[] listed = rows.SelectMany(row => Regex.Matches(row.Split('|')[1], @"\d+").Select(m => int.Parse(m.Value))).ToArray();
        Assert.Equal(expected, listed.Order().ToArray());
        string[] methods = typeof(CapabilityVersionTests).Assembly.GetTypes().SelectMany(t => t.GetMethods().Select(m => t.Name + "." + m.Name)).ToArray();
        foreach (string row in rows)
        {
            string[] named = Regex.Matches(row.Split('|')[4], "`([A-Za-z0-9]+\\.[A-Za-z0-9_]+)`").Select(m => m.Groups[1].Value).ToArray();
            Assert.True(named.Length > 0 || row.Contains("not kept"), "no test in: " + row);
            foreach (string test in named) Assert.True(Exists(test, methods), "no test " + test + " in: " + row);
        }
    }

    /// <summary>Here or among the tests of whole nodes.</summary>
    private static bool Exists(string test, string[] methods)
    {
        string[] parts = test.Split('.');
        string simulated = Path.Combine(Vectors.Path(""), "..", "..", "tests", "Simulation", parts[0] + ".cs");
        return methods.Contains(test) || File.Exists(simulated) && File.ReadAllText(simulated).Contains("void " + parts[1] + "(");
    }

    /// <summary>Actors/NetMap/rules.md, which names the tests of whole nodes too.</summary>
    [Fact]
    public void Every_rule_of_the_map_names_tests_that_exist()
    {
        string root = Path.Combine(Vectors.Path(""), "..", "..");
        string[] methods = typeof(CapabilityVersionTests).Assembly.GetTypes().SelectMany(t => t.GetMethods().Select(m => t.Name + "." + m.Name)).ToArray();
        string[] rows = File.ReadAllLines(Path.Combine(root, "Actors", "NetMap", "rules.md")).Where(line => line.StartsWith("| ") && !line.StartsWith("| field")).ToArray();
        Assert.True(rows.Length > 40);
        foreach (string row in rows)
        {
            string[] named = Regex.Matches(row.Split('|')[3], "`([A-Za-z0-9]+)\\.([A-Za-z0-9_]+)`").Select(m => m.Groups[1].Value + "." + m.Groups[2].Value).ToArray();
            Assert.True(named.Length > 0, "no test in: " + row);
            foreach (string test in named) Assert.True(Exists(test, methods), "no test " + test + " in: " + row);
        }
    }

    [Fact]
    public void All_requests_carry_the_one_version()
    {
        ControlBench bench = new();
        bench.Start();
        Assert.Equal(ControlProtocol.CapabilityVersion, bench.Control.Registers.Single().GetProperty("Version").GetInt32());
        Assert.Equal(ControlProtocol.CapabilityVersion, bench.Control.Polls.Single().GetProperty("Version").GetInt32());
        Assert.Equal(ControlProtocol.CapabilityVersion, bench.Control.Lites.Single().GetProperty("Version").GetInt32());
    }
}
