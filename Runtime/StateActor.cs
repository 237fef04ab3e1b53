namespace MicroLink.Runtime
{
    /// <summary>
    /// An actor with named states. State changes happen only in Enter, which stops the timer of the state that is left (Erlang's
    /// state_timeout), logs once, and calls OnEnter: the only place where a state begins.
    /// </summary>
    public abstract class StateActor : Actor
    {
        private int _state = -1;
        private long _enteredMs;

        /// <summary>-1 before the first Enter.</summary>
        protected int State { get { return _state; } }

        /// <summary>When the current state was entered.</summary>
        protected long EnteredMs { get { return _enteredMs; } }

        protected void Enter(int state)
        {
            Cell.Timers.Disarm(Cell.Timers.StateSlot);
            if (Log.IsEnabled(LogLevel.Debug)) Log.Debug(StateName(_state) + " -> " + StateName(state));
            _state = state;
            _enteredMs = NowMs;
            OnEnter(state);
        }

        /// <summary>Delivers <paramref name="then"/> when the state has not been left or re-entered within <paramref name="ms"/>.</summary>
        protected void StayAtMost(int ms, Message then, string reason)
        {
            Cell.Timers.Arm(Cell.Timers.StateSlot, NowMs + ms, then, reason);
        }

        protected abstract void OnEnter(int state);

        /// <summary>For the log only.</summary>
        protected virtual string StateName(int state)
        {
            return state.ToString();
        }
    }
}
