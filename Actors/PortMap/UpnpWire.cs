using System.Text;
using MicroLink.Bytes;

namespace MicroLink.PortMap
{
    /// <summary>
    /// UPnP Internet Gateway Device (WANIPConnection:1 and :2, WANPPPConnection:1): search by multicast, description and SOAP by HTTP. The
    /// few tags that matter are found by their names; nothing here understands XML, and what does not look right is not used.
    /// <code>
    ///  M-SEARCH (UDP 239.255.255.250:1900) -> 200, LOCATION: http://gateway/desc.xml -> GET -> serviceType, controlURL
    ///  -> POST controlURL: GetExternalIPAddress, AddPortMapping, DeletePortMapping
    /// </code>
    /// </summary>
    public static class UpnpWire
    {
        public const int SearchPort = 1900;
        public const string Description = "microlink-portmap";

        private static readonly string[] s_services =
        {
            "urn:schemas-upnp-org:service:WANIPConnection:2", "urn:schemas-upnp-org:service:WANIPConnection:1",
            "urn:schemas-upnp-org:service:WANPPPConnection:1",
        };

        public static byte[] Search()
        {
            return AsciiText.ToBytes("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nST: ssdp:all\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\n\r\n");
        }

        /// <summary>The LOCATION of an answer of a gateway to the search, or null. Other devices answer too (ssdp:all).</summary>
        public static string ReadLocation(byte[] packet, int offset, int count)
        {
            string text = AsciiText.ToText(packet, offset, count);
            if (text.IndexOf("HTTP/1.1 200") != 0) return null;
            string kind = Header(text, "st");
            if (kind == null || (kind.IndexOf("InternetGatewayDevice") < 0 && kind.IndexOf("WANIPConnection") < 0
                && kind.IndexOf("WANPPPConnection") < 0)) return null;
            return Header(text, "location");
        }

        /// <summary>Splits "http://host[:port]/path"; false for anything else. The host must be an IPv4 address in text form.</summary>
        public static bool ReadUrl(string url, out string host, out int port, out string path)
        {
            host = path = null;
            port = 80;
            if (url == null || url.Length > 400 || url.IndexOf("http://") != 0) return false;
            int slash = url.IndexOf('/', 7);
            string place = slash < 0 ? url.Substring(7) : url.Substring(7, slash - 7);
            path = slash < 0 ? "/" : url.Substring(slash);
            int colon = place.IndexOf(':');
            host = colon < 0 ? place : place.Substring(0, colon);
            if (colon >= 0 && !Number(place.Substring(colon + 1), out port)) return false;
            return IsClean(path) && NetEndpoint.ParseAddress(host, new byte[NetEndpoint.AddressLength], 0) && port > 0 && port < 65536;
        }

        /// <summary>From a device description: the service that can map ports and where to post to it; false = none.</summary>
        public static bool ReadDescription(string xml, out string service, out string controlUrl)
        {
            for (int i = 0; i < s_services.Length; i++)
            {
                service = s_services[i];
                int at = xml.IndexOf("<serviceType>" + service + "</serviceType>");
                if (at < 0) continue;
                int end = xml.IndexOf("</service>", at);
                controlUrl = Between(end < 0 ? xml.Substring(at) : xml.Substring(at, end - at), "<controlURL>", "</controlURL>");
                if (controlUrl != null && IsClean(controlUrl)) return true;
            }
            service = controlUrl = null;
            return false;
        }

        /// <summary>A relative controlURL belongs to the host of the description (no gateway seen uses URLBase any more).</summary>
        public static string Path(string controlUrl)
        {
            if (controlUrl.IndexOf("http://") != 0) return controlUrl.IndexOf('/') == 0 ? controlUrl : "/" + controlUrl;
            int slash = controlUrl.IndexOf('/', 7);
            return slash < 0 ? "/" : controlUrl.Substring(slash);
        }

        public static string GetAddress(string service)
        {
            return Envelope(service, "GetExternalIPAddress", "");
        }

        public static string AddMapping(string service, string client, int internalPort, int externalPort, int leaseSec)
        {
            return Envelope(service, "AddPortMapping", "<NewRemoteHost></NewRemoteHost><NewExternalPort>" + externalPort.ToString()
                + "</NewExternalPort><NewProtocol>UDP</NewProtocol><NewInternalPort>" + internalPort.ToString()
                + "</NewInternalPort><NewInternalClient>" + client + "</NewInternalClient><NewEnabled>1</NewEnabled><NewPortMappingDescription>"
                + Description + "</NewPortMappingDescription><NewLeaseDuration>" + leaseSec.ToString() + "</NewLeaseDuration>");
        }

        public static string DeleteMapping(string service, int externalPort)
        {
            return Envelope(service, "DeletePortMapping", "<NewRemoteHost></NewRemoteHost><NewExternalPort>" + externalPort.ToString()
                + "</NewExternalPort><NewProtocol>UDP</NewProtocol>");
        }

        public static string Headers(string service, string action, int bodyLength)
        {
            return "Content-Type: text/xml; charset=\"utf-8\"\r\nSOAPAction: \"" + service + "#" + action + "\"\r\nContent-Length: "
                + bodyLength.ToString() + "\r\n";
        }

        /// <summary>The address in an answer to GetExternalIPAddress, 16 bytes; false when there is none.</summary>
        public static bool ReadAddress(string xml, byte[] address)
        {
            string text = Between(xml, "<NewExternalIPAddress>", "</NewExternalIPAddress>");
            return text != null && text.Length < 16 && NetEndpoint.ParseAddress(text, address, 0);
        }

        /// <summary>The errorCode of a SOAP fault; 0 = none. 725: only permanent leases. 718: the port is taken.</summary>
        public static int ReadError(string xml)
        {
            string text = Between(xml, "<errorCode>", "</errorCode>");
            return text != null && Number(text, out int code) ? code : 0;
        }

        private static string Envelope(string service, string action, string arguments)
        {
            StringBuilder text = new StringBuilder();
            text.Append("<?xml version=\"1.0\"?>\r\n<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" ");
            text.Append("s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body><u:").Append(action);
            text.Append(" xmlns:u=\"").Append(service).Append("\">").Append(arguments);
            text.Append("</u:").Append(action).Append("></s:Body></s:Envelope>\r\n");
            return text.ToString();
        }

        private static string Header(string text, string name)
        {
            int at = 0;
            while (at < text.Length)
            {
                int end = text.IndexOf('\n', at);
                if (end < 0) end = text.Length;
                int colon = text.IndexOf(':', at);
                if (colon > at && colon < end && text.Substring(at, colon - at).Trim().ToLower() == name)
                    return text.Substring(colon + 1, end - colon - 1).Trim();
                at = end + 1;
            }
            return null;
        }

        private static string Between(string text, string open, string close)
        {
            int from = text.IndexOf(open);
            if (from < 0) return null;
            from += open.Length;
            int to = text.IndexOf(close, from);
            return to < 0 ? null : text.Substring(from, to - from).Trim();
        }

        private static bool Number(string text, out int value)
        {
            value = 0;
            if (text.Length == 0 || text.Length > 6) return false;
            for (int i = 0; i < text.Length; i++)
            {
                if (text[i] < '0' || text[i] > '9') return false;
                value = value * 10 + text[i] - '0';
            }
            return true;
        }

        /// <summary>It goes into a request line: no blank, no control character.</summary>
        private static bool IsClean(string path)
        {
            for (int i = 0; i < path.Length; i++)
            {
                if (path[i] <= ' ' || path[i] > '~') return false;
            }
            return path.Length > 0 && path.Length < 400;
        }
    }
}
