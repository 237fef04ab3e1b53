using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading;
using System.Threading.Tasks;
using MicroLink.Runtime;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>
    /// Opens TCP and TLS connections on the thread pool. Several addresses of a name race in the simple form of RFC 8305: the next one
    /// starts when the previous has failed or after 200 ms (protocol.md 5.1), families alternating, IPv4 first; the first one wins.
    /// </summary>
    public sealed class TcpStreamDialer : IStreamDialer
    {
        private readonly object _gate = new object();
        private readonly Dictionary<int, Attempt> _attempts = new Dictionary<int, Attempt>();
        private readonly TrustStore _trust;
        private readonly int _mark;
        private int _lastDial;

        /// <param name="caFile">PEM file whose certificates are trusted beside the system's roots, or null. It is read at the first TLS
        /// dial.</param>
        /// <param name="mark">SO_MARK of every connection; 0 = none. Needs CAP_NET_ADMIN, as a TUN device does.</param>
        public TcpStreamDialer(string caFile, int mark = 0)
        {
            _mark = mark;
            _trust = new TrustStore(caFile);
        }

        public int Dial(StreamTarget target, ActorRef owner)
        {
            Attempt attempt = new Attempt(target, owner);
            lock (_gate)
            {
                attempt.Number = ++_lastDial;
                _attempts.Add(attempt.Number, attempt);
            }
            _ = Task.Run(() => RunAsync(attempt));
            return attempt.Number;
        }

        public void Cancel(int dial)
        {
            Attempt attempt;
            lock (_gate)
            {
                if (!_attempts.Remove(dial, out attempt)) return;
            }
            attempt.Stop.Cancel();
        }

        private async Task RunAsync(Attempt attempt)
        {
            Message answer;
            TcpStream opened = null;
            attempt.Stop.CancelAfter(attempt.Target.TimeoutMs);
            try
            {
                opened = await OpenAsync(attempt).ConfigureAwait(false);
                answer = new StreamOpened(attempt.Number, opened);
            }
            catch (Exception error)
            {
                answer = FailureOf(attempt, error);
            }
            bool told = await AnswerAsync(attempt, answer).ConfigureAwait(false);
            if (opened == null) return;
            if (told) opened.StartReading();
            else opened.Abandon();
        }

        /// <summary>Tells the owner unless the dial was cancelled; a cancel and an answer exclude each other by the table's lock.</summary>
        private async Task<bool> AnswerAsync(Attempt attempt, Message answer)
        {
            while (true)
            {
                lock (_gate)
                {
                    if (!_attempts.ContainsKey(attempt.Number)) return false;
                    if (attempt.Owner.Tell(answer))
                    {
                        _attempts.Remove(attempt.Number);
                        return true;
                    }
                }
                await Task.Delay(2, CancellationToken.None).ConfigureAwait(false);   // the owner's mailbox is full
            }
        }

        private async Task<TcpStream> OpenAsync(Attempt attempt)
        {
            StreamTarget target = attempt.Target;
            CancellationToken cancel = attempt.Stop.Token;
            IPAddress[] addresses = await AddressesOfAsync(target, cancel).ConfigureAwait(false);
            Socket socket = await AddressRace.ConnectAsync(addresses, target.Port, _mark, cancel).ConfigureAwait(false);
            try
            {
                socket.NoDelay = true;
                string remoteText = socket.RemoteEndPoint.ToString();
                Stream stream = new NetworkStream(socket, true);
                if (target.Tls) stream = await SecureAsync(stream, target, cancel).ConfigureAwait(false);
                return new TcpStream(socket, stream, attempt.Owner, remoteText);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        private static async Task<IPAddress[]> AddressesOfAsync(StreamTarget target, CancellationToken cancel)
        {
            string name = target.Address != null ? target.Address : target.Host;
            if (IPAddress.TryParse(name, out IPAddress literal)) return new[] { literal };
            IPAddress[] found = await DesktopResolver.LookUpAsync(name, target.TimeoutMs, cancel).ConfigureAwait(false);
            if (found.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
            return AddressRace.Interleave(found);
        }

        private async Task<Stream> SecureAsync(Stream stream, StreamTarget target, CancellationToken cancel)
        {
            ServerVerifier verifier = new ServerVerifier(target, _trust);
            SslStream tls = new SslStream(stream, false);
            SslClientAuthenticationOptions options = new SslClientAuthenticationOptions
            {
                TargetHost = target.ServerName != null ? target.ServerName : target.Host,
                ApplicationProtocols = new List<SslApplicationProtocol> { SslApplicationProtocol.Http11 },
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateChainPolicy = TrustStore.NewPolicy(),
                RemoteCertificateValidationCallback = verifier.Verify,
            };
            try
            {
                await tls.AuthenticateAsClientAsync(options, cancel).ConfigureAwait(false);
                return tls;
            }
            catch (Exception error) when (error is AuthenticationException || error is IOException)
            {
                tls.Dispose();
                if (verifier.Rejection != null) throw new DialException(StreamFailure.CertificateRejected, verifier.Rejection);
                throw new DialException(StreamFailure.Tls, "The server at " + WhereOf(target) + " did not complete the TLS handshake ("
                    + Innermost(error) + "); check that this port speaks TLS 1.2 or 1.3.");
            }
        }

        private static Message FailureOf(Attempt attempt, Exception error)
        {
            string where = WhereOf(attempt.Target);
            switch (error)
            {
                case DialException known: return new StreamFailed(attempt.Number, known.Failure, known.Message);
                case SocketException socket:
                    return new StreamFailed(attempt.Number, DialText.FailureOf(socket.SocketErrorCode),
                        DialText.Of(socket.SocketErrorCode, where));
                case OperationCanceledException:
                case TimeoutException: return new StreamFailed(attempt.Number, StreamFailure.Timeout, DialText.Timeout(where));
                default: return new StreamFailed(attempt.Number, StreamFailure.Other, "Connecting to " + where + " failed: "
                    + Innermost(error) + ".");
            }
        }

        private static string WhereOf(StreamTarget target)
        {
            string address = target.Address != null && target.Address != target.Host ? " (" + target.Address + ")" : "";
            string host = target.Host != null ? target.Host : target.Address;
            return (host.Contains(':') ? "[" + host + "]" : host) + address + ":" + target.Port;
        }

        private static string Innermost(Exception error)
        {
            while (error.InnerException != null) error = error.InnerException;
            return error.Message.TrimEnd('.');
        }

        private sealed class Attempt
        {
            public readonly StreamTarget Target;
            public readonly ActorRef Owner;
            public readonly CancellationTokenSource Stop = new CancellationTokenSource();
            public int Number;

            public Attempt(StreamTarget target, ActorRef owner)
            {
                Target = target;
                Owner = owner;
            }
        }
    }

    /// <summary>A failure that already carries its sentence.</summary>
    internal sealed class DialException : Exception
    {
        public readonly int Failure;

        public DialException(int failure, string sentence) : base(sentence)
        {
            Failure = failure;
        }
    }
}
