/* The filter against a model that follows protocol.md 4.10 word for word: lists searched from the front, every packet parsed anew, flows in
 * an array. Random rules, addresses and ports from small pools so that they meet, headers with every kind of flaw.
 * One million packets; ten with MICROLINK_SOAK=1. The seed is printed. */
#include "filter_support.h"

#define RULES 5
#define FLOWS 64
#define PER_SETUP 5000
#ifdef ML_EVERY                        /* on an emulated chip */
#define PACKETS 50000
#else
#define PACKETS (soaking() ? 10000000 : 1000000)
#endif

static uint8_t packet[256], table[8192];
static model_rule rules[RULES];
static int rule_count;
static bool jailed;
static uint32_t capabilities;
static uint64_t seed = 0x9e3779b97f4a7c15u, state;

typedef struct { uint8_t from[16], to[16]; int from_port, to_port, protocol; } flow;
static flow flows[FLOWS];              /* the youngest first */
static int flow_count;

static uint32_t next_random(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 24) % below;
}

/* ---- the pools ----------------------------------------------------------------------------------------------------------------------- */

static void any_address(uint8_t *into, bool v4)
{
    static const uint8_t odd[][4] = { { 224, 0, 0, 1 }, { 239, 255, 255, 255 }, { 169, 254, 3, 4 }, { 169, 254, 169, 254 }, { 223, 1, 1, 1 } };
    if (v4)
    {
        v4_endpoint(packet, 100, 64, (int)next_random(2), (int)next_random(6), 0);
        memcpy(into, packet, 16);
        if (next_random(12) == 0) memcpy(into + 12, odd[next_random(5)], 4);
        return;
    }
    memset(into, 0, 16);
    into[0] = 0xfd;
    into[15] = (uint8_t)next_random(6);
    if (next_random(12) == 0) into[0] = 0xff;
    if (next_random(12) == 0)
    {
        into[0] = 0xfe;
        into[1] = (uint8_t)(0x40 + 0x40 * next_random(3));
    }
}

static void any_range(model_range *range)
{
    bool v4 = next_random(2) == 0;
    do any_address(range->first, v4); while (v4 && range->first[12] != 100);
    memcpy(range->last, range->first, 16);
    if (next_random(2) == 0) range->last[15] = (uint8_t)(range->first[15] + next_random(4));
    if (next_random(8) == 0)
    {
        memset(range->first + (v4 ? 12 : 0), 0, v4 ? 4 : 16);
        memset(range->last + (v4 ? 12 : 0), 0xff, v4 ? 4 : 16);
    }
}

static int any_protocol(void)
{
    static const int pool[] = { 6, 17, 1, 58, 132, 47, 50, 0, 255, 2 };
    return pool[next_random(sizeof pool / sizeof pool[0])];
}

static void any_rules(void)
{
    rule_count = (int)next_random(RULES + 1);
    for (int i = 0; i < rule_count; i++)
    {
        model_rule *rule = &rules[i];
        rule->sources = (int)next_random(MODEL_SOURCES + 1);
        rule->targets = (int)next_random(MODEL_TARGETS + 1);
        rule->protocols = (int)next_random(MODEL_PROTOCOLS + 1);
        rule->capabilities = next_random(3) == 0 ? 1u << next_random(4) : 0;
        for (int s = 0; s < rule->sources; s++) any_range(&rule->source[s]);
        for (int p = 0; p < rule->protocols; p++) rule->protocol[p] = (uint8_t)any_protocol();
        for (int t = 0; t < rule->targets; t++)
        {
            model_target *target = &rule->target[t];
            any_range(&target->range);
            target->first_port = (int)next_random(4);
            target->last_port = target->first_port + (int)next_random(3);
            if (next_random(3) == 0)
            {
                target->first_port = 0;
                target->last_port = 65535;
            }
        }
    }
}

/* ---- the model ----------------------------------------------------------------------------------------------------------------------- */

