using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>The default gateway of the kernel's route table (/proc/net/route).</summary>
    public sealed class DesktopGateway : IGateway
    {
        public bool Find(byte[] gateway, byte[] local)
        {
            IPAddress address = Default();
            if (address == null) return false;
            try
            {
                // Connecting a UDP socket sends nothing; it only asks the route table.
                using Socket probe = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                probe.Connect(address, 9);
                AddressBytes.Write(((IPEndPoint)probe.LocalEndPoint).Address, local, 0);
            }
            catch (SocketException)
            {
                return false;   // the route went away in between
            }
            AddressBytes.Write(address, gateway, 0);
            return true;
        }

        private static IPAddress Default()
        {
            try
            {
                foreach (string line in File.ReadLines("/proc/net/route"))
                {
                    string[] fields = line.Split('\t');
                    if (fields.Length < 8 || fields[1] != "00000000" || fields[7] != "00000000") continue;
                    if (!uint.TryParse(fields[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint gateway) || gateway == 0) continue;
                    return new IPAddress(gateway);                 // the kernel prints it as the machine stores it
                }
            }
            catch (IOException)
            {
                return null;   // no /proc: no port mapping
            }
            return null;
        }
    }
}
