using MicroLink.Runtime;
using MicroLink.TestKit;
using Xunit;

namespace MicroLink.Tests.Unit.Runtime;

public class StateActorTests
{
    private const int Idle = 0, Busy = 1;

    [Fact]
    public void The_timer_of_a_state_dies_with_the_state()
    {
        TestSystem system = new TestSystem();
        Lamp lamp = null;
        ActorRef actor = system.Spawn("lamp", Props.From(() => lamp = new Lamp()));
        system.RunToQuiet();
        Assert.Equal(100, system.NextDeadline(out string why));
        Assert.Equal("lamp: burns for 100 ms", why);

        system.Advance(50);
        actor.Tell(new Note(Idle));
        system.Advance(1000);
        Assert.Equal(0, lamp.TimedOut);

        actor.Tell(new Note(Busy));
        system.Advance(60);
        actor.Tell(new Note(Busy));          // entering the same state again starts its time again
        system.Advance(60);
        Assert.Equal(0, lamp.TimedOut);
        system.Advance(40);
        Assert.Equal(1, lamp.TimedOut);
        Assert.Equal("Busy Idle Busy Busy Idle", lamp.History.Trim());
    }

    private sealed class Lamp : StateActor
    {
        public int TimedOut;
        public string History = "";

        protected override void OnStart() => Enter(Busy);

        protected override void OnEnter(int state)
        {
            History += StateName(state) + " ";
            if (state == Busy) StayAtMost(100, Boom.Instance, "burns for 100 ms");
        }

        protected override void OnReceive(Message message)
        {
            if (message is Boom) { TimedOut++; Enter(Idle); }
            else Enter(((Note)message).Number);
        }

        protected override string StateName(int state) => state == Idle ? "Idle" : "Busy";
    }
}
