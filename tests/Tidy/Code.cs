using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace MicroLink.Tests.Tidy;

/// <summary>The sources by kind, and the names that a source uses (identifiers only: comments and strings do not count).</summary>
public static class Code
{
    /// <summary>Machines and wire: every concept folder but actors, messages and the node (docs/adr/0001).</summary>
    public static IEnumerable<string> Machines => Actors.Where(file => !IsActorSide(file) && !IsFacade(file));

    public static IEnumerable<string> ActorSide => Actors.Where(file => IsActorSide(file) && !IsFacade(file));

    public static IEnumerable<string> Runtime => Tree.WithExtension(".cs").Where(file => file.StartsWith("Runtime/"));

    /// <summary>Everything that also runs on the device.</summary>
    public static IEnumerable<string> Device => Tree.WithExtension(".cs").Where(file =>
        file.StartsWith("Actors/") || file.StartsWith("Runtime/") || file.StartsWith("Drivers/Native/")
        || file.StartsWith("Drivers/") && file.Count(c => c == '/') == 1);

    /// <summary>Every identifier of a file with its line, and member accesses as "Type.Member".</summary>
    public static IEnumerable<(string Name, int Line)> Names(string file)
    {
        foreach (SyntaxToken token in CSharpSyntaxTree.ParseText(Tree.Text(file)).GetRoot().DescendantTokens())
        {
            if (!token.IsKind(SyntaxKind.IdentifierToken))
            {
                continue;
            }
            int line = token.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
            SyntaxToken dot = token.GetPreviousToken();
            string before = dot.IsKind(SyntaxKind.DotToken) ? dot.GetPreviousToken().Text : null;
            if (before != "MicroLink")      // MicroLink.Dns is a folder of ours, not the class that blocks
            {
                yield return (token.Text, line);
            }
            if (before != null && dot.GetPreviousToken().IsKind(SyntaxKind.IdentifierToken))
            {
                yield return (before + "." + token.Text, line);
            }
        }
    }

    private static IEnumerable<string> Actors => Tree.WithExtension(".cs").Where(file => file.StartsWith("Actors/"));

    // What MicroLink.Actors.csproj takes of the folder it shares with the machines' projects (docs/adr/0001), the graph (0005), and the parts
    // of an actor in files of their own, XActor.Part.cs.
    private static readonly Regex[] TakenByActors = XDocument.Parse(Tree.Text("Actors/MicroLink.Actors.csproj")).Descendants("Compile")
        .SelectMany(item => item.Attribute("Include").Value.Split(';')).Where(pattern => !pattern.StartsWith("../"))
        .Concat(new[] { "Node/**/*.cs", "**/*Actor.*.cs", "Sockets/**/*.cs" }).Select(Glob).ToArray();

    /// <summary>What blocks the thread of a program that has no actors; never called by one.</summary>
    private static bool IsFacade(string file) => file.StartsWith("Actors/Sockets/Tunnel");

    private static bool IsActorSide(string file) => TakenByActors.Any(pattern => pattern.IsMatch(file));

    private static Regex Glob(string pattern)
    {
        return new Regex("^Actors/" + Regex.Escape(pattern).Replace(@"\*\*/", "(.*/)?").Replace(@"\*", "[^/]*") + "$");
    }
}
