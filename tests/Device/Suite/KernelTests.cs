using System;
using System.Threading;
using MicroLink.Runtime;
using MicroLink.TestKit;
using nanoFramework.TestFramework;

namespace MicroLink.Tests.Device
{
    /// <summary>The kernel's rules (Runtime/README.md) on this machine's runtime; tests/Unit/Runtime holds them all.</summary>
    [TestClass]
    public class KernelTests
    {
        [TestMethod]
        public static void Mail_is_handled_in_order()
        {
            TestSystem system = new TestSystem();
            Diary diary = new Diary();
            ActorRef actor = system.Spawn("a", DiaryActor.For(diary));
            for (int i = 0; i < 8; i++) Assert.IsTrue(actor.Tell(new Note(i)));
            system.RunToQuiet();
            Assert.AreEqual("0 1 2 3 4 5 6 7", diary.Text);
        }

        [DataRow(Overflow.Reject, "1 2", 0)]
        [DataRow(Overflow.DropOldest, "2 3", 1)]
        [DataRow(Overflow.DropNewest, "1 2", 1)]
        public static void A_full_mailbox_does_what_its_policy_says(int policy, string handled, int discarded)
        {
            TestSystem system = new TestSystem();
            Diary diary = new Diary();
            ActorRef actor = system.Spawn("a", DiaryActor.For(diary).WithMailbox(2, policy));
            Note[] notes = { new Note(1), new Note(2), new Note(3) };
            bool taken = true;
            for (int i = 0; i < notes.Length; i++) taken = actor.Tell(notes[i]);
            system.RunToQuiet();
            Assert.AreEqual(policy != Overflow.Reject, taken);
            Assert.AreEqual(handled, diary.Text);
            Assert.AreEqual(discarded, notes[0].Discarded + notes[1].Discarded + notes[2].Discarded);
        }

        [TestMethod]
        public static void The_urgent_lane_goes_first_and_has_its_own_room()
        {
            TestSystem system = new TestSystem();
            Diary diary = new Diary();
            ActorRef actor = system.Spawn("a", DiaryActor.For(diary).WithMailbox(1).WithUrgent(2));
            Assert.IsTrue(actor.Tell(new Note(1)));
            Assert.IsTrue(actor.TellUrgent(new Note(100)));
            Assert.IsTrue(actor.TellUrgent(new Note(101)));
            Assert.IsFalse(actor.TellUrgent(new Note(102)));
            system.RunToQuiet();
            Assert.AreEqual("100 101 1", diary.Text);
        }

        [TestMethod]
        public static void Timers_fire_in_order_before_mail_and_a_stopped_one_is_never_seen()
        {
            TestSystem system = new TestSystem();
            Diary diary = new Diary();
            ActorRef actor = system.Spawn("a", DiaryActor.For(diary,
                (a, n) =>
                {
                    a.Slots.Set(0, 20, new Note(2), "second");
                    a.Slots.Set(1, 10, new Note(1), "first");
                    a.Slots.Set(2, 20, new Note(9), "stopped by the first");
                },
                (a, n) => { if (n == 1) a.Slots.Stop(2); }));
            system.RunToQuiet();
            string why;
            Assert.AreEqual(10L, system.NextDeadline(out why));
            Assert.AreEqual("a: first", why);
            actor.Tell(new Note(3));
            system.Time.Ms += 1000;
            system.RunToQuiet();
            Assert.AreEqual("1 2 3", diary.Text);
            Assert.AreEqual(TimerTable.Never, system.NextDeadline(out why));
        }

        [TestMethod]
        public static void A_failed_actor_is_made_anew_after_a_back_off_and_keeps_its_mail()
        {
            TestSystem system = new TestSystem();
            Diary diary = new Diary();
            ActorRef actor = system.Spawn("a", DiaryActor.For(diary, (a, n) => diary.Add("start"), null));
            actor.Tell(Boom.Instance);
            actor.Tell(new Note(7));
            system.RunToQuiet();
            Assert.AreEqual("start stop", diary.Text);
            system.Advance(499);
            Assert.AreEqual("start stop", diary.Text);
            system.Advance(1);
            Assert.AreEqual("start stop start 7", diary.Text);
        }

