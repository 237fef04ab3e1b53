using System;

namespace nanoFramework.TestFramework
{
    /// <summary>The assertions that the suite uses, with the parameters of nanoFramework's own.</summary>
    public sealed class Assert
    {
        public static void IsTrue(bool condition, string message = "")
        {
            if (!condition) throw new AssertFailedException("expected true. " + message);
        }

        public static void IsFalse(bool condition, string message = "")
        {
            if (condition) throw new AssertFailedException("expected false. " + message);
        }

        public static void IsNull(object value, string message = "")
        {
            if (value != null) throw new AssertFailedException("expected null, saw " + value + ". " + message);
        }

        public static void IsNotNull(object value, string message = "")
        {
            if (value == null) throw new AssertFailedException("expected something, saw null. " + message);
        }

        public static void AreSame(object expected, object actual, string message = "")
        {
            if (!ReferenceEquals(expected, actual)) throw new AssertFailedException("not the same object. " + message);
        }

        public static void AreEqual(int expected, int actual, string message = "") => Compare(expected, actual, message);

        public static void AreEqual(uint expected, uint actual, string message = "") => Compare(expected, actual, message);

        public static void AreEqual(long expected, long actual, string message = "") => Compare(expected, actual, message);

        public static void AreEqual(bool expected, bool actual, string message = "") => Compare(expected, actual, message);

        public static void AreEqual(string expected, string actual, string message = "") => Compare(expected, actual, message);

        /// <summary>The action must throw exactly this type.</summary>
        public static void ThrowsException(Type exception, Action action, string message = "")
        {
            try
            {
                action();
            }
            catch (Exception thrown) when (thrown.GetType() == exception)
            {
                return;
            }
            throw new AssertFailedException("expected " + exception.Name + ". " + message);
        }

        private static void Compare(object expected, object actual, string message)
        {
            if (!Equals(expected, actual)) throw new AssertFailedException("expected " + expected + ", saw " + actual + ". " + message);
        }
    }

    /// <summary>What a failed assertion throws.</summary>
    public class AssertFailedException : Exception
    {
        public AssertFailedException(string message) : base(message)
        {
        }
    }
}
