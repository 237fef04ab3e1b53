using System;
using System.Security.Cryptography;

namespace MicroLink.Drivers.Desktop
{
    /// <summary>The kernel's random bytes.</summary>
    public sealed class SystemEntropy : IEntropy
    {
        public void Fill(byte[] buffer, int offset, int count)
        {
            RandomNumberGenerator.Fill(buffer.AsSpan(offset, count));
        }
    }
}
