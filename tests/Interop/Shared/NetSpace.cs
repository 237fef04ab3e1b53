using System;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace MicroLink.Tests.Interop
{
    /// <summary>Runs code of this process in a named network namespace: sockets and devices belong to the namespace of the thread that made
    /// them, and stay there.</summary>
    internal static class NetSpace
    {
        private const int NewNet = 0x40000000, CloseOnExec = 0x80000;

        /// <summary>On a thread of its own, which ends with it; "" = where we are. What it throws is thrown here.</summary>
        public static T Run<T>(string space, Func<T> action)
        {
            T result = default;
            ExceptionDispatchInfo failure = null;
            Thread thread = new Thread(() =>
            {
                try
                {
                    Enter(space);
                    result = action();
                }
                catch (Exception e)
                {
                    failure = ExceptionDispatchInfo.Capture(e);
                }
            });
            thread.Start();
            thread.Join();
            failure?.Throw();
            return result;
        }

        /// <summary>Moves the calling thread, for good: never one of the pool's.</summary>
        public static void Enter(string space)
        {
            if (string.IsNullOrEmpty(space)) return;
            int handle = open("/var/run/netns/" + space, CloseOnExec);     /* .NET's own streams do not take a namespace for a file */
            int result = handle < 0 ? -1 : setns(handle, NewNet);
            int error = Marshal.GetLastPInvokeError();
            if (handle >= 0) _ = close(handle);
            if (result != 0) throw new InvalidOperationException("setns " + space + ": error " + error);
        }

        [DllImport("libc", SetLastError = true)]
        private static extern int open(string path, int flags);

        [DllImport("libc")]
        private static extern int close(int handle);

        [DllImport("libc", SetLastError = true)]
        private static extern int setns(int handle, int kind);
    }
}
