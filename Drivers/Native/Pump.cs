namespace MicroLink.Native
{
    /// <summary>
    /// The UDP pump of a hosted platform (native/port/linux): sockets for IPv4 and IPv6 on one port and a native thread that feeds a data
    /// plane and sends what is in its UDP ring. Managed code only waits for events.
    /// </summary>
    public static class Pump
    {
        /// <summary>Opens the port (0 = any; when the wanted one is taken, any other) and starts the thread. Returns a handle &gt; 0 or
        /// -errno.</summary>
        public static int Open(int dataPlane, int port) { return PumpNative.ml_pump_open(dataPlane, port); }

        /// <summary>The port number both sockets have.</summary>
        public static int Port(int pump) { return PumpNative.ml_pump_port(pump); }

        /// <summary>Blocks the calling thread until the data plane has events: 1 events, 0 timeout, -1 closed.</summary>
        public static int Wait(int pump, int timeoutMs) { return PumpNative.ml_pump_wait(pump, timeoutMs); }

        /// <summary>Sends what is in the UDP ring, from the calling thread.</summary>
        public static int Flush(int pump) { return PumpNative.ml_pump_flush(pump); }

        /// <summary>Replaces the sockets, on <paramref name="port"/> when it is free (0 = keep the number when possible). Returns the
        /// port or -errno.</summary>
        public static int Rebind(int pump, int port) { return PumpNative.ml_pump_rebind(pump, port); }

        /// <summary>Stops the thread and closes the sockets; a thread in <see cref="Wait"/> returns -1.</summary>
        public static int Close(int pump) { return PumpNative.ml_pump_close(pump); }

        /// <summary>The monotonic clock that the pump stamps packets with, in milliseconds. The desktop's IClock must use the
        /// same.</summary>
        public static long NowMs() { return PumpNative.ml_pump_now_ms(); }
    }
}
