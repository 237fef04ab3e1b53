using MicroLink.Bytes;
using MicroLink.NetMap;
using MicroLink.Runtime;
using MicroLink.Store;

namespace MicroLink.Control
{
    /// <summary>Handing out what the map says: each event to each of its receivers, in order, and to the store last of all, on credit.</summary>
    public sealed partial class CoordinationActor
    {
        private const int DeliveryRetryMs = 10;
        /// <summary>After this many vain deliveries to one receiver (5 s) the log says who is stuck.</summary>
        private const int StuckDeliveries = 500;

        // The delivery in progress: an event, the next receiver, and the message that it did not take.
        private bool _delivering;
        private int _receiver;
        private Message _refused;
        // Of a change of a peer: the one message that all receivers get, and that the table has it.
        private Message _delta;
        private bool _noted;
        private int _refusals;
        private int _storeCredit = StoreCredit.Window;

        // False while a receiver does not take its message.
        private bool DeliverAll()
        {
            while (true)
            {
                if (!_delivering)
                {
                    if (!_client.PollEvent(_event))
                    {
                        // What the events mean for the connection may raise new ones (a closed stream, a new state).
                        if ((_client.HandleEventsTaken(NowMs) & Output.Event) == 0) return true;
                        continue;
                    }
                    _delivering = true;
                    _receiver = 0;
                }
                if (!Deliver()) return false;
                _delivering = false;
            }
        }

        private bool Deliver()
        {
            switch (_event.Kind)
            {
                case ControlEvent.Dial: Dial(_event.Attempt); return true;
                case ControlEvent.Close:
                    if (_event.Attempt < 0) CloseStream();
                    else CloseAttempt(_event.Attempt);
                    return true;
                case ControlEvent.LoggedOut: OnLoggedOut(); return true;
                case ControlEvent.State:
                    if (_refused == null) Log.Info(_event.Text);
                    return Hand(_routes.Node, _refused ?? new ControlStateChanged(_event.StateNow, _event.Text, _event.Url));
                case ControlEvent.ServerKey:
                    return Hand(_routes.Node, _refused ?? new ServerKeySeen(Copy(_event.Key)));
                case ControlEvent.NodeKeyRotated:
                    NodeIdentity identity = _client.Identity;
                    return Hand(_routes.Node,
                        _refused ?? new NodeKeyRotated(identity.NodePrivate, identity.NodePublic, identity.OldNodePublic));
                default: return Note(_event.Map) && DeliverFact(_event.Map);
            }
        }

        // A change of a peer is in the table of all peers before anybody hears of it; the flash may first have to take what came before.
        private bool Note(MapEvent fact)
        {
            if (_noted || !IsPeer(fact)) return true;
            if (_routes.Table != null && !_routes.Table.CanPut)
            {
                Timers.Set(DeliveryTimer, DeliveryRetryMs, DeliveryTick.Instance, "the peer store has no room yet");
                return false;
            }
            _delta = _routes.Note(fact, NowMs);
            _noted = true;
            return true;
        }

        private bool DeliverFact(MapEvent fact)
        {
            ActorRef[] receivers = _routes.Of(fact.Kind);
            for (; _receiver < receivers.Length; _receiver++)
            {
                if (!Hand(receivers[_receiver], _refused ?? _delta ?? ControlRoutes.Message(fact))) return false;
            }
            if (!DeliverToStore(fact)) return false;
            _delta = null;
            _noted = false;
            return true;
        }

        private static bool IsPeer(MapEvent fact) { return fact.Kind >= MapEvent.Upsert && fact.Kind <= MapEvent.Removed; }

        // Last of all: what is already kept needs no keeping, and peers go there on credit.
        private bool DeliverToStore(MapEvent fact)
        {
            bool peer = IsPeer(fact);
            bool kept = peer || fact.Kind == MapEvent.Self || fact.Kind == MapEvent.Relays;
            if (_routes.Store == null || !kept || fact.Flag) return true;
            if (peer && _storeCredit == 0) return false;   // the next StoreCredit goes on from here
            if (!Hand(_routes.Store, _refused ?? _delta ?? ControlRoutes.Message(fact))) return false;
            if (peer) _storeCredit--;
            return true;
        }

        private bool Hand(ActorRef receiver, Message message)
        {
            if (Send(receiver, message))
            {
                _refused = null;
                _refusals = 0;
                return true;
            }
            _refused = message;
            if (++_refusals == StuckDeliveries) Log.Warning(receiver.Path + " has not taken a message for 5 s; the map waits for it.");
            Timers.Set(DeliveryTimer, DeliveryRetryMs, DeliveryTick.Instance, "a receiver's mailbox is full");
            return false;
        }

        private sealed class DeliveryTick : Message
        {
            public static readonly DeliveryTick Instance = new DeliveryTick();
        }
    }
}
