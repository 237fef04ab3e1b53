using System;
using System.IO;
using SharpFuzz;

namespace MicroLink.Tests.Fuzz;

/// <summary>
/// For afl-fuzz and by hand:
/// <code>
///   MicroLink.Fuzz TARGET                   one input after the other from afl-fuzz (soak.sh instruments the assemblies first)
///   MicroLink.Fuzz TARGET FILE ...          runs each file once: to look at what was found
///   MicroLink.Fuzz corpus TARGET FOLDER VECTORS     writes the first inputs; VECTORS is tests/Vectors
/// </code>
/// </summary>
public static class Program
{
    public static int Main(string[] arguments)
    {
        if (arguments.Length == 0)
        {
            Console.Error.WriteLine("usage: MicroLink.Fuzz TARGET [FILE ...] | corpus TARGET FOLDER VECTORS; targets: " + string.Join(", ", FuzzTargets.Names));
            return 1;
        }

        if (arguments[0] == "corpus")
        {
            Directory.CreateDirectory(arguments[2]);
            int number = 0;
            foreach (byte[] input in FuzzCorpus.Load(arguments[1], arguments[3])) File.WriteAllBytes(Path.Combine(arguments[2], "seed-" + number++), input);
            return 0;
        }

        Action<byte[]> target = FuzzTargets.Find(arguments[0]);
        if (arguments.Length > 1)
        {
            foreach (string file in arguments[1..]) target(File.ReadAllBytes(file));
            return 0;
        }

        Fuzzer.OutOfProcess.Run(stream =>
        {
            using MemoryStream input = new();
            stream.CopyTo(input);
            target(input.ToArray());
        });
        return 0;
    }
}
