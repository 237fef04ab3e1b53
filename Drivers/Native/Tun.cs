#if !NANOFRAMEWORK
using System;
using System.Text;

namespace MicroLink.Native
{
    /// <summary>
    /// A Linux TUN device (native/port/linux/ml_tun.c) joined to a pump: native threads move packets between the kernel's own stack and the
    /// data plane, with segmentation and checksum offload. Packets never come here. Errors are negative errno values.
    /// </summary>
    public static class Tun
    {
        /// <summary>SO_MARK of sockets that must not go through the tunnel, whatever it routes.</summary>
        public const int Mark = 0x6d6c0000;

        public const int Read = 0, Written = 1, Merged = 2, DropMalformed = 3, DropTooLong = 4, DropRefused = 5, Counters = 6;

        private const int PrefixLength = 17;

        /// <summary>Makes the device and takes it up with the tunnel's MTU of 1280. Returns a handle &gt; 0 or -errno.</summary>
        /// <param name="name">1 to 15 characters.</param>
        /// <param name="queues">Reading threads, 1 to 8; 0 = as fits the machine.</param>
        public static int Create(string name, int queues)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(name);
            return TunNative.ml_tun_create(bytes, 0, bytes.Length, queues);
        }

        /// <summary>Packets begin to pass between the device and the data plane of the pump (see <see cref="Pump"/>).</summary>
        public static int Start(int tun, int pump) { return TunNative.ml_tun_start(tun, pump); }

        /// <summary>Packets stop; the device keeps its addresses and routes.</summary>
        public static int Stop(int tun) { return TunNative.ml_tun_stop(tun); }

        /// <summary>Somebody has removed the device: close this one and make another.</summary>
        public static bool IsGone(int tun) { return TunNative.ml_tun_gone(tun) != 0; }

        /// <summary>Removes the device with all that was set for it.</summary>
        public static int Close(int tun) { return TunNative.ml_tun_close(tun); }

        /// <summary>Adds or removes an address of this host, as a prefix of 17 bytes.</summary>
        public static int Address(int tun, byte[] prefixes, int offset, bool add)
        {
            Check(prefixes, offset);
            return TunNative.ml_tun_address(tun, prefixes, offset, add ? 1 : 0);
        }

        /// <summary>Routes a prefix of 17 bytes into the tunnel, or no longer.</summary>
        public static int Route(int tun, byte[] prefixes, int offset, bool add)
        {
            Check(prefixes, offset);
            return TunNative.ml_tun_route(tun, prefixes, offset, add ? 1 : 0);
        }

        /// <summary>The counters above since the device was made, 8 bytes little endian each.</summary>
        public static int ReadCounters(int tun, byte[] into) { return TunNative.ml_tun_counters(tun, into, 0, into.Length); }

        private static void Check(byte[] prefixes, int offset)
        {
            if (prefixes == null || offset < 0 || offset > prefixes.Length - PrefixLength) throw new ArgumentException("a prefix has 17 bytes");
        }
    }
}
#endif
