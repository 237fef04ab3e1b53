using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace MicroLink.Tests.Tidy;

/// <summary>What every text file of ours keeps to: no tabs, no trailing space, no unfinished work, not too long.</summary>
public sealed class TextTests
{
    private const int LongestFile = 500;

    [Fact]
    public void Code_files_are_at_most_500_lines_long()
    {
        Report.None(from file in Code()
                    let count = Tree.Lines(file).Length
                    where count > LongestFile
                    select $"{file}: {count} lines; one file holds one idea");
    }

    [Fact]
    public void Functions_are_at_most_70_lines_long()
    {
        Report.None(Tree.WithExtension(".cs").SelectMany(Functions.TooLong));
    }

    [Fact]
    public void No_tab_and_no_trailing_space()
    {
        Report.None(from file in Ours()
                    from line in Numbered(file)
                    where line.Text.Contains('\t') || line.Text.EndsWith(' ')
                    select $"{file}:{line.Number}: tab or trailing space");
    }

    [Fact]
    public void Every_file_ends_with_one_line_end()
    {
        Report.None(from file in Ours()
                    let text = Tree.Text(file)
                    where text.Length > 0 && (!text.EndsWith('\n') || text.EndsWith("\n\n") || text.Contains('\r'))
                    select $"{file}: must end with one line feed and hold no carriage return");
    }

    // What is not done is listed as "not supported" in the folder's README, not promised in code.
    private static readonly Regex Unfinished =
        new Regex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException|stub only|\bfor now\b", RegexOptions.IgnoreCase);

    [Fact]
    public void No_unfinished_work_in_the_code()
    {
        Report.None(from file in Code().Concat(Tree.WithExtension(".sh"))
                    where !file.StartsWith("tests/Tidy/") && !file.StartsWith("tests/NanoSafe/")
                    from line in Numbered(file)
                    where Unfinished.IsMatch(line.Text)
                    select $"{file}:{line.Number}: {Unfinished.Match(line.Text).Value}");
    }

    private static IEnumerable<string> Code() => Tree.WithExtension(".cs", ".c", ".h", ".cpp", ".mjs");

    // The vectors, the fuzzers' inputs and the recorded API surface are other people's bytes; a solution file has its own form.
    private static IEnumerable<string> Ours()
    {
        return Tree.WithExtension(".cs", ".c", ".h", ".cpp", ".mjs", ".sh", ".md", ".csproj", ".props", ".targets", ".json", ".txt", "")
                   .Where(file => !file.StartsWith("tests/Vectors/") && !file.StartsWith("tests/NanoSafe/Surface/")
                                  && !file.StartsWith("native/fuzz/corpus/"));
    }

    private static IEnumerable<(int Number, string Text)> Numbered(string file)
    {
        return Tree.Lines(file).Select((text, index) => (index + 1, text));
    }
}
