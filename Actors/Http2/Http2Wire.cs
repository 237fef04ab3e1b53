namespace MicroLink.Http2
{
    /// <summary>
    /// HTTP/2 frames (RFC 9113 section 4.1, 6). Every frame:
    /// <code>
    ///   0  length u24 BE (payload, at most 16384 here)
    ///   3  type u8
    ///   4  flags u8
    ///   5  stream id u31 BE
    ///   9  payload
    ///
    /// DATA          [pad length u8] data [padding]                        END_STREAM PADDED
    /// HEADERS       [pad length u8] [priority 5] block [padding]          END_STREAM END_HEADERS PADDED PRIORITY
    /// PRIORITY      5 bytes, ignored
    /// RST_STREAM    error u32
    /// SETTINGS      n x (id u16, value u32), or empty with ACK
    /// PUSH_PROMISE  never: ENABLE_PUSH = 0
    /// PING          8 opaque bytes                                        ACK
    /// GOAWAY        last stream u31, error u32, text
    /// WINDOW_UPDATE increment u31
    /// CONTINUATION  block                                                 END_HEADERS
    /// </code>
    /// </summary>
    public static class Http2Wire
    {
        public const int FrameHeader = 9;
        /// <summary>SETTINGS_MAX_FRAME_SIZE is left at its initial value in our direction.</summary>
        public const int MaxFrame = 16384;
        public const int InitialWindow = 65535;
        public const int MaxWindow = 0x7fffffff;

        public const int Data = 0, Headers = 1, Priority = 2, RstStream = 3, Settings = 4, PushPromise = 5, Ping = 6, GoAway = 7,
                         WindowUpdate = 8, Continuation = 9;

        public const int FlagEndStream = 1, FlagAck = 1, FlagEndHeaders = 4, FlagPadded = 8, FlagPriority = 32;

        public const int SettingHeaderTableSize = 1, SettingEnablePush = 2, SettingMaxConcurrentStreams = 3, SettingInitialWindowSize = 4,
                         SettingMaxFrameSize = 5, SettingMaxHeaderListSize = 6;

        public const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    }

    /// <summary>Error codes of RST_STREAM and GOAWAY (RFC 9113 section 7).</summary>
    public static class Http2Error
    {
        public const int NoError = 0, Protocol = 1, Internal = 2, FlowControl = 3, SettingsTimeout = 4, StreamClosed = 5, FrameSize = 6,
                         RefusedStream = 7, Cancel = 8, Compression = 9, Connect = 10, EnhanceYourCalm = 11, InadequateSecurity = 12,
                         Http11Required = 13;

        public static string Text(int error)
        {
            switch (error)
            {
                case NoError: return "no error";
                case Protocol: return "protocol error";
                case Internal: return "internal error";
                case FlowControl: return "flow control error";
                case SettingsTimeout: return "settings timeout";
                case StreamClosed: return "stream closed";
                case FrameSize: return "frame size error";
                case RefusedStream: return "refused stream";
                case Cancel: return "cancelled";
                case Compression: return "header compression error";
                case EnhanceYourCalm: return "too many requests";
                case Http11Required: return "HTTP/1.1 required";
                default: return "error " + error.ToString();
            }
        }
    }
}
