using System;
using System.Collections.Generic;
using System.Threading;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// The one thread that writes files (design section 7: file writes are synchronous, so they have a thread of their own). It starts with
    /// the first job and runs jobs in order; Dispose runs what is queued, then ends.
    /// </summary>
    public sealed class StorageThread : IDisposable
    {
        private readonly object _gate = new object();
        private readonly Queue<Action> _jobs = new Queue<Action>();
        private Thread _thread;
        private bool _running;
        private bool _ending;

        public void Post(Action job)
        {
            lock (_gate)
            {
                if (_ending) throw new ObjectDisposedException(nameof(StorageThread));
                _jobs.Enqueue(job);
                Monitor.PulseAll(_gate);
                if (_thread != null) return;
                _thread = new Thread(Run) { IsBackground = true, Name = "microlink-storage" };
                _thread.Start();
            }
        }

        /// <summary>Blocks until everything posted so far has run. For shutdown and tests; never called by an actor.</summary>
        public void Drain()
        {
            lock (_gate)
            {
                while (_jobs.Count > 0 || _running) Monitor.Wait(_gate);
            }
        }

        public void Dispose()
        {
            Thread thread;
            lock (_gate)
            {
                _ending = true;
                thread = _thread;
                Monitor.PulseAll(_gate);
            }
            if (thread != null) thread.Join();
        }

        private void Run()
        {
            while (true)
            {
                Action job;
                lock (_gate)
                {
                    while (_jobs.Count == 0 && !_ending) Monitor.Wait(_gate);
                    if (_jobs.Count == 0) return;
                    job = _jobs.Dequeue();
                    _running = true;
                }
                job();   // jobs catch their own input/output errors
                lock (_gate)
                {
                    _running = false;
                    Monitor.PulseAll(_gate);
                }
            }
        }
    }
}
