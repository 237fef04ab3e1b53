namespace MicroLink.Http2
{
    /// <summary>One request to send. The connection lets go of it once it has been sent.</summary>
    public sealed class Http2Request
    {
        public string Method = "POST";
        public string Path;
        public string Authority;
        public string Scheme = "https";
        /// <summary>Further fields, name and value in turn, names in lower case; null = none.</summary>
        public string[] Fields;
        public byte[] Body;
        public int BodyCount;
    }

    /// <summary>What happened on a connection; filled by Http2Connection.PollEvent.</summary>
    public sealed class Http2Event
    {
        /// <summary>
        /// Response: Status (and RetryAfter) are known. Data: Count bytes at Buffer[Offset..], inside the array that was given to Handle,
        /// valid until the next call; give the window back with Consume. End: the response is complete. Reset: the stream is gone, Code
        /// says why. GoAway: no new streams; Code and Text.
        /// </summary>
        public const int None = 0, Response = 1, Data = 2, End = 3, Reset = 4, GoAway = 5;

        public int Kind;
        public int Stream;
        public int Status;
        public string RetryAfter;
        /// <summary>The Date header, null = none.</summary>
        public string Date;
        public byte[] Buffer;
        public int Offset;
        public int Count;
        public int Code;
        public string Text;
    }

    /// <summary>State of one stream slot; Id 0 = free.</summary>
    internal sealed class Http2Stream
    {
        public int Id;
        public Http2Request Request;
        public bool HeadersSent;
        public bool BodySent;
        public int BodyAt;
        public bool ResponseSeen;
        public bool RemoteEnded;
        /// <summary>Refused by a GOAWAY: the Reset event is still to be polled.</summary>
        public bool Refused;
        public int Status;
        public string RetryAfter;
        public string Date;
        /// <summary>Bytes we may still send; may be negative after the peer made its initial window smaller.</summary>
        public int SendWindow;
        /// <summary>Bytes the peer may still send.</summary>
        public int ReceiveWindow;
        /// <summary>Consumed bytes not yet given back by a WINDOW_UPDATE.</summary>
        public int Credit;

        public void Open(int id, Http2Request request, int sendWindow, int receiveWindow)
        {
            Id = id;
            Request = request;
            HeadersSent = false;
            BodySent = request.Body == null || request.BodyCount == 0;
            BodyAt = 0;
            ResponseSeen = false;
            RemoteEnded = false;
            Refused = false;
            Status = 0;
            RetryAfter = null;
            Date = null;
            SendWindow = sendWindow;
            ReceiveWindow = receiveWindow;
            Credit = 0;
        }

        public void Close()
        {
            Id = 0;
            Request = null;
        }
    }
}
