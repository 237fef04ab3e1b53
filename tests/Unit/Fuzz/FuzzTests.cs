using System;
using System.Collections.Generic;
using MicroLink.Tests.Fuzz;
using Xunit;

namespace MicroLink.Tests.Unit.Fuzz;

/// <summary>Damaged captures through every parser of control's bytes: bounded and seeded here, by afl-fuzz in tests/Fuzz.</summary>
public class FuzzTests
{
    private const int Runs = 4000, SoakRuns = 400000;

    [Theory]
    [InlineData("noise")]
    [InlineData("http1")]
    [InlineData("http2")]
    [InlineData("hpack")]
    [InlineData("json")]
    [InlineData("register")]
    [InlineData("session")]
    [InlineData("map")]
    [InlineData("sntp")]
    public void Damaged_input_gets_a_code_and_never_an_exception(string target)
    {
        bool soak = Environment.GetEnvironmentVariable("MICROLINK_SOAK") != null;
        int seed = soak ? Environment.TickCount : 20261130;
        List<byte[]> corpus = FuzzCorpus.Load(target, Vectors.Path(""));
        Action<byte[]> run = FuzzTargets.Find(target);
        foreach (byte[] input in corpus) run(input);
        FuzzMutator mutator = new(seed, corpus);
        for (int i = 0; i < (soak ? SoakRuns : Runs); i++)
        {
            byte[] input = mutator.Next();
            try
            {
                run(input);
            }
            catch (Exception error)
            {
                Assert.Fail($"{target}, seed {seed}, run {i}: {error}\n{Convert.ToHexString(input.AsSpan(0, Math.Min(input.Length, 2000)))}");
            }
        }
    }
}
