using MicroLink.Runtime;

namespace MicroLink.Drivers
{
    /// <summary>
    /// A UDP port of the host outside of the tunnel, for questions to other people's servers (split DNS, port mapping). Opened with the first
    /// datagram on any free port, both families; what comes in is told to the owner as <see cref="DatagramReceived"/>.
    /// </summary>
    public interface IDatagramPort
    {
        /// <summary>Who hears of datagrams; called once, before the first Send.</summary>
        void Attach(ActorRef owner);

        /// <summary>Never blocks. <paramref name="endpoint"/> is 18 bytes. False: not sent; <see cref="Error"/> says why in one plain sentence.</summary>
        bool Send(byte[] packet, int count, byte[] endpoint);

        string Error { get; }

        void Close();
    }

    /// <summary>One datagram, at most 1500 bytes; a mailbox that is full costs it.</summary>
    public sealed class DatagramReceived : Message
    {
        public readonly byte[] Bytes;
        /// <summary>Whence, 18 bytes.</summary>
        public readonly byte[] From;
        public DatagramReceived(byte[] bytes, byte[] from) { Bytes = bytes; From = from; }
    }
}
