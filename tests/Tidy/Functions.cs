using System.Collections.Generic;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MicroLink.Tests.Tidy;

/// <summary>Counts the lines of each C# function, from its first to its last brace.</summary>
public static class Functions
{
    private const int LongestFunction = 70;

    public static IEnumerable<string> TooLong(string file)
    {
        SyntaxNode root = CSharpSyntaxTree.ParseText(Tree.Text(file)).GetRoot();
        foreach (SyntaxNode function in root.DescendantNodes())
        {
            if (function is not (BaseMethodDeclarationSyntax or AccessorDeclarationSyntax))
            {
                continue;
            }
            FileLinePositionSpan span = function.GetLocation().GetLineSpan();
            int lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
            if (lines > LongestFunction)
            {
                yield return $"{file}:{span.StartLinePosition.Line + 1}: {Name(function)}: {lines} lines, at most {LongestFunction}";
            }
        }
    }

    private static string Name(SyntaxNode function)
    {
        return function switch
        {
            MethodDeclarationSyntax method => method.Identifier.Text,
            ConstructorDeclarationSyntax constructor => constructor.Identifier.Text,
            _ => function.Kind().ToString()
        };
    }
}
