using System;
using MicroLink.Runtime;

namespace MicroLink.Tests.Device
{
    internal sealed class Note : Message
    {
        internal readonly int Number;
        internal int Discarded;

        internal Note(int number)
        {
            Number = number;
        }

        protected override void OnDiscarded()
        {
            Discarded++;
        }
    }

    internal sealed class Boom : Message
    {
        internal static readonly Boom Instance = new Boom();
    }

    /// <summary>What happened, as words in the order in which it did: "start 1 2 stop".</summary>
    internal sealed class Diary
    {
        internal string Text = "";

        internal void Add(string word)
        {
            Text = Text.Length == 0 ? word : Text + " " + word;
        }
    }

    /// <summary>Called with each note an actor gets.</summary>
    internal delegate void NoteHook(DiaryActor actor, int number);

    /// <summary>Writes down what it gets and throws at a Boom.</summary>
    internal sealed class DiaryActor : Actor
    {
        private readonly Diary _diary;
        private readonly NoteHook _start, _note;

        internal DiaryActor(Diary diary, NoteHook start, NoteHook note)
        {
            _diary = diary;
            _start = start;
            _note = note;
        }

        internal TimerTable Slots { get { return Timers; } }

        internal bool Answer(Message answer)
        {
            return Reply(answer);
        }

        internal int Question(ActorRef target, Message question, int timeoutMs)
        {
            return Ask(target, question, timeoutMs);
        }

        protected override void OnStart()
        {
            if (_start != null) _start(this, 0);
        }

        protected override void OnReceive(Message message)
        {
            if (message is Boom) throw new InvalidOperationException("boom");
            Note note = message as Note;
            _diary.Add(note == null ? message.GetType().Name : note.Number.ToString());
            if (note != null && _note != null) _note(this, note.Number);
        }

        protected override void OnStop()
        {
            _diary.Add("stop");
        }

        internal static Props For(Diary diary)
        {
            return Props.From(() => new DiaryActor(diary, null, null));
        }

        internal static Props For(Diary diary, NoteHook start, NoteHook note)
        {
            return Props.From(() => new DiaryActor(diary, start, note));
        }
    }
}
