using MicroLink.Json;

namespace MicroLink.Control
{
    /// <summary>
    /// The body of the answer to a PingRequest with disco, TSMP, ICMP or peerapi in it (protocol.md 4.9): tailcfg.PingResponse.
    /// <code>
    ///   {"Type":"disco","IP":"100.64.0.2","NodeIP":"100.64.0.2","NodeName":"b","LatencySeconds":0.001234,"Endpoint":"192.0.2.1:41641"}
    /// </code>
    /// </summary>
    public sealed class PingAnswer
    {
        public const int BytesMax = 1024;

        public string Type = "";
        public string Ip = "";
        public string NodeIp = "";
        public string NodeName = "";
        /// <summary>"" when the ping was answered.</summary>
        public string Error = "";
        public int LatencyMicros;
        /// <summary>"" when the answer came by a relay.</summary>
        public string Endpoint = "";
        public int RelayRegion;
        public string RelayCode = "";
        public bool IsLocalIp;

        /// <summary>Length of the JSON, or -1 when it does not fit. Empty fields are left out, as Go's omitempty does.</summary>
        public int Write(byte[] into)
        {
            JsonWriter json = new JsonWriter(into);
            json.BeginObject();
            json.Field("Type", Type);
            Text(json, "IP", Ip);
            Text(json, "NodeIP", NodeIp);
            Text(json, "NodeName", NodeName);
            Text(json, "Err", Error);
            if (LatencyMicros > 0)
            {
                json.Name("LatencySeconds");
                json.RawText(Seconds(LatencyMicros));
            }
            Text(json, "Endpoint", Endpoint);
            if (RelayRegion != 0) json.Field("DERPRegionID", RelayRegion);
            Text(json, "DERPRegionCode", RelayCode);
            if (IsLocalIp) json.Field("IsLocalIP", true);
            json.EndObject();
            return json.Failed ? -1 : json.Count;
        }

        private static void Text(JsonWriter json, string name, string value)
        {
            if (value != null && value.Length > 0) json.Field(name, value);
        }

        private static string Seconds(int micros)
        {
            string fraction = (micros % 1000000).ToString();
            while (fraction.Length < 6) fraction = "0" + fraction;
            return (micros / 1000000).ToString() + "." + fraction;
        }
    }
}
