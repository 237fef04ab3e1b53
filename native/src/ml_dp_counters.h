/* Counters by reason. Names that begin with "drop: " are packets that were lost; Drivers/Native/DataPlane.CounterName reads the names. */
#ifndef ML_DP_COUNTERS_H
#define ML_DP_COUNTERS_H

#define ML_COUNTER_LIST(X) \
    X(UDP_IN, "udp datagrams in") \
    X(UDP_OUT, "udp datagrams out") \
    X(RELAY_IN, "relay packets in") \
    X(RELAY_OUT, "relay packets out") \
    X(TRANSPORT_IN, "transport packets in") \
    X(TRANSPORT_OUT, "transport packets out") \
    X(KEEPALIVE_IN, "keepalives in") \
    X(KEEPALIVE_OUT, "keepalives out") \
    X(HANDSHAKE_IN, "handshake messages in") \
    X(HANDSHAKE_OUT, "handshake messages out") \
    X(DISCO_IN, "disco messages in") \
    X(STUN_IN, "stun answers in") \
    X(ECHO_ANSWERED, "icmp echoes answered") \
    X(TSMP_ANSWERED, "tsmp pings answered") \
    X(STAGED, "packets staged") \
    X(TSMP_REJECTS, "tsmp rejects sent") \
    X(FLOWS_FORGOTTEN, "flows forgotten") \
    X(INNER_TAKEN, "inner packets to the network interface") \
    X(COOKIE_SENT, "cookie replies sent") \
    X(COOKIE_HELD, "cookie replies not sent, ring half full") \
    X(DISCO_TABLE_FULL, "disco keys not kept") \
    X(TOO_LONG, "drop: datagram too long") \
    X(EMPTY, "drop: not a known kind of datagram") \
    X(GENEVE, "drop: peer relay encapsulation") \
    X(STUN_UNMATCHED, "drop: stun without a question") \
    X(STUN_BY_RELAY, "drop: stun by relay") \
    X(DISCO_SHORT, "drop: disco too short") \
    X(DISCO_UNKNOWN, "drop: disco from an unknown key") \
    X(HANDSHAKE_LENGTH, "drop: handshake of wrong length") \
    X(NO_IDENTITY, "drop: handshake before we have a key") \
    X(MAC1, "drop: handshake with bad mac1") \
    X(MAC2, "drop: handshake without cookie under load") \
    X(LIMITED, "drop: handshake over the source's rate") \
    X(HANDSHAKE_INDEX, "drop: handshake answer to nothing") \
    X(TRANSPORT_LENGTH, "drop: transport of wrong length") \
    X(TRANSPORT_INDEX, "drop: transport for an unknown session") \
    X(TRANSPORT_EXPIRED, "drop: transport on an expired session") \
    X(TRANSPORT_TAG, "drop: transport not authentic") \
    X(REPLAYED, "drop: replayed") \
    X(INNER_MALFORMED, "drop: inner packet malformed") \
    X(INNER_SOURCE, "drop: inner source not allowed") \
    X(INNER_FRAGMENT, "drop: inner fragment") \
    X(INNER_UNKNOWN, "drop: inner protocol unknown") \
    X(INNER_MULTICAST, "drop: inner multicast") \
    X(INNER_LINK_LOCAL, "drop: inner link-local destination") \
    X(FILTER_MISSING, "drop: no packet filter from control yet") \
    X(FILTER_DENIED, "drop: packet filter") \
    X(FILTER_JAILED, "drop: peer may not open connections") \
    X(INNER_NOT_OURS, "drop: inner destination not ours") \
    X(INNER_SINK_FULL, "drop: network interface full") \
    X(INNER_NO_NETIF, "drop: no network interface yet") \
    X(TSMP_OTHER, "drop: tsmp message not used") \
    X(OUT_TSMP, "drop: tsmp from the host") \
    X(OUT_MULTICAST, "drop: multicast or link-local to the tunnel") \
    X(NO_ROUTE, "drop: no peer owns the destination") \
    X(WAITING_OLDEST, "drop: oldest packet that waits for a slot") \
    X(WAITING_GIVEN_UP, "drop: packet waited for a slot too long") \
    X(SERVICE_QUERY, "dns queries from this host") \
    X(SERVICE_ANSWERED, "dns answers to this host") \
    X(SERVICE_TURNED, "dns over tcp, packets to and from this host") \
    X(SERVICE_OTHER, "drop: the service address answers dns only") \
    X(NO_PATH, "drop: no path to the peer") \
    X(STAGED_OLDEST, "drop: oldest staged packet") \
    X(STAGED_GIVEN_UP, "drop: staged, handshake given up") \
    X(POOL_EMPTY, "drop: no packet buffer") \
    X(EVENT_FULL, "drop: event queue full") \
    X(UDP_RING_FULL, "drop: udp ring full") \
    X(RELAY_OLDEST, "drop: oldest relay packet") \
    X(RELAY_NO_SLOT, "drop: too many relay regions") \
    X(RELAY_CLOSED, "drop: relay closed with packets") \
    X(RELAY_SHORT, "drop: relay packet too short") \
    X(RELAY_UNKNOWN, "drop: relay frame of unknown type") \
    X(RELAY_FRAME_LONG, "drop: relay frame too long to keep") \
    X(RELAY_OVERSIZE, "relay frames over the limit") \
    X(TUN_MALFORMED, "drop: not understood from the tun device") \
    X(TUN_LONG, "drop: too long from the tun device") \
    X(TUN_REFUSED, "drop: refused by the tun device") \
    X(UDP_SEND_FAILED, "drop: udp send failed")

enum
{
#define ML_COUNTER_ENUM(name, text) ML_COUNTER_##name,
    ML_COUNTER_LIST(ML_COUNTER_ENUM)
#undef ML_COUNTER_ENUM
    ML_COUNTERS
};

#endif
