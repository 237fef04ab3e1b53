using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace MicroLink.Tests.Tidy;

/// <summary>What the pages say is there is there: commands, links, and the tests that docs/parity.md names.</summary>
public sealed class DocumentTests
{
    private const int Capabilities = 220;
    private const int Weaknesses = 98;

    [Fact]
    public void Parity_has_one_row_for_each_capability_and_weakness()
    {
        string[] ids = ParityRows().Select(row => row[0]).ToArray();
        IEnumerable<string> expected = Enumerable.Range(1, Capabilities).Select(n => n.ToString())
            .Concat(Enumerable.Range(1, Weaknesses).Select(n => "W-" + n));
        Report.None(expected.Where(id => !ids.Contains(id)).Select(id => "no row " + id)
            .Concat(ids.GroupBy(id => id).Where(group => group.Count() > 1).Select(group => "two rows " + group.Key))
            .Concat(ParityRows().Where(row => row.Length != 4 || row[1] == "" || row[2] == "")
                                .Select(row => row[0] + ": a row is: number, capability, answer, test")));
    }

    [Fact]
    public void Parity_answers_that_are_not_yet_name_no_test_and_the_others_do()
    {
        Report.None(from row in ParityRows()
                    let open = row[2].StartsWith("not yet") || row[2].StartsWith("left out")
                    where open == TestNames(row[3]).Any()
                    select row[0] + (open ? ": not built, so no test can prove it" : ": built, so name the test that proves it"));
    }

    [Fact]
    public void Parity_names_tests_that_exist()
    {
        string[] tests = Tree.WithExtension(".cs", ".mjs", ".sh").Where(file => file.StartsWith("tests/") || file.StartsWith(".build/"))
                             .Select(Tree.Text).ToArray();
        Report.None(from row in ParityRows()
                    from name in TestNames(row[3])
                    where !Exists(name, tests)
                    select row[0] + ": no test " + name);
    }

    private static readonly Regex Command =
        new Regex(@"(?<script>\./(microlink|test|bench)|(?<=[`$ (]|^)microlink) (?<word>[a-z][a-z0-9-]+)");

    [Fact]
    public void Commands_in_the_pages_exist()
    {
        string programs = string.Join("\n", Tree.WithExtension(".cs").Where(file => file.StartsWith("samples/")).Select(Tree.Text));
        string test = Tree.Text("test");
        Report.None(from page in Pages()
                    from line in Tree.Lines(page)
                    from Match match in Command.Matches(line)
                    let script = match.Groups["script"].Value
                    let word = match.Groups["word"].Value
                    where line.Contains('`') || line.TrimStart().StartsWith("./") || line.StartsWith("microlink ")
                    where script == "./test" ? !test.Contains(word) : script != "./bench" && !programs.Contains("\"" + word + "\"")
                    select $"{page}: {script} {word}: no such command");
    }

    [Fact]
    public void Links_in_the_pages_lead_to_files()
    {
        Report.None(from page in Pages()
                    from Match match in Regex.Matches(Tree.Text(page), @"\]\((?!https?:|mailto:|#)([^)#\s]+)")
                    let target = Path.GetFullPath(Path.Combine(Tree.Root, Path.GetDirectoryName(page), match.Groups[1].Value))
                    where !File.Exists(target) && !Directory.Exists(target)
                    select $"{page}: {match.Groups[1].Value} leads nowhere");
    }

    [Fact]
    public void Root_pages_and_commands_exist()
    {
        string[] names =
        {
            "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "microlink", "test", "bench", ".ci/run", "docs/README.md"
        };
        Report.None(names.Where(name => !Tree.Files.Contains(name)).Select(name => name + " is missing"));
    }

    private static IEnumerable<string> Pages() => Tree.WithExtension(".md").Where(page => !page.StartsWith("tests/Vectors/"));

    // | number | capability | answer | test |
    private static IEnumerable<string[]> ParityRows()
    {
        return from line in Tree.Lines("docs/parity.md")
               where Regex.IsMatch(line, @"^\| (\d+|W-\d+) \|")
               select line.Trim().Trim('|').Split('|').Select(cell => cell.Trim()).ToArray();
    }

    private static IEnumerable<string> TestNames(string cell) => Regex.Matches(cell, "`([^`]+)`").Select(match => match.Groups[1].Value);

    // A file, a check of the tier scripts, `Class`, or `Class.Method` of the same file.
    private static bool Exists(string name, string[] tests)
    {
        if (name.Contains('/'))
        {
            return Tree.Files.Contains(name);
        }
        string[] parts = name.Split('.');
        return tests.Any(text => Regex.IsMatch(text, @"\bclass " + parts[0] + @"\b|^" + parts[0] + @"\(\) \{", RegexOptions.Multiline)
                                 && (parts.Length == 1 || Regex.IsMatch(text, @"\b(void|Task) " + parts[1] + @"\(")));
    }
}
