using System;
using System.Collections.Generic;
using System.Text;
using MicroLink.Bytes;
using MicroLink.Dns;
using MicroLink.NetMap;

namespace MicroLink.Tests.Unit.Dns
{
    /// <summary>Queries, nodes and answers as tests write them.</summary>
    internal static class DnsText
    {
        public static byte[] Query(string name, int type, int id = 0x1234, int bits = 0x0100, int cls = 1)
        {
            List<byte> packet = new List<byte> { (byte)(id >> 8), (byte)id, (byte)(bits >> 8), (byte)bits, 0, 1, 0, 0, 0, 0, 0, 0 };
            foreach (string label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
            {
                packet.Add((byte)label.Length);
                packet.AddRange(Encoding.Latin1.GetBytes(label));
            }
            packet.AddRange(new byte[] { 0, (byte)(type >> 8), (byte)type, (byte)(cls >> 8), (byte)cls });
            return packet.ToArray();
        }

        public static DnsQuestion Question(string name, int type)
        {
            DnsQuestion question = new DnsQuestion();
            byte[] query = Query(name, type);
            if (DnsWire.ReadQuery(query, 0, query.Length, question) != DnsWire.NoError) throw new ArgumentException(name);
            return question;
        }

        public static PeerRow Node(long id, string name, string[] addresses, params string[] capabilities)
        {
            byte[] prefixes = new byte[addresses.Length * NetEndpoint.PrefixLength];
            for (int i = 0; i < addresses.Length; i++)
            {
                if (!NetEndpoint.ParseAddress(addresses[i], prefixes, i * NetEndpoint.PrefixLength)) throw new ArgumentException(addresses[i]);
                prefixes[i * NetEndpoint.PrefixLength + NetEndpoint.AddressLength] = 128;
            }
            return new PeerRow { Id = id, Fields = PeerRow.All, Name = name, Addresses = prefixes, AllowedIps = prefixes, Capabilities = capabilities };
        }

        public static byte[] Address(string text)
        {
            byte[] address = new byte[16];
            if (!NetEndpoint.ParseAddress(text, address, 0)) throw new ArgumentException(text);
            return address;
        }

        public static byte[] Endpoints(params string[] texts)
        {
            byte[] endpoints = new byte[texts.Length * NetEndpoint.Length];
            for (int i = 0; i < texts.Length; i++)
            {
                if (!NetEndpoint.Parse(texts[i], endpoints, i * NetEndpoint.Length)) throw new ArgumentException(texts[i]);
            }
            return endpoints;
        }

        /// <summary>"rcode answers authorities [data of the first record]".</summary>
        public static string Read(byte[] answer, int count)
        {
            int at = 12;
            while (answer[at] != 0) at += answer[at] + 1;
            at += 5;
            string text = (answer[3] & 15) + " " + answer[7] + " " + answer[9];
            if (answer[7] == 0) return text;
            if (answer[at] != 0xC0 || answer[at + 1] != 12) throw new FormatException("the record's name is not the question's");
            int type = ByteOrder.LoadU16BE(answer, at + 2), length = ByteOrder.LoadU16BE(answer, at + 10);
            if (at + 12 + length != count) throw new FormatException("bytes behind the record");
            string data = type == DnsWire.Ptr ? Name(answer, at + 12)
                : length == 4 ? string.Join(".", answer[at + 12], answer[at + 13], answer[at + 14], answer[at + 15])
                : NetEndpoint.FormatAddress(answer, at + 12);
            return text + " " + data + " ttl " + ByteOrder.LoadU32BE(answer, at + 6);
        }

        private static string Name(byte[] packet, int at)
        {
            StringBuilder text = new StringBuilder();
            for (; packet[at] != 0; at += packet[at] + 1) text.Append(Encoding.Latin1.GetString(packet, at + 1, packet[at])).Append('.');
            return text.ToString();
        }
    }
}
