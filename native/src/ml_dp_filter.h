/* The packet filter's inside: what it looks at in a packet, and the compiled rules.
 *
 * Table, as Actors/Filter/FilterTable.cs writes it; counts little endian, addresses and ports big endian so that bytes compare as numbers:
 *   0 4D 46 | 2 version u8 = 1 | 3 flags u8: 1 = no filter, everything passes | 4 sets u16 | 6 rules u16 | 8 length u32 | 12 rules at u32
 *   16 offset of each set u32
 *   set    0 v4 ranges u16 | 2 v6 ranges u16 | 4 node capabilities u32 | 8 v4 ranges: first[4] last[4] | v6 ranges: first[16] last[16]
 *          ranges ascend and do not touch each other's insides; a source is in the set when a range or a capability holds it
 *   rule   0 set u16 | 2 protocols u8 | 3 0 | 4 v4 targets u16 | 6 v6 targets u16 | 8 protocol u8 each
 *          v4 targets: first[4] last[4] port u16 port u16 | v6 targets: first[16] last[16] port u16 port u16
 */
#ifndef ML_DP_FILTER_H
#define ML_DP_FILTER_H

#include "ml_dp_internal.h"

#define ML_FILTER_HEADER 16
#define ML_FILTER_VERSION 1
#define ML_FILTER_OFF 1

/* What kind of match a packet needs. */
enum { ML_MATCH_PORT, ML_MATCH_ADDRESSES, ML_MATCH_ALL_PORTS };

typedef struct
{
    const uint8_t *packet;
    int count;
    bool v4, fragment;                 /* fragment: not the first one, without a header of its own */
    uint8_t protocol;                  /* 0 = cannot be told: cut headers, or fragments that hide them */
    uint8_t tcp_flags;
    int body;                          /* offset of the protocol's header */
    const uint8_t *source, *destination;    /* 16 bytes, IPv4 as v4-mapped */
    uint8_t ports[4];                  /* source, destination */
} ml_parsed;

/* ml_dp_filter_parse.c. count is the IP packet's own length, checked by ml_inner_check. */
void ml_filter_parse(ml_parsed *into, const uint8_t *packet, int count, const uint8_t *source, const uint8_t *destination);

/* ml_dp_filter_rules.c. */
bool ml_filter_table_valid(const uint8_t *table, size_t count);
bool ml_filter_matches(const uint8_t *table, const ml_parsed *packet, uint32_t capabilities, int kind);

#endif
