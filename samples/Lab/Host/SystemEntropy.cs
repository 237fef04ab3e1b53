using System;
using System.Security.Cryptography;
using MicroLink.Drivers;

namespace MicroLink.Lab
{
    internal sealed class SystemEntropy : IEntropy
    {
        public void Fill(byte[] buffer, int offset, int count) => RandomNumberGenerator.Fill(buffer.AsSpan(offset, count));
    }
}
