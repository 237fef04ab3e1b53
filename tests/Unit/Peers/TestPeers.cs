using MicroLink.Control;
using MicroLink.Drivers;
using MicroLink.NetMap;
using MicroLink.Peers;
using MicroLink.Store;

namespace MicroLink.Tests.Unit.Peers;

/// <summary>A table of all peers without the store actor: its flash is memory and is written at once.</summary>
internal sealed class TestPeers
{
    public readonly PeerTable Table;
    private readonly RamFlash _flash;
    private readonly FlashOp _op = new();
    private long _nowMs;

    public TestPeers(int maxPeers = 10000, int sectors = 2048, int endpointLines = 64)
    {
        _flash = new RamFlash(sectors);
        PeerIndex index = new(maxPeers);
        Table = new PeerTable(index, new PeerFlash(_flash, index), endpointLines);
    }

    /// <summary>What coordination does with a change: into the table, and the message for the others.</summary>
    public PeerDelta Note(int kind, PeerRow row)
    {
        PeerDelta delta = PeerDelta.Note(Table, kind, row, _nowMs);
        Write();
        return delta;
    }

    public PeerDelta Note(PeerDelta delta) => delta.Row == null ? delta : Note(delta.Kind, delta.Row);

    public void Write()
    {
        _nowMs += 1000;
        while (Table.Rows.PollOp(_op, _nowMs))
        {
            if (_op.Kind == FlashOp.Program) _flash.Program(_op.Address, _op.Bytes, _op.Offset, _op.Count, null);
            else _flash.Erase(_op.Sector, null);
            Table.Rows.HandleOpDone(null, _nowMs);
        }
    }
}
