using MicroLink.Runtime;

namespace MicroLink.Drivers
{
    /// <summary>
    /// The one UDP port of the node (v4 and v6 on one number), joined to a native data plane. Incoming datagrams go straight into the
    /// data plane; what it leaves for managed code is announced with <see cref="NetIoReady"/>.
    /// </summary>
    public interface IPacketPort
    {
        /// <summary>Opens the port (<paramref name="preferredPort"/> when free, else any) and starts to feed <paramref name="dataPlane"/>. Returns the port, or 0 with a plain sentence in <see cref="Error"/>.</summary>
        int Open(int dataPlane, int preferredPort, ActorRef owner);
        string Error { get; }

        /// <summary>Sends what the data plane has put into its UDP ring. Called after every managed call that may have produced datagrams.</summary>
        void Flush();

        /// <summary>Replaces the sockets, keeping the port number when possible. Returns the port, or 0.</summary>
        int Rebind(int preferredPort);

        /// <summary>Writes the addresses of the host's interfaces, 16 bytes each (IPv4 as v4-mapped), without loopback unless there is nothing else. Returns how many.</summary>
        int LocalAddresses(byte[] into, int offset);

        void Close();
    }

    /// <summary>The data plane has events to read. At most one is in the mailbox at a time.</summary>
    public sealed class NetIoReady : Message
    {
        public static readonly NetIoReady Instance = new NetIoReady();
        private NetIoReady() { }
    }
}