typedef struct { bool v4; uint8_t from[16], to[16]; int protocol, from_port, to_port, type, code, flags, body; bool unknown, fragment; } seen;

static void look(seen *s, const uint8_t *p, int count)
{
    int offset = 0, least, rest;
    memset(s, 0, sizeof *s);
    s->v4 = p[0] >> 4 == 4;
    s->body = s->v4 ? (p[0] & 15) * 4 : 40;
    s->protocol = s->v4 ? p[9] : p[6];
    ml_inner_check(p, count, s->from, s->to);
    if (s->v4) offset = (p[6] << 8 | p[7]) & 0x1fff;
    else if (s->protocol == 44)
    {
        s->unknown = count < 48;
        if (s->unknown) return;
        s->protocol = p[40];
        s->body = 48;
        offset = (p[42] << 8 | p[43]) >> 3;
        if (s->protocol == 99) s->unknown = true;
    }
    if (offset != 0)
    {
        s->fragment = offset >= 10;
        s->unknown = !s->fragment;
        return;
    }
    rest = count - s->body;
    least = s->protocol == 6 ? 20 : s->protocol == 17 ? 8 : s->protocol == 132 ? 12 : s->protocol == (s->v4 ? 1 : 58) ? 4 : 0;
    s->unknown |= s->protocol == 0 || s->protocol == 255 || rest < least;
    if (s->unknown) return;
    if (s->protocol == 6 || s->protocol == 17 || s->protocol == 132)
    {
        s->from_port = p[s->body] << 8 | p[s->body + 1];
        s->to_port = p[s->body + 2] << 8 | p[s->body + 3];
    }
    if (s->protocol == 6) s->flags = p[s->body + 13];
    s->type = rest >= 8 ? p[s->body] : -1;
    s->code = rest >= 8 ? p[s->body + 1] : -1;
}

static bool inside(const model_range *range, const uint8_t *address)
{
    if (model_is_v4(range->first) != model_is_v4(address)) return false;
    return memcmp(range->first, address, 16) <= 0 && memcmp(address, range->last, 16) <= 0;
}

enum { BY_PORT, BY_ADDRESS, BY_ALL_PORTS };

static bool rule_allows(const model_rule *rule, const seen *s, int how)
{
    bool own = s->v4 ? memcmp(s->from + 12, "\x64\x40\0\1", 4) == 0 : memcmp(s->from, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16) == 0;
    bool source = own && (rule->capabilities & capabilities) != 0, target = false, protocol = how == BY_ADDRESS;
    for (int i = 0; i < rule->sources; i++) source |= inside(&rule->source[i], s->from);
    for (int i = 0; i < rule->protocols; i++) protocol |= rule->protocol[i] == s->protocol;
    for (int i = 0; i < rule->targets; i++)
    {
        const model_target *t = &rule->target[i];
        bool port = how == BY_ADDRESS || (how == BY_PORT && t->first_port <= s->to_port && s->to_port <= t->last_port) ||
                    (how == BY_ALL_PORTS && t->first_port == 0 && t->last_port == 65535);
        target |= port && inside(&t->range, s->to);
    }
    return source && target && protocol;
}

static bool any_rule_allows(const seen *s, int how)
{
    for (int i = 0; i < rule_count && !jailed; i++)
        if (rule_allows(&rules[i], s, how)) return true;
    return false;
}

static bool flow_is(const flow *f, const uint8_t *from, const uint8_t *to, int from_port, int to_port, int protocol)
{
    return memcmp(f->from, from, 16) == 0 && memcmp(f->to, to, 16) == 0 && f->from_port == from_port && f->to_port == to_port && f->protocol == protocol;
}

static bool flow_use(const uint8_t *from, const uint8_t *to, int from_port, int to_port, int protocol)
{
    for (int i = 0; i < flow_count; i++)
    {
        flow found = flows[i];
        if (!flow_is(&found, from, to, from_port, to_port, protocol)) continue;
        memmove(flows + 1, flows, (size_t)i * sizeof(flow));
        flows[0] = found;
        return true;
    }
    return false;
}

