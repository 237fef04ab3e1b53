using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MicroLink.Tests.NanoSafe;

/// <summary>A construct that the 1.x runtime does not survive, or treats differently from .NET, with the reason in words.</summary>
public sealed record Rule(string Name, string Reason, Func<SyntaxNode, SemanticModel, bool> Breaks)
{
    /// <summary>"file:line: rule: reason" for each place in the compilation that breaks one of the rules.</summary>
    public static IEnumerable<string> Findings(CSharpCompilation compilation, IEnumerable<Rule> rules)
    {
        foreach (SyntaxTree tree in compilation.SyntaxTrees)
        {
            SemanticModel model = compilation.GetSemanticModel(tree);
            foreach (SyntaxNode node in tree.GetRoot().DescendantNodes())
            {
                foreach (Rule rule in rules.Where(rule => rule.Breaks(node, model)))
                {
                    FileLinePositionSpan place = node.GetLocation().GetLineSpan();
                    yield return $"{place.Path}:{place.StartLinePosition.Line + 1}: {rule.Name}: {rule.Reason}";
                }
            }
        }
    }

    /// <summary>All the rules; README.md says what each was seen to do.</summary>
    public static readonly Rule[] All =
    {
        new Rule("generics", "a generic type or method compiles and converts, and the runtime crashes or hangs when it loads it",
            (node, _) => node is GenericNameSyntax or TypeParameterListSyntax),
        new Rule("nullable", "there is no Nullable<T>", (node, _) => node is NullableTypeSyntax),
        new Rule("many-dimensional array", "a [,] array crashes the runtime; use [][] or one flat array",
            (node, _) => node is ArrayRankSpecifierSyntax { Rank: > 1 }),
        new Rule("stackalloc", "the metadata processor cannot convert it",
            (node, _) => node is StackAllocArrayCreationExpressionSyntax or ImplicitStackAllocArrayCreationExpressionSyntax),
        new Rule("unsafe", "pointers, fixed and function pointers end the program silently",
            (node, _) => node is UnsafeStatementSyntax or PointerTypeSyntax or FunctionPointerTypeSyntax or FixedStatementSyntax
                         || Modifiers(node).Any(SyntaxKind.UnsafeKeyword)),
        new Rule("iterator", "yield needs IEnumerator<T>", (node, _) => node is YieldStatementSyntax),
        new Rule("async", "there is no Task", (node, _) => node is AwaitExpressionSyntax || Modifiers(node).Any(SyntaxKind.AsyncKeyword)),
        new Rule("checked", "it compiles and never throws: test the range yourself",
            (node, _) => node is CheckedExpressionSyntax { RawKind: (int)SyntaxKind.CheckedExpression }
                         or CheckedStatementSyntax { RawKind: (int)SyntaxKind.CheckedStatement }),
        new Rule("default interface method", "it compiles and does not run",
            (node, _) => node is MethodDeclarationSyntax { Parent: InterfaceDeclarationSyntax } method
                         && (method.Body != null || method.ExpressionBody != null)),
        new Rule("volatile", "the modifier's type is missing; share data through a mailbox or a lock",
            (node, _) => Modifiers(node).Any(SyntaxKind.VolatileKeyword)),
        new Rule("NUL in a string", "strings end at the first NUL", (node, _) => Text(node).Contains('\0')),
        new Rule("name of an enum value", "Enum.ToString gives the number: use a switch or constants", NamesAnEnumValue),
        new Rule("index from the end or range", "there is no System.Index or System.Range",
            (node, _) => node is RangeExpressionSyntax || node.IsKind(SyntaxKind.IndexExpression)),
        new Rule("tuple", "there is no ValueTuple", (node, _) => node is TupleExpressionSyntax or TupleTypeSyntax),
        new Rule("record or anonymous type", "both need generic helper types",
            (node, _) => node is RecordDeclarationSyntax or AnonymousObjectCreationExpressionSyntax),
        new Rule("byte by byte in a hot file", "a managed loop costs about 2 us a byte on the device: move bytes with Array.Copy or in C", IsByteLoop),
        new Rule("LINQ", "there is no LINQ", (node, _) => node is QueryExpressionSyntax),
        new Rule("decimal or dynamic", "neither exists",
            (node, _) => node is PredefinedTypeSyntax { Keyword.RawKind: (int)SyntaxKind.DecimalKeyword }
                         || (node is IdentifierNameSyntax { Identifier.Text: "dynamic" } && node.Parent is VariableDeclarationSyntax))
    };

