using System;
using System.Collections;
using System.Text;
using System.Threading;
using nanoFramework.TestFramework;

namespace MicroLink.Tests.Device
{
    /// <summary>What our code relies on and no look at the source can prove: each of these compiles and could still behave differently.</summary>
    [TestClass]
    public class PlatformTests
    {
        private delegate int Step(int x);

        private interface IShape { int Area(); }

        private abstract class Shape : IShape
        {
            protected readonly int Side;
            protected Shape(int side) { Side = side; }
            public virtual int Area() { return Side * Side; }
        }

        private sealed class Half : Shape
        {
            internal Half(int side) : base(side) { }
            public override int Area() { return base.Area() / 2; }
        }

        /// <summary>Only these keys are used as keys of a Hashtable in device code: nanoFramework ignores Equals and GetHashCode of others.</summary>
        [TestMethod]
        public static void Hashtable_keys_that_we_may_use()
        {
            Hashtable table = new Hashtable();
            object reference = new object();
            for (int i = 0; i < 40; i++)
            {
                table["key" + i.ToString()] = i;
                table[i] = -i;
            }
            table[reference] = "object";
            for (int i = 0; i < 40; i++)
            {
                Assert.AreEqual(i, (int)table["key" + i.ToString()]);
                Assert.AreEqual(-i, (int)table[i]);
            }
            Assert.AreEqual("object", (string)table[reference]);
            Assert.IsNull(table[new object()]);
            Assert.AreEqual(81, table.Count);
        }

        /// <summary>The runtime keeps 6 nested unwinds; a failing actor whose OnStop and parent fail too takes 3.</summary>
        [TestMethod]
        public static void Five_unwinds_inside_each_other()
        {
            string trace = "";
            try
            {
                Unwind(5, ref trace);
            }
            catch (Exception last)
            {
                trace += last.Message;
            }
            Assert.AreEqual("f1f2f3f4f55", trace);
        }

        private static void Unwind(int depth, ref string trace)
        {
            if (depth == 0) return;
            try
            {
                throw new Exception(depth.ToString());
            }
            finally
            {
                try
                {
                    Unwind(depth - 1, ref trace);
                }
                catch (Exception)
                {
                }
                trace += "f" + depth.ToString();
            }
        }

        [TestMethod]
        public static void Finally_runs_on_return_and_filters_choose()
        {
            int order = 0;
            try
            {
                try { throw new ArgumentException("x"); }
                finally { order = 1; }
            }
            catch (Exception e) when (e is InvalidOperationException) { order = 99; }
            catch (ArgumentException) { order = order * 10 + 2; }
            Assert.AreEqual(12, order);
        }

        [TestMethod]
        public static void A_division_by_zero_is_an_exception_that_a_supervisor_sees()
        {
            int zero = Same(0);
            bool seen = false;
            try { zero = 1 / zero; }
            catch (Exception) { seen = true; }
            Assert.IsTrue(seen);
        }

        [TestMethod]
        public static void Numbers_wrap_shift_and_compare_as_in_NET()
        {
            // Through a call, so that the runtime computes and not the compiler.
            uint hash = (uint)Same(-2128831035);
            hash = (hash ^ 97) * 16777619;
            Assert.AreEqual(3826002220u, hash);
            Assert.AreEqual(-1, Same(-1) >> 31);
            Assert.AreEqual(1u, (uint)Same(int.MinValue) >> 31);
            Assert.AreEqual(-9223372036854775808L, (long)Same(1) << 63);
            Assert.AreEqual(4611686018427387904L, (long)(((ulong)Same(1) << 63) >> 1));
            Assert.IsTrue((uint)Same(int.MinValue) > (uint)Same(int.MaxValue));
            Assert.AreEqual(200, (int)(byte)Same(456));
            Assert.AreEqual(-56, (int)(sbyte)Same(200));
            Assert.AreEqual(-3, Same(-7) / 2);
            Assert.AreEqual(-1, Same(-7) % 2);
            Assert.AreEqual(int.MinValue, Same(int.MaxValue) + 1);
            Assert.AreEqual(3298534883325L, (long)Same(3) * 1099511627775L);
        }

        private static int Same(int x) { return x; }

        [TestMethod]
        public static void Virtual_and_interface_calls_and_closures()
        {
            IShape[] shapes = { new Half(4), new Half(6) };
            int area = 0;
            foreach (IShape shape in shapes) area += shape.Area();
            Assert.AreEqual(26, area);

            Step[] steps = new Step[3];
            for (int i = 0; i < steps.Length; i++)
            {
                int own = i;
                steps[i] = x => x * 10 + own + area;
            }
            area = 0;
            int value = 0;
            foreach (Step step in steps) value = step(value);
            Assert.AreEqual(12, value);
        }

        [TestMethod]
        public static void Text_and_numbers_in_text()
        {
            StringBuilder text = new StringBuilder();
            text.Append("a").Append(-12).Append('x').Append(9007199254740993L);
            Assert.AreEqual("a-12x9007199254740993", text.ToString());
            Assert.AreEqual(2, "abcabc".IndexOf("ca"));
            Assert.AreEqual("bc", "abcd".Substring(1, 2));
            byte[] utf8 = Encoding.UTF8.GetBytes("é€");
            Assert.AreEqual(5, utf8.Length);
            Assert.AreEqual("é€", Encoding.UTF8.GetString(utf8, 0, utf8.Length));
            Assert.AreEqual(3, Choose("three"));
            Assert.AreEqual(0, Choose("thre"));
        }

        private static int Choose(string word)
        {
            switch (word)
            {
                case "one": return 1;
                case "two": return 2;
                case "three": return 3;
                case "four": return 4;
                case "five": return 5;
                case "six": return 6;
                case "seven": return 7;
                default: return 0;
            }
        }

        [TestMethod]
        public static void Array_copy_may_overlap()
        {
            byte[] bytes = { 1, 2, 3, 4, 5 };
            Array.Copy(bytes, 0, bytes, 1, 4);
            Assert.IsTrue(bytes[0] == 1 && bytes[1] == 1 && bytes[4] == 4);
            Array.Copy(bytes, 1, bytes, 0, 4);
            Assert.IsTrue(bytes[0] == 1 && bytes[1] == 2 && bytes[3] == 4);
            Array.Clear(bytes, 1, 2);
            Assert.IsTrue(bytes[1] == 0 && bytes[2] == 0 && bytes[3] == 4);
        }

        [TestMethod]
        public static void A_lock_keeps_two_threads_apart_and_an_event_wakes_one()
        {
            object gate = new object();
            int count = 0;
            AutoResetEvent done = new AutoResetEvent(false);
            Thread other = new Thread(() =>
            {
                for (int i = 0; i < 2000; i++) lock (gate) { int seen = count; count = seen + 1; }
                done.Set();
            });
            other.Start();
            for (int i = 0; i < 2000; i++) lock (gate) { int seen = count; count = seen + 1; }
            Assert.IsTrue(done.WaitOne(10000, false), "the other thread did not end within 10 s");
            Assert.IsTrue(other.Join(10000));
            Assert.AreEqual(4000, count);
            Assert.IsFalse(done.WaitOne(0, false));
        }
    }
}
