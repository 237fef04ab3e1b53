using MicroLink.Runtime;

namespace MicroLink.Samples.HelloActors
{
    /// <summary>Asks for a greeting; answered with <see cref="Greeting"/>.</summary>
    public sealed class Greet : Message
    {
        public readonly string Name;
        public Greet(string name) { Name = name; }
    }

    public sealed class Greeting : Message
    {
        public readonly string Text;
        public Greeting(string text) { Text = text; }
    }

    /// <summary>Answers each Greet and counts them; the count is lost when it is restarted, its mailbox is not.</summary>
    public sealed class GreeterActor : Actor
    {
        private int _greeted;

        protected override void OnReceive(Message message)
        {
            Greet greet = (Greet)message;
            if (greet.Name.Length == 0) throw new System.ArgumentException("nobody to greet");
            _greeted++;
            Reply(new Greeting("Hello " + greet.Name + ", number " + _greeted.ToString() + "."));
        }
    }

    /// <summary>Greets by itself, once a second, and hands what it hears to a log.</summary>
    public sealed class VisitorActor : Actor
    {
        private const int PauseMs = 1000;

        private readonly ActorRef _greeter;
        private readonly string _name;

        public VisitorActor(ActorRef greeter, string name)
        {
            _greeter = greeter;
            _name = name;
        }

        protected override void OnStart()
        {
            Timers.Set(0, PauseMs, Visit.Instance, "next visit");
        }

        protected override void OnReceive(Message message)
        {
            if (message is Greeting greeting) Log.Info(greeting.Text);
            else
            {
                Ask(_greeter, new Greet(_name), PauseMs);
                Timers.Set(0, PauseMs, Visit.Instance, "next visit");
            }
        }

        private sealed class Visit : Message
        {
            internal static readonly Visit Instance = new Visit();
        }
    }

    /// <summary>Who there is, and who knows whom: the same on a board and on a desktop.</summary>
    public static class HelloGraph
    {
        public static ActorGraph Compose(ActorSystem system, string visitor)
        {
            ActorGraph graph = new ActorGraph(system);
            ActorRef greeter = graph.Add("greeter", Props.From(() => new GreeterActor()));
            graph.Add("visitor", Props.From(() => new VisitorActor(greeter, visitor)));
            return graph;
        }
    }
}
