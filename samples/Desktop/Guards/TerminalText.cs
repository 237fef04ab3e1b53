#nullable enable
using System;
using System.IO;
using System.Text;

namespace MicroLink.Desktop
{
    /// <summary>
    /// Standard output and error of every command. Names, reasons, health and login pages are written by other machines: none of them may move
    /// the cursor, set a title, turn the writing direction, or begin a line of its own.
    /// </summary>
    internal sealed class TerminalText : TextWriter
    {
        private const char Replacement = '\ufffd';

        private readonly TextWriter _inner;

        public TerminalText(TextWriter inner)
        {
            _inner = inner;
        }

        public override Encoding Encoding => _inner.Encoding;

        public static void Guard()
        {
            Console.SetOut(new TerminalText(Console.Out));
            Console.SetError(new TerminalText(Console.Error));
        }

        /// <summary>As one line that a terminal shows and does not obey.</summary>
        public static string Line(string text)
        {
            return string.Create(text.Length, text, (line, from) =>
            {
                for (int i = 0; i < line.Length; i++) line[i] = IsObeyed(from[i]) ? Replacement : from[i];
            });
        }

        public override void Write(char value) => _inner.Write(value != '\n' && IsObeyed(value) ? Replacement : value);

        public override void Write(string? value)
        {
            string[] lines = (value ?? "").Split('\n');
            for (int i = 0; i < lines.Length; i++) lines[i] = Line(lines[i]);
            _inner.Write(string.Join('\n', lines));
        }

        public override void WriteLine(string? value) => _inner.WriteLine(Line(value ?? ""));

        public override void Flush() => _inner.Flush();

        /// <summary>Controls (C0 but for the tab, DEL, C1), line and paragraph separators, and what turns the direction of writing.</summary>
        private static bool IsObeyed(char c)
        {
            return (char.IsControl(c) && c != '\t') || c == '\u200e' || c == '\u200f' || (c >= '\u2028' && c <= '\u202e') || (c >= '\u2066' && c <= '\u2069');
        }
    }
}
