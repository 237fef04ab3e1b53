/* Offsets of the inner packets that the plane itself understands. */
#ifndef ML_DP_INNER_H
#define ML_DP_INNER_H

#define ML_PROTO_UNKNOWN 0
#define ML_PROTO_ICMP 1
#define ML_PROTO_TCP 6
#define ML_PROTO_UDP 17
#define ML_PROTO_FRAGMENT6 44
#define ML_PROTO_ICMP6 58
#define ML_PROTO_TSMP 99
#define ML_PROTO_SCTP 132
#define ML_HOP_LIMIT 64

#endif
