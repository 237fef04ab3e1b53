namespace MicroLink.Control
{
    /// <summary>A URL that control sends: scheme and authority as in ControlUrl, then a path. Nothing of it is trusted.</summary>
    public sealed class HttpUrl
    {
        private const int MaxPath = 512;

        private HttpUrl() { }

        /// <summary>Null when the URL is only a path (which is enough inside Noise).</summary>
        public ControlUrl Server { get; private set; }
        /// <summary>Path and query, at least "/".</summary>
        public string Path { get; private set; }

        /// <summary>Null when it is no http or https URL, or has a path that must not stand in a request line.</summary>
        public static HttpUrl Parse(string text)
        {
            int scheme = text.IndexOf("://");
            int slash = text.IndexOf('/', scheme < 0 ? 0 : scheme + 3);
            int query = text.IndexOf('?', scheme < 0 ? 0 : scheme + 3);
            int at = slash < 0 || (query >= 0 && query < slash) ? query : slash;
            string path = at < 0 ? "/" : text.Substring(at);
            if (path[0] == '?') path = "/" + path;
            HttpUrl url = new HttpUrl { Path = path };
            if (!IsPath(path)) return null;
            string server = at < 0 ? text : text.Substring(0, at);
            if (server.Length == 0) return url;
            url.Server = ControlUrl.Parse(server, out string error);
            return error == null ? url : null;
        }

        private static bool IsPath(string path)
        {
            if (path.Length > MaxPath) return false;
            for (int i = 0; i < path.Length; i++)
            {
                if (path[i] <= 32 || path[i] >= 127) return false;
            }
            return true;
        }
    }
}
