using MicroLink.Runtime;
using MicroLink.TestKit;

namespace MicroLink.Benchmarks;

/// <summary>Messages through the actor kernel, on one thread. Budget: at least 5 M/s, 0 bytes a message.</summary>
public static class KernelBenchmarks
{
    private const int Batch = 10000;

    public static void Run()
    {
        TestSystem system = new TestSystem();
        ActorRef left = system.Graph.Declare("left", null);
        ActorRef right = system.Graph.Declare("right", null);
        system.Graph.Bind(left, Props.From(() => new Returner(right)));
        system.Graph.Bind(right, Props.From(() => new Returner(left)));
        system.Graph.Start();
        Measure.Rate("kernel: message between two actors", Batch, () =>
        {
            left.Tell(new Ball { Left = Batch });
            while (system.Step()) { }
        });

        ActorRef sink = system.Spawn("sink", Props.From(() => new Sink()).WithMailbox(64));
        Message message = new Ball();
        Measure.Rate("kernel: tell and handle, 64 at a time", 64, () =>
        {
            for (int i = 0; i < 64; i++) { sink.Tell(message); }
            while (system.Step()) { }
        });

        BufferPool pool = new BufferPool(16, 1500);
        Measure.Rate("kernel: lease and return a buffer", 1, () => pool.Lease().Return());
    }

    private sealed class Ball : Message
    {
        public int Left;
    }

    private sealed class Returner : Actor
    {
        private readonly ActorRef _other;

        public Returner(ActorRef other) { _other = other; }

        protected override void OnReceive(Message message)
        {
            if (--((Ball)message).Left > 0) { Send(_other, message); }
        }
    }

    private sealed class Sink : Actor
    {
        protected override void OnReceive(Message message) { }
    }
}