    /// <summary>The first line of a file through which packets or whole streams go.</summary>
    public const string HotMark = "// Hot:";

    // An element of a byte array, chosen by a variable that the loop around it changes.
    private static bool IsByteLoop(SyntaxNode node, SemanticModel model)
    {
        if (node is not (ForStatementSyntax or WhileStatementSyntax or DoStatementSyntax or ForEachStatementSyntax)) return false;
        if (!node.SyntaxTree.GetText().Lines[0].ToString().StartsWith(HotMark)) return false;
        if (node is ForEachStatementSyntax each) return IsBytes(each.Expression, model);
        HashSet<string> changed = node.DescendantNodes().Select(Changed).Where(name => name != null).ToHashSet();
        return node.DescendantNodes().OfType<ElementAccessExpressionSyntax>().Any(element => IsBytes(element.Expression, model)
            && element.ArgumentList.DescendantNodes().OfType<IdentifierNameSyntax>().Any(name => changed.Contains(name.Identifier.Text)));
    }

    private static bool IsBytes(ExpressionSyntax expression, SemanticModel model)
    {
        return model.GetTypeInfo(expression).Type is IArrayTypeSymbol { ElementType.SpecialType: SpecialType.System_Byte };
    }

    // i++ and ++i; "i += 16" walks rows, not bytes.
    private static string Changed(SyntaxNode node)
    {
        return node switch
        {
            PostfixUnaryExpressionSyntax { Operand: IdentifierNameSyntax name } => name.Identifier.Text,
            PrefixUnaryExpressionSyntax { Operand: IdentifierNameSyntax name } => name.Identifier.Text,
            _ => null
        };
    }

    private static SyntaxTokenList Modifiers(SyntaxNode node)
    {
        return node switch
        {
            MemberDeclarationSyntax member => member.Modifiers,
            LocalFunctionStatementSyntax function => function.Modifiers,
            AnonymousFunctionExpressionSyntax lambda => lambda.Modifiers,
            _ => default
        };
    }

    private static string Text(SyntaxNode node)
    {
        return node switch
        {
            LiteralExpressionSyntax literal when literal.IsKind(SyntaxKind.StringLiteralExpression) => literal.Token.ValueText,
            InterpolatedStringTextSyntax part => part.TextToken.ValueText,
            _ => ""
        };
    }

    // e.ToString(), $"{e}" and "" + e.
    private static bool NamesAnEnumValue(SyntaxNode node, SemanticModel model)
    {
        return node switch
        {
            InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.Text: "ToString" } access } =>
                IsEnum(access.Expression, model),
            InterpolationSyntax interpolation => IsEnum(interpolation.Expression, model),
            BinaryExpressionSyntax sum when IsText(sum, model) => IsEnum(sum.Left, model) || IsEnum(sum.Right, model),
            _ => false
        };
    }

    private static bool IsText(BinaryExpressionSyntax sum, SemanticModel model)
    {
        return sum.IsKind(SyntaxKind.AddExpression) && model.GetTypeInfo(sum).Type?.SpecialType == SpecialType.System_String;
    }

    private static bool IsEnum(ExpressionSyntax expression, SemanticModel model)
    {
        return model.GetTypeInfo(expression).Type?.TypeKind == TypeKind.Enum;
    }
}