static void model_out(const seen *s)
{
    if (s->unknown || s->fragment || (s->protocol != 17 && s->protocol != 132)) return;
    if (flow_use(s->to, s->from, s->to_port, s->from_port, s->protocol)) return;
    if (flow_count < FLOWS) flow_count++;
    memmove(flows + 1, flows, (size_t)(flow_count - 1) * sizeof(flow));
    memcpy(flows[0].from, s->to, 16);
    memcpy(flows[0].to, s->from, 16);
    flows[0].from_port = s->to_port;
    flows[0].to_port = s->from_port;
    flows[0].protocol = s->protocol;
}

static bool refused_address(const seen *s)
{
    static const uint8_t metadata[4] = { 169, 254, 169, 254 };
    const uint8_t *d = s->to + (s->v4 ? 12 : 0);
    if (s->v4) return (d[0] >= 224 && d[0] < 240) || (d[0] == 169 && d[1] == 254 && memcmp(d, metadata, 4) != 0);
    return d[0] == 0xff || (d[0] == 0xfe && d[1] >= 0x80 && d[1] < 0xc0);
}

/* Ours: 100.64.0.2, fd00::2 and the route 100.64.1.0/30. */
static bool is_ours(const seen *s)
{
    if (s->v4) return s->to[12] == 100 && s->to[13] == 64 && ((s->to[14] == 0 && s->to[15] == 2) || (s->to[14] == 1 && s->to[15] < 4));
    return s->to[0] == 0xfd && s->to[15] == 2;
}

static bool model_in(const seen *s)
{
    bool opens = !s->unknown && !s->fragment && s->protocol == 6 && (s->flags & 2);
    bool self = s->v4 ? s->to[12] == 100 && s->to[14] == 0 && s->to[15] == 2 : s->to[0] == 0xfd && s->to[15] == 2;
    if (opens && self && s->to_port == 3) return true;                /* peerAPI */
    if (s->unknown || refused_address(s)) return false;
    if (s->fragment) return true;
    if (!is_ours(s)) return false;
    if (s->protocol == (s->v4 ? 1 : 58))
    {
        bool answer = s->v4 ? (s->type == 0 && s->code == 0) || s->type == 3 || s->type == 11 || s->type == 12
                            : (s->type == 129 && s->code == 0) || (s->type >= 1 && s->type <= 4);
        return answer || any_rule_allows(s, BY_ADDRESS);
    }
    if (s->protocol == 6) return (s->flags & 0x12) != 2 || any_rule_allows(s, BY_PORT);
    if (s->protocol == 17 || s->protocol == 132)
        return flow_use(s->from, s->to, s->from_port, s->to_port, s->protocol) || any_rule_allows(s, BY_PORT);
    return any_rule_allows(s, BY_ALL_PORTS);
}

/* ---- random packets ------------------------------------------------------------------------------------------------------------------ */

