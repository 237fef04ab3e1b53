using MicroLink.Bytes;

namespace MicroLink.PortMap
{
    /// <summary>
    /// The HTTP half of UPnP with one gateway: description, then AddPortMapping (another port when it is taken, a permanent lease when the
    /// gateway knows no other), then the outside address. One exchange at a time; the owner fetches and hands in the answers.
    /// <code>
    ///  Idle --Start--> Description --> Adding --> Address --> Done         any --anything unexpected--> Failed
    /// </code>
    /// </summary>
    public sealed class UpnpSession
    {
        public const int Idle = 0, Description = 1, Adding = 2, Address = 3, Done = 4, Failed = 5;
        /// <summary>SOAP faults (WANIPConnection section 2.4): the port belongs to somebody else; only permanent leases.</summary>
        private const int ConflictFault = 718, OnlyPermanentFault = 725;
        private const int MaxTries = 4;

        private readonly byte[] _address = new byte[NetEndpoint.AddressLength];
        private string _host, _path, _service, _client;
        private int _port, _internalPort, _leaseSec, _tries;
        private bool _due;

        public int State { get; private set; }
        public int ExternalPort { get; private set; }
        /// <summary>0 = permanent.</summary>
        public int LeaseSec { get { return _leaseSec; } }
        public bool IsKnown { get { return _service != null; } }

        /// <summary>The gateway told where its description is. False: not a place we go to (it must be the gateway itself).</summary>
        public bool Start(string location, byte[] gateway, string client, int internalPort, int externalPort, int leaseSec)
        {
            byte[] parsed = new byte[NetEndpoint.AddressLength];
            if (!UpnpWire.ReadUrl(location, out _host, out _port, out _path)) return false;
            NetEndpoint.ParseAddress(_host, parsed, 0);
            if (!NetEndpoint.AddressEqual(parsed, 0, gateway, 0)) return false;
            _client = client;
            _internalPort = internalPort;
            ExternalPort = externalPort;
            _leaseSec = leaseSec;
            _tries = 0;
            _service = null;
            Enter(Description);
            return true;
        }

        /// <summary>The lease is half over: ask again for the same port.</summary>
        public void Renew(int leaseSec)
        {
            if (_leaseSec != 0) _leaseSec = leaseSec;
            _tries = 0;
            Enter(Adding);
        }

        public void Reset()
        {
            State = Idle;
            _service = null;
            _due = false;
        }

        public bool PollRequest(PortMapRequest into)
        {
            if (!_due) return false;
            _due = false;
            into.Host = _host;
            into.Port = _port;
            if (State == Description) into.Text = Head("GET", _path) + "\r\n";
            else if (State == Adding) into.Text = Post("AddPortMapping", UpnpWire.AddMapping(_service, _client, _internalPort, ExternalPort, _leaseSec));
            else into.Text = Post("GetExternalIPAddress", UpnpWire.GetAddress(_service));
            return true;
        }

        /// <summary>The request that takes the mapping away, for the end; null = there is none.</summary>
        public string DeleteText()
        {
            return _service == null || State != Done ? null : Post("DeletePortMapping", UpnpWire.DeleteMapping(_service, ExternalPort));
        }

        public string Host { get { return _host; } }
        public int Port { get { return _port; } }

        /// <summary>The answer to the request that was polled; status 0 = the exchange failed.</summary>
        public void HandleAnswer(int status, string body, int otherPort)
        {
            switch (State)
            {
                case Description:
                    if (status == 200 && UpnpWire.ReadDescription(body, out _service, out string control))
                    {
                        _path = UpnpWire.Path(control);
                        Enter(Adding);
                    }
                    else Enter(Failed);
                    break;
                case Adding:
                    if (status == 200) Enter(Address);
                    else Again(UpnpWire.ReadError(body), otherPort);
                    break;
                case Address:
                    Enter(status == 200 && UpnpWire.ReadAddress(body, _address) ? Done : Failed);
                    break;
            }
        }

        public void WriteEndpoint(byte[] into)
        {
            NetEndpoint.Write(into, 0, _address, 0, ExternalPort);
        }

        private void Again(int fault, int otherPort)
        {
            if (++_tries >= MaxTries) fault = 0;
            if (fault == OnlyPermanentFault) _leaseSec = 0;
            else if (fault == ConflictFault) ExternalPort = otherPort;
            else
            {
                Enter(Failed);
                return;
            }
            Enter(Adding);
        }

        private string Post(string action, string body)
        {
            return Head("POST", _path) + UpnpWire.Headers(_service, action, body.Length) + "\r\n" + body;
        }

        private string Head(string method, string path)
        {
            return method + " " + path + " HTTP/1.1\r\nHost: " + _host + ":" + _port.ToString() + "\r\nUser-Agent: microlink\r\nConnection: close\r\n";
        }

        private void Enter(int state)
        {
            State = state;
            _due = state == Description || state == Adding || state == Address;
        }
    }
}
