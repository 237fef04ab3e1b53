using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace MicroLink.Lab
{
    /// <summary>
    /// The page that shows the nodes' actor graphs live, on loopback. One embedded HTML file without outside resources; the data comes
    /// from the nodes' own `status --json` and `graph --json`, asked at most once a second and only while somebody looks.
    /// </summary>
    internal sealed class DemoPage : IAsyncDisposable
    {
        private const int FreshMs = 900;

        private readonly List<NodeProcess> _nodes;
        private readonly List<PairResult> _pairs;
        private readonly WebApplication _app;
        private readonly SemaphoreSlim _refreshing = new SemaphoreSlim(1);
        private byte[] _data;
        private long _dataAtMs = long.MinValue / 2;

        public DemoPage(List<NodeProcess> nodes, List<PairResult> pairs)
        {
            _nodes = nodes;
            _pairs = pairs;
            WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(Array.Empty<string>());
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(options =>
            {
                options.AddServerHeader = false;
                options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            });
            _app = builder.Build();
            _app.Run(Answer);
        }

        public async Task<string> StartAsync()
        {
            await _app.StartAsync();
            return _app.Urls.First() + "/";
        }

        public async ValueTask DisposeAsync()
        {
            using var limit = new CancellationTokenSource(500);
            await _app.StopAsync(limit.Token);
            await _app.DisposeAsync();
        }

        private async Task Answer(HttpContext context)
        {
            HttpResponse response = context.Response;
            // A page of another site must not read this one through a name that resolves to loopback.
            if (context.Request.Host.Host is not ("127.0.0.1" or "localhost") || !HttpMethods.IsGet(context.Request.Method))
            {
                response.StatusCode = 403;
                return;
            }
            response.Headers.CacheControl = "no-store";
            response.Headers.XContentTypeOptions = "nosniff";
            if (context.Request.Path == "/")
            {
                string nonce = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
                response.Headers.ContentSecurityPolicy = "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; "
                    + "form-action 'none'; frame-ancestors 'none'; style-src 'nonce-" + nonce + "'; script-src 'nonce-" + nonce + "'";
                response.ContentType = "text/html; charset=utf-8";
                await response.WriteAsync(Html().Replace("NONCE", nonce));
            }
            else if (context.Request.Path == "/data")
            {
                response.ContentType = "application/json";
                await response.Body.WriteAsync(await Data(context.RequestAborted));
            }
            else
            {
                response.StatusCode = 404;
            }
        }

        private static string Html()
        {
            using Stream stream = typeof(DemoPage).Assembly.GetManifestResourceStream("page.html");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }

        private async Task<byte[]> Data(CancellationToken stop)
        {
            await _refreshing.WaitAsync(stop);
            try
            {
                if (Environment.TickCount64 - _dataAtMs < FreshMs) return _data;
                using var limit = new CancellationTokenSource(5000);
                string[] status = await Task.WhenAll(_nodes.Select(n => Ask(n, limit.Token, "status", "--json")));
                string[] graphs = await Task.WhenAll(_nodes.Select(n => Ask(n, limit.Token, "graph", "--json")));
                _data = Write(status, graphs);
                _dataAtMs = Environment.TickCount64;
                return _data;
            }
            finally
            {
                _refreshing.Release();
            }
        }

        /// <summary>The node's JSON answer, or null as JSON when it does not give one.</summary>
        private static async Task<string> Ask(NodeProcess node, CancellationToken stop, params string[] arguments)
        {
            try
            {
                string output = (await node.AskAsync(stop, arguments)).Output;
                using JsonDocument check = JsonDocument.Parse(output);
                return output;
            }
            catch (Exception e) when (e is JsonException or OperationCanceledException or System.ComponentModel.Win32Exception)
            {
                return "null";
            }
        }

        private byte[] Write(string[] status, string[] graphs)
        {
            var stream = new MemoryStream();
            using (var json = new Utf8JsonWriter(stream))
            {
                json.WriteStartObject();
                json.WriteStartArray("nodes");
                for (int i = 0; i < _nodes.Count; i++)
                {
                    json.WriteStartObject();
                    json.WriteString("name", _nodes[i].Name);
                    json.WritePropertyName("status");
                    json.WriteRawValue(status[i]);
                    json.WritePropertyName("graph");
                    json.WriteRawValue(graphs[i]);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteStartArray("pairs");
                foreach (PairResult pair in _pairs)
                {
                    json.WriteStartObject();
                    json.WriteString("from", pair.From.Name);
                    json.WriteString("to", pair.To.Name);
                    json.WriteNumber("relayMs", pair.Relay.Ms);
                    json.WriteNumber("relayTunnelMs", pair.RelayTunnel.Ms);
                    json.WriteNumber("directMs", pair.Direct.Ms);
                    json.WriteNumber("directTunnelMs", pair.DirectTunnel.Ms);
                    json.WriteNumber("upgradeMs", pair.UpgradeMs);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteEndObject();
            }
            return stream.ToArray();
        }
    }
}
