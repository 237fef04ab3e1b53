using System;
using MicroLink.Json;

namespace MicroLink.NetMap
{
    /// <summary>
    /// What control says about the health of this node, merged (protocol.md 4.6): Health is a list, null = unchanged, [] = healthy;
    /// DisplayMessages is a patch map, a null value deletes, the name "*" with null deletes all.
    /// </summary>
    internal sealed class HealthBook
    {
        /// <summary>Texts of either kind that are kept; further ones are dropped. One text: 2 KB, the reader's limit.</summary>
        public const int MaxTexts = 16;

        private readonly string[] _list = new string[MaxTexts];
        private readonly string[] _ids = new string[MaxTexts];
        private readonly string[] _messages = new string[MaxTexts];
        private int _listCount;
        private int _messageCount;

        public void ClearList() { _listCount = 0; }

        public void Add(string text)
        {
            if (_listCount < MaxTexts) _list[_listCount++] = text;
        }

        public void Clear()
        {
            _listCount = 0;
            _messageCount = 0;
        }

        public void ClearMessages() { _messageCount = 0; }

        /// <summary>Null text = delete.</summary>
        public void Set(string id, string text)
        {
            int at = 0;
            while (at < _messageCount && _ids[at] != id) at++;
            if (text == null)
            {
                if (at == _messageCount) return;
                _messageCount--;
                Array.Copy(_ids, at + 1, _ids, at, _messageCount - at);
                Array.Copy(_messages, at + 1, _messages, at, _messageCount - at);
                return;
            }
            if (at == MaxTexts) return;
            if (at == _messageCount) _messageCount++;
            _ids[at] = id;
            _messages[at] = text;
        }

        /// <summary>All of it, as sentences; empty = healthy.</summary>
        public string[] Texts()
        {
            string[] all = new string[_listCount + _messageCount];
            Array.Copy(_list, all, _listCount);
            Array.Copy(_messages, 0, all, _listCount, _messageCount);
            return all;
        }
    }

    /// <summary>Reads the Health array, or the DisplayMessages object, into the book.</summary>
    internal sealed class HealthReader : MapSection
    {
        private readonly HealthBook _book;
        private readonly bool _display;
        private int _key;
        private string _id;
        private string _title;
        private string _text;

        public HealthReader(JsonReader reader, int item, HealthBook book, bool display) : base(reader, item)
        {
            _book = book;
            _display = display;
        }

        protected override void OnBegin()
        {
            if (!_display) _book.ClearList();
        }

        protected override bool Take(int token)
        {
            if (Depth == 0) return true;
            if (!_display)
            {
                if (token == JsonToken.String) _book.Add(Reader.Text);
                else if (token == JsonToken.ObjectStart || token == JsonToken.ArrayStart) Reader.SkipValue();
                return false;
            }
            switch (token)
            {
                case JsonToken.Key: OnKey(); break;
                case JsonToken.Null:
                    if (Depth != 1) break;
                    if (_id == "*") _book.ClearMessages();
                    else _book.Set(_id, null);
                    break;
                case JsonToken.ObjectStart:
                    _title = "";
                    _text = "";
                    break;
                case JsonToken.ArrayStart: Reader.SkipValue(); break;
                case JsonToken.ObjectEnd:
                    string join = _title.Length > 0 && _text.Length > 0 ? ": " : "";
                    if (_title.Length + _text.Length > 0) _book.Set(_id, _title + join + _text);
                    break;
                case JsonToken.String:
                    if (Depth == 2 && _key == MapKeys.Title) _title = Reader.Text;
                    else if (Depth == 2) _text = Reader.Text;
                    break;
            }
            return false;
        }

        // Severity, ImpactsConnectivity and PrimaryAction are for user interfaces.
        private void OnKey()
        {
            if (Depth == 1)
            {
                _id = Reader.Text;
                return;
            }
            _key = Reader.KeyId;
            if (_key != MapKeys.Title && _key != MapKeys.Text) Reader.SkipValue();
        }
    }
}