static int any_packet(void)
{
    static const uint8_t flag_pool[] = { 2, 0x12, 0x10, 4, 0xc2, 0, 1 };
    uint8_t from[16], to[16];
    bool v4 = next_random(2) == 0;
    int body = v4 ? 20 + (next_random(10) == 0 ? 4 : 0) : 40, protocol = any_protocol(), rest = (int)next_random(5) == 0 ? (int)next_random(30) : 20;
    any_address(from, v4);
    any_address(to, v4);
    if (next_random(2) == 0) memcpy(to, v4 ? (const uint8_t *)"\0\0\0\0\0\0\0\0\0\0\xff\xff\x64\x40\0\2" : (const uint8_t *)"\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2", 16);
    memset(packet, 0, sizeof packet);
    packet[0] = (uint8_t)(v4 ? 0x40 | body / 4 : 0x60);
    if (v4 && next_random(20) == 0)
    {
        packet[6] = next_random(2) == 0 ? 0x20 : 0;
        packet[7] = (uint8_t)(next_random(2) == 0 ? 0 : 5 + next_random(10));
    }
    if (!v4 && next_random(20) == 0)
    {
        packet[6] = 44;
        packet[40] = (uint8_t)(next_random(4) == 0 ? 99 : protocol);
        packet[43] = (uint8_t)((next_random(2) == 0 ? 0 : 5 + next_random(10)) << 3 | next_random(2));
        body = 48;
    }
    else packet[v4 ? 9 : 6] = (uint8_t)protocol;
    memcpy(packet + (v4 ? 12 : 8), from + (v4 ? 12 : 0), v4 ? 4 : 16);
    memcpy(packet + (v4 ? 16 : 24), to + (v4 ? 12 : 0), v4 ? 4 : 16);
    packet[body + 1] = (uint8_t)next_random(5);
    packet[body + 3] = (uint8_t)next_random(5);
    packet[body + 13] = flag_pool[next_random(sizeof flag_pool)];
    if (protocol == 1 || protocol == 58)
    {
        static const uint8_t types[] = { 0, 1, 2, 3, 4, 5, 8, 11, 12, 128, 129, 130 };
        packet[body] = types[next_random(sizeof types)];
        packet[body + 1] = (uint8_t)(next_random(4) == 0);
    }
    if (v4) packet[3] = (uint8_t)(body + rest);
    else packet[5] = (uint8_t)(body - 40 + rest);
    return body + rest;
}

static int setup(void)
{
    static uint8_t addresses[2 * 16], own[2 * 16], route[17];
    int handle = new_plane((int)next_random(256));
    v4_endpoint(packet, 100, 64, 0, 2, 0);
    memcpy(addresses, packet, 16);
    memset(addresses + 16, 0, 16);
    addresses[16] = 0xfd;
    addresses[31] = 2;
    memcpy(own, addresses, 32);
    own[15] = own[31] = 1;
    v4_prefix(route, 100, 64, 1, 0, 30);
    ml_dp_set_self_addresses(handle, addresses, 0, 2);
    ml_dp_set_local_routes(handle, route, 0, 1);
    ml_dp_set_peer_api_port(handle, 3);
    memset(packet, 7, 32);
    ml_dp_peer_set(handle, 0, packet, 0);
    any_rules();
    jailed = next_random(10) == 0;
    capabilities = next_random(16);
    flow_count = 0;
    ml_dp_peer_rights(handle, 0, jailed, (int)capabilities, own, 0, 2);
    EQUAL(ml_dp_filter_set(handle, table, 0, put_table(table, rules, rule_count)), 0);
    return handle;
}

int main(void)
{
    long total = PACKETS, passed = 0, wrong = 0;
    state = seed;
    for (long done = 0; done < total && wrong == 0; done += PER_SETUP)
    {
        int handle = setup();
        ml_dp *dp = ml_dp_enter(handle);
        for (int i = 0; i < PER_SETUP; i++)
        {
            uint8_t from[16], to[16];
            seen s;
            int count = any_packet();
            bool in;
            if (ml_inner_check(packet, count, from, to) != count) continue;
            look(&s, packet, count);
            if (next_random(4) == 0)
            {
                bool out = ml_filter_out(dp, packet, count, from, to);
                wrong += out == refused_address(&s);
                if (out) model_out(&s);
                continue;
            }
            in = ml_filter_in(dp, 0, packet, count, from, to, 1000);
            passed += in;
            if (in == model_in(&s)) continue;
            wrong++;
            printf("seed %llx, packet %ld: the filter says %d:", (unsigned long long)seed, done + i, in);
            for (int k = 0; k < count; k++) printf(" %02x", packet[k]);
            printf("\n");
        }
        ml_dp_leave(dp, 0);
        ml_dp_destroy(handle);
    }
    EQUAL(wrong, 0);
    CHECK(passed > total / 20 && passed < total / 2);
    return finish("test_dp_filter_model");
}
