using System;
using MicroLink.Runtime;

namespace MicroLink.TestKit
{
    /// <summary>
    /// A kernel without a thread and with virtual time. RunToQuiet handles everything that is due now; Advance jumps from deadline to deadline.
    /// </summary>
    public sealed class TestSystem : ActorSystem
    {
        private ScriptedMailbox[] _scripts = new ScriptedMailbox[0];

        public readonly VirtualClock Time;
        public readonly ActorGraph Graph;

        /// <summary>Steps that RunToQuiet takes before it says that the actors never go quiet.</summary>
        public int QuietLimit = 100000;

        public TestSystem() : this(new VirtualClock(), 64)
        {
        }

        public TestSystem(VirtualClock time, int maxActors) : base(time, maxActors)
        {
            Time = time;
            Graph = new ActorGraph(this);
        }

        /// <summary>Handles timers and mail until nothing is due at this time.</summary>
        public void RunToQuiet()
        {
            for (int steps = 0; ; steps++)
            {
                bool released = false;
                for (int i = 0; i < _scripts.Length; i++)
                {
                    if (_scripts[i].ReleaseDue(Time.Ms)) released = true;
                }
                if (!Step() && !released) return;
                if (steps == QuietLimit) throw new Exception("the actors never went quiet:\n" + Graph.Print(PrintFormat.Text));
            }
        }

        /// <summary>Moves time by <paramref name="ms"/>, stopping at every deadline on the way.</summary>
        public void Advance(long ms)
        {
            AdvanceTo(Time.Ms + ms);
        }

        public void AdvanceTo(long endMs)
        {
            RunToQuiet();
            for (; ; )
            {
                long next = NextWakeMs();
                if (next > endMs) break;
                if (next > Time.Ms) Time.Ms = next;
                RunToQuiet();
            }
            Time.Ms = endMs;
        }

        /// <summary>The next deadline of an actor or of a scripted mailbox.</summary>
        public long NextWakeMs()
        {
            long next = NextDeadlineMs();
            for (int i = 0; i < _scripts.Length; i++)
            {
                if (_scripts[i].NextMs < next) next = _scripts[i].NextMs;
            }
            return next;
        }

        /// <summary>A lower bound of NextWakeMs that costs nothing: until then RunToQuiet has nothing to do.</summary>
        public long QuietUntilMs
        {
            get
            {
                long next = _scripts.Length == 0 ? EarliestWakeMs : NextWakeMs();   // no Math.Min: that package is not ours (docs/firmware.md)
                return next < EarliestWakeMs ? next : EarliestWakeMs;
            }
        }

        /// <summary>A started actor that records what it gets.</summary>
        public Probe NewProbe(string name)
        {
            Probe probe = new Probe(name);
            Spawn(name, probe.Props);
            RunToQuiet();
            return probe;
        }

        internal void Add(ScriptedMailbox script)
        {
            ScriptedMailbox[] larger = new ScriptedMailbox[_scripts.Length + 1];
            Array.Copy(_scripts, larger, _scripts.Length);
            larger[_scripts.Length] = script;
            _scripts = larger;
        }

        /// <summary>Nobody else runs the actors here: AskAndWait moves time itself.</summary>
        internal override void WaitFor(AskWaiter waiter, int timeoutMs)
        {
            long endMs = Time.Ms + timeoutMs;
            RunToQuiet();
            while (!waiter.IsAnswered)
            {
                long next = NextWakeMs();
                if (next > endMs)
                {
                    Time.Ms = endMs;
                    return;
                }
                if (next > Time.Ms) Time.Ms = next;
                RunToQuiet();
            }
        }
    }
}
