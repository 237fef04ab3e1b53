using System;

namespace MicroLink.Runtime
{
    /// <summary>Whom one actor has sent to, and how often: the edges that ActorGraph.Print draws. Grows once per new neighbour, never per message.</summary>
    internal sealed class EdgeTable
    {
        private ActorCell[] _targets = new ActorCell[4];
        private int[] _counts = new int[4];
        private int _used;
        private int _last;

        internal int Count { get { return _used; } }

        internal ActorCell Target(int edge) { return _targets[edge]; }

        internal int Messages(int edge) { return _counts[edge]; }

        internal void Note(ActorCell target)
        {
            // Sends come in runs to one neighbour: look there first.
            if (_targets[_last] != target) _last = Find(target);
            _counts[_last]++;
        }

        private int Find(ActorCell target)
        {
            for (int edge = 0; edge < _used; edge++)
            {
                if (_targets[edge] == target) return edge;
            }
            if (_used == _targets.Length) Grow();
            _targets[_used] = target;
            return _used++;
        }

        private void Grow()
        {
            ActorCell[] targets = new ActorCell[_used * 2];
            int[] counts = new int[_used * 2];
            Array.Copy(_targets, targets, _used);
            Array.Copy(_counts, counts, _used);
            _counts = counts;
            _targets = targets;
        }
    }
}
