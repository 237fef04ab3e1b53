using System;
using System.Collections;
using System.Threading;
using MicroLink.Native;
using MicroLink.Runtime;
using MicroLink.TestKit;
using nanoFramework.TestFramework;

namespace MicroLink.Tests.Device
{
    /// <summary>
    /// How fast the runtime is at what the design counts on. Nothing here fails for being slow: each prints a line
    /// "Benchmark,what,operations per second" for whoever reads the run.
    /// </summary>
    [TestClass]
    public class BenchmarkTests
    {
        private const int MinMs = 100;

        private delegate int Work(int rounds);

        private interface IAdd { int Add(int x); }

        private sealed class Adder : IAdd
        {
            internal readonly int First = 1, Other = 2;
            public int Add(int x) { return x + 1; }
        }

        [TestMethod]
        public static void Loops_and_calls()
        {
            Measure("loop iterations", rounds => { int sum = 0; for (int i = 0; i < rounds; i++) sum += i & 3; return sum; });
            Measure("static calls", rounds => { int x = 0; for (int i = 0; i < rounds; i++) x = Next(x); return x; });
            IAdd adder = new Adder();
            Measure("interface calls", rounds => { int x = 0; for (int i = 0; i < rounds; i++) x = adder.Add(x); return x; });
            byte[] four = new byte[4];
            Measure("native calls", rounds => { int x = 0; for (int i = 0; i < rounds; i++) x += (int)Cipher.Crc32(four, 0, 4); return x | 1; });
            byte[] bytes = new byte[256];
            Measure("bytes xored by a managed loop", rounds =>
            {
                for (int i = 0; i < rounds; i++) bytes[i & 255] ^= (byte)i;
                return 1;
            });
        }

        [TestMethod]
        public static void Objects_locks_tables_and_exceptions()
        {
            object gate = new object();
            Measure("objects with two fields", rounds => { for (int i = 0; i < rounds; i++) new Adder(); return 1; });
            Measure("locks", rounds => { for (int i = 0; i < rounds; i++) lock (gate) { } return 1; });
            Hashtable table = new Hashtable();
            for (int i = 0; i < 64; i++) table[i] = gate;
            object key = 33;
            Measure("hash table reads", rounds => { for (int i = 0; i < rounds; i++) if (table[key] == null) return 0; return 1; });
            Exception thrown = new Exception("x");
            Measure("exceptions", rounds =>
            {
                for (int i = 0; i < rounds; i++)
                {
                    try { throw thrown; }
                    catch (Exception) { }
                }
                return 1;
            });
        }

        [TestMethod]
        public static void Messages_between_actors()
        {
            TestSystem system = new TestSystem();
            PingPong.Pair(system);
            Measure("messages between two actors", rounds => { PingPong.Run(system, rounds); return 1; });
        }

        /// <summary>From this thread to a dispatcher thread and back; each question waits for its answer.</summary>
        [TestMethod]
        public static void Questions_between_threads()
        {
            ActorSystem system = new ActorSystem(new TickClock(), 2);
            Note question = new Note(1), answer = new Note(2);
            ActorRef actor = system.Spawn("a", Props.From(() => new AnswerActor(answer)));
            Thread dispatcher = new Thread(() => system.RunForever());
            dispatcher.Start();
            Measure("questions between threads", rounds =>
            {
                for (int i = 0; i < rounds; i++) if (system.AskAndWait(actor, question, 10000) == null) return 0;
                return 1;
            });
            system.Stop();
            Assert.IsTrue(dispatcher.Join(10000));
        }

        [TestMethod]
        public static void Native_ciphers()
        {
            byte[] key = new byte[32], nonce = new byte[12], packet = new byte[1440 + 16];
            key[0] = 9;
            Measure("packets of 1440 bytes sealed", rounds =>
            {
                for (int i = 0; i < rounds; i++) Cipher.ChaChaPolySeal(key, 0, nonce, 0, null, 0, 0, packet, 0, 1440);
                return 1;
            });
            byte[] output = new byte[32];
            Measure("X25519", rounds => { for (int i = 0; i < rounds; i++) Cipher.X25519Base(key, 0, output, 0); return output[0] | 1; });
        }

        private static int Next(int x)
        {
            return x + 1;
        }

        /// <summary>Doubles the rounds until they take MinMs; the work returns 0 when it failed.</summary>
        private static void Measure(string what, Work work)
        {
            TickClock clock = new TickClock();
            for (int rounds = 16; ; rounds *= 2)
            {
                long begin = clock.NowMs;
                Assert.IsTrue(work(rounds) != 0, what);
                long tookMs = clock.NowMs - begin;
                if (tookMs < MinMs && rounds < 1 << 29) continue;
                Console.WriteLine("Benchmark," + what + "," + ((long)rounds * 1000 / (tookMs == 0 ? 1 : tookMs)).ToString());
                return;
            }
        }

        private sealed class AnswerActor : Actor
        {
            private readonly Note _answer;

            internal AnswerActor(Note answer)
            {
                _answer = answer;
            }

            protected override void OnReceive(Message message)
            {
                Reply(_answer);
            }
        }
    }
}
