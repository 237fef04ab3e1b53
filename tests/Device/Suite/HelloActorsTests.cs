using MicroLink.Runtime;
using MicroLink.Samples.HelloActors;
using MicroLink.TestKit;
using nanoFramework.TestFramework;

namespace MicroLink.Tests.Device
{
    /// <summary>The first sample: its actors under virtual time, its graph as composed.</summary>
    [TestClass]
    public class HelloActorsTests
    {
        [TestMethod]
        public static void The_greeter_counts_and_forgets_when_it_fails()
        {
            TestSystem system = new TestSystem();
            ActorRef greeter = system.Spawn("greeter", Props.From(() => new GreeterActor()));
            Assert.AreEqual("Hello a, number 1.", Ask(system, greeter, "a"));
            Assert.AreEqual("Hello b, number 2.", Ask(system, greeter, "b"));
            Assert.AreEqual(null, Ask(system, greeter, ""));
            system.Advance(1000);
            Assert.AreEqual("Hello c, number 1.", Ask(system, greeter, "c"));
        }

        [TestMethod]
        public static void A_visitor_is_greeted_each_second()
        {
            TestSystem system = new TestSystem();
            HelloGraph.Compose(system, "board").Start();
            system.Advance(3500);
            string[] lines = system.Logs.LastLines();
            Assert.AreEqual(3, lines.Length);
            Assert.AreEqual("3.000 info  visitor: Hello board, number 3.", lines[2]);
        }

        private static string Ask(TestSystem system, ActorRef greeter, string name)
        {
            Greeting answer = system.AskAndWait(greeter, new Greet(name), 100) as Greeting;
            return answer == null ? null : answer.Text;
        }
    }
}
