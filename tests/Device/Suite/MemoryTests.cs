using System;
using System.Threading;
using MicroLink.Bytes;
using MicroLink.Json;
using MicroLink.Native;
using MicroLink.Runtime;
using MicroLink.TestKit;
using nanoFramework.TestFramework;

namespace MicroLink.Tests.Device
{
    /// <summary>What is allocated (nothing, where the page says so) and what is given back.</summary>
    [TestClass]
    public class MemoryTests
    {
        private const int Rounds = 1000;

        [TestMethod]
        public static void A_message_between_actors_allocates_nothing()
        {
            TestSystem system = new TestSystem();
            PingPong.Pair(system);
            Assert.IsFalse(Allocation.Exceeds(Rounds * 8, () => PingPong.Run(system, Rounds)), "the kernel allocates for each message");
        }

        [TestMethod]
        public static void A_timer_allocates_nothing()
        {
            TestSystem system = new TestSystem();
            Note tick = new Note(0);
            system.Spawn("ticker", Props.From(() => new TickActor(tick)));
            system.RunToQuiet();
            Assert.IsFalse(Allocation.Exceeds(Rounds * 8, () =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    system.Time.Ms++;
                    while (system.Step()) { }
                }
            }), "a timer allocates");
        }

        [TestMethod]
        public static void A_cipher_call_allocates_nothing()
        {
            byte[] key = new byte[32], nonce = new byte[12], text = new byte[80];
            Assert.IsFalse(Allocation.Exceeds(Rounds * 8, () =>
            {
                for (int i = 0; i < Rounds; i++) Cipher.ChaChaPolySeal(key, 0, nonce, 0, null, 0, 0, text, 0, 64);
            }), "a cipher call allocates");
        }

        /// <summary>That the measure sees what it should: one small object a round.</summary>
        [TestMethod]
        public static void The_measure_sees_one_object_a_round()
        {
            Assert.IsTrue(Allocation.Exceeds(Rounds * 8, () =>
            {
                for (int i = 0; i < Rounds; i++) new Note(i);
            }), "allocations are not seen here");
        }

        [TestMethod]
        public static void Restarted_actors_leave_nothing_behind()
        {
            TestSystem system = new TestSystem();
            ActorRef actor = system.Spawn("a", Props.From(() => new DiaryActor(new Diary(), null, null)).WithSupervision(new Supervision(5, 60000, 1, 1)));
            NoGrowth("a restart", () =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    actor.Tell(Boom.Instance);
                    system.Advance(2);
                }
            });
        }

        [TestMethod]
        public static void Answered_and_late_questions_leave_nothing_behind()
        {
            TestSystem system = new TestSystem();
            Note answer = new Note(2), question = new Note(1);
            ActorRef quick = system.Spawn("quick", Props.From(() => new DiaryActor(new Diary(), null, (a, n) => a.Answer(answer))));
            NoGrowth("a question", () =>
            {
                ActorRef silent = system.Find("silent") ?? system.Spawn("silent", Props.From(() => new TickActor(null)));
                for (int i = 0; i < 50; i++)
                {
                    system.AskAndWait(quick, question, 10);
                    system.AskAndWait(silent, question, 10);
                }
            });
        }

        [TestMethod]
        public static void Machines_that_are_dropped_leave_nothing_behind()
        {
            byte[] text = AsciiText.ToBytes("{\"a\":[1,2,3]}");
            NoGrowth("a machine", () =>
            {
                for (int i = 0; i < 50; i++)
                {
                    JsonReader reader = new JsonReader(new string[] { "a" });
                    reader.Feed(text, 0, text.Length);
                    while (reader.Read() != JsonToken.End) { }
                }
            });
        }

        [TestMethod]
        public static void Threads_that_ended_leave_nothing_behind()
        {
            NoGrowth("a thread", () =>
            {
                for (int i = 0; i < 20; i++)
                {
                    Thread thread = new Thread(() => { });
                    thread.Start();
                    Assert.IsTrue(thread.Join(10000));
                }
            });
        }

        [TestMethod]
        public static void Data_planes_that_were_destroyed_can_be_made_again()
        {
            byte[] seed = new byte[32];
            for (int i = 0; i < 200; i++)
            {
                int handle = DataPlane.Create(16, 1024, 16, 4096, 4096);
                Assert.IsTrue(handle > 0, "round " + i.ToString() + ": code " + handle.ToString());
                Assert.AreEqual(0, DataPlane.Seed(handle, seed));
                Assert.AreEqual(0, DataPlane.Destroy(handle));
                Assert.AreEqual(DataPlane.BadHandle, DataPlane.Destroy(handle));
            }
        }

        private static void NoGrowth(string what, Action work)
        {
            work();
            Heap.Settle();
            long before = Heap.Used();
            work();
            work();
            Heap.Settle();
            long grown = Heap.Used() - before;
            Assert.IsTrue(grown < Allocation.NoiseBytes, what + " leaves something behind: " + grown.ToString() + " bytes");
        }
    }

    /// <summary>Wakes every millisecond with the same message.</summary>
    internal sealed class TickActor : Actor
    {
        private readonly Note _tick;

        internal TickActor(Note tick)
        {
            _tick = tick;
        }

        protected override void OnStart()
        {
            if (_tick != null) Timers.Set(0, 1, _tick, "tick");
        }

        protected override void OnReceive(Message message)
        {
            if (_tick != null) Timers.Set(0, 1, _tick, "tick");
        }
    }
}