        [TestMethod]
        public static void Too_many_failures_are_told_and_never_end_the_tries()
        {
            TestSystem system = new TestSystem();
            Probe parent = system.NewProbe("parent");
            int starts = 0;
            system.Spawn("a", DiaryActor.For(new Diary(), (a, n) => { starts++; throw new Exception("cannot start"); }, null)
                .WithSupervision(new Supervision(2, 60000, 100, 10000)), parent.Ref);
            system.Advance(300);
            Assert.AreEqual(3, starts);
            ChildFailed news = (ChildFailed)parent.Expect(typeof(ChildFailed));
            Assert.AreEqual("a", news.Child.Path);
            Assert.AreEqual("cannot start", news.Reason.Message);
            system.Advance(100000);
            Assert.AreEqual(13, starts);
        }

        [TestMethod]
        public static void A_failure_without_a_parent_reaches_the_hook()
        {
            TestSystem system = new TestSystem();
            string failed = null;
            system.OnRootFailed = (actor, reason) => failed = actor.Path + ": " + reason.Message;
            ActorRef actor = system.Spawn("a", DiaryActor.For(new Diary()).WithSupervision(new Supervision(0, 1000, 1, 10)));
            actor.Tell(Boom.Instance);
            system.RunToQuiet();
            Assert.AreEqual("a: boom", failed);
        }

        [TestMethod]
        public static void A_question_is_answered_or_times_out()
        {
            TestSystem system = new TestSystem();
            Diary asked = new Diary(), asking = new Diary();
            ActorRef target = system.Spawn("target", DiaryActor.For(asked, null, (a, n) => { if (n == 1) a.Answer(new Note(10)); }));
            system.Spawn("asker", DiaryActor.For(asking, (a, n) => { a.Question(target, new Note(1), 1000); a.Question(target, new Note(2), 1000); }, null));
            system.Advance(999);
            Assert.AreEqual("10", asking.Text);
            system.Advance(1);
            Assert.AreEqual("10 AskTimeout", asking.Text);
            Assert.AreEqual("1 2", asked.Text);
        }

        [TestMethod]
        public static void Buffers_of_dropped_mail_go_back_to_their_pool()
        {
            TestSystem system = new TestSystem();
            BufferPool pool = new BufferPool(2, 16);
            ActorRef actor = system.Spawn("a", DiaryActor.For(new Diary()).WithMailbox(1, Overflow.DropOldest));
            actor.Tell(pool.Lease());
            actor.Tell(pool.Lease());
            Assert.AreEqual(1, pool.Free);
            system.Stop();
            system.RunToQuiet();
            Assert.IsNull(pool.DescribeLeases());
        }

        [TestMethod]
        public static void The_graph_prints_itself()
        {
            TestSystem system = new TestSystem();
            ActorRef actor = system.Spawn("printed", DiaryActor.For(new Diary()));
            actor.Tell(new Note(1));
            system.RunToQuiet();
            Assert.IsTrue(system.Graph.Print(PrintFormat.Text).IndexOf("printed") >= 0);
            Assert.IsTrue(system.Graph.Print(PrintFormat.Json).IndexOf("\"processed\":1") >= 0);
            Assert.IsTrue(system.Graph.Print(PrintFormat.Mermaid).IndexOf("printed<br/>1 done") >= 0);
        }

        /// <summary>With a real thread: the dispatcher sleeps, another thread asks, the answer comes back, Stop ends it.</summary>
        [TestMethod]
        public static void A_dispatcher_thread_answers_another_thread_and_ends()
        {
            ActorSystem system = new ActorSystem(new TickClock(), 4);
            Diary diary = new Diary();
            ActorRef actor = system.Spawn("a", DiaryActor.For(diary, null, (a, n) => a.Answer(new Note(n + 1))));
            Thread dispatcher = new Thread(() => system.RunForever());
            dispatcher.Start();
            for (int i = 0; i < 20; i++)
            {
                Note answer = system.AskAndWait(actor, new Note(i), 10000) as Note;
                Assert.IsNotNull(answer, "no answer within 10 s");
                Assert.AreEqual(i + 1, answer.Number);
            }
            system.Stop();
            Assert.IsTrue(dispatcher.Join(10000), "the dispatcher did not end within 10 s");
            Assert.IsTrue(system.IsStopped);
            Assert.IsFalse(actor.Tell(new Note(0)));
        }
    }
}
