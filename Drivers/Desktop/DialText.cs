using System.Net.Sockets;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// Plain sentences for connection errors: what happened, and what the reader can do. Retrying is the caller's business.
    /// </summary>
    internal static class DialText
    {
        public static int FailureOf(SocketError error)
        {
            switch (error)
            {
                case SocketError.ConnectionRefused: return StreamFailure.Refused;
                case SocketError.TimedOut: return StreamFailure.Timeout;
                case SocketError.HostUnreachable:
                case SocketError.NetworkUnreachable:
                case SocketError.NetworkDown:
                case SocketError.AddressNotAvailable:
                case SocketError.AddressFamilyNotSupported: return StreamFailure.Unreachable;
                case SocketError.HostNotFound:
                case SocketError.NoData:
                case SocketError.TryAgain: return StreamFailure.NameNotFound;
                default: return StreamFailure.Other;
            }
        }

        public static string Of(SocketError error, string where)
        {
            switch (FailureOf(error))
            {
                case StreamFailure.Refused: return "Nothing answers at " + where
                    + " (connection refused); check the address and that the server runs.";
                case StreamFailure.Timeout: return Timeout(where);
                case StreamFailure.Unreachable: return "There is no route to " + where + "; check the network of this host.";
                case StreamFailure.NameNotFound: return "The name in " + where
                    + " was not found; check the spelling or the DNS of this host.";
                default: return "Connecting to " + where + " failed (" + error + "); check the network of this host.";
            }
        }

        public static string Timeout(string where)
        {
            return "Connecting to " + where + " took too long; check the network and that the server is up.";
        }

        public static string OfBroken(SocketError error)
        {
            switch (error)
            {
                case SocketError.ConnectionReset: return "the other side reset the connection";
                case SocketError.Shutdown:
                case SocketError.ConnectionAborted: return "the connection was cut off";
                case SocketError.TimedOut: return "the connection timed out";
                default: return "the connection broke (" + error + ")";
            }
        }
    }
}
