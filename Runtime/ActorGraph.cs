using System;

namespace MicroLink.Runtime
{
    /// <summary>
    /// The composition of a system by name: declare all, bind all, then Start checks. A default graph can be changed until Start: add actors,
    /// replace one, put a filter in front of another.
    /// </summary>
    public sealed class ActorGraph
    {
        public readonly ActorSystem System;

        public ActorGraph(ActorSystem system)
        {
            System = system;
        }

        /// <summary>The address first, the actor later (Bind): cycles are fine. The parent, or null, hears of its failures.</summary>
        public ActorRef Declare(string name, ActorRef parent)
        {
            return System.Declare(name, parent);
        }

        public void Bind(ActorRef actor, Props props)
        {
            System.Bind(actor, props);
        }

        /// <summary>Declare and Bind in one.</summary>
        public ActorRef Add(string name, Props props)
        {
            return Add(name, props, null);
        }

        public ActorRef Add(string name, Props props, ActorRef parent)
        {
            ActorRef actor = System.Declare(name, parent);
            System.Bind(actor, props);
            return actor;
        }

        /// <summary>The address of a declared actor, or null.</summary>
        public ActorRef Find(string name)
        {
            return System.Find(name);
        }

        /// <summary>Another actor behind a known name; everybody's references stay good. Before Start.</summary>
        public ActorRef Replace(string name, Props props)
        {
            ActorRef actor = Need(name);
            if (System.IsStarted) throw new InvalidOperationException("already started: replace " + name + " before Start");
            actor.Cell.Bind(props);
            return actor;
        }

        /// <summary>Puts a filter in front of a mailbox; null takes it away. At any time, from the dispatcher's thread or before Start.</summary>
        public void Intercept(string name, IMailboxFilter filter)
        {
            Need(name).Cell.Filter = filter;
        }

        /// <summary>Starts everything in the order of declaration; throws "declared but not bound: relay".</summary>
        public void Start()
        {
            System.Start();
        }

        private ActorRef Need(string name)
        {
            ActorRef actor = System.Find(name);
            if (actor == null) throw new InvalidOperationException("no such actor: " + name);
            return actor;
        }
    }
}
