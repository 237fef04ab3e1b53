/*
 * ChaCha20-Poly1305 on one kind of vector. ml_aead.c includes this file once for each kind, after defining
 *
 *   V, V_BLOCKS           the vector type and how many ChaCha20 blocks lie in it side by side        V_TARGET  its compiler attribute
 *   V_ADD V_XOR V_ROT     on 32-bit lanes          V_TURN(x, n)   each 128 bits turned left by n lanes
 *   V_ROW(p)              four words, in each 128 bits    V_COUNT  0, 1 .. in word 0 of the first, second .. 128 bits    V_ALL(n)  n there
 *   V_PUT(p, a, b, c, d)  stores the blocks one after the other       V_XORED(out, in, key)   one vector of bytes
 *   V_NAME(x)             the function's name with this kind's prefix
 *
 * The four rows of a block's 4 x 4 words are four vectors. A double round works on the columns, turns the rows so that the diagonals
 * stand in columns, works on those, and turns back. Four such sets run side by side, because one alone waits for its own results.
 * Meanwhile the integer unit, which is free, runs Poly1305 over text that is ready: up to four of its blocks in each double round cost next to nothing.
 */
#define V_SETS 4
#define V_PASS (V_SETS * V_BLOCKS * 64)         /* bytes of key stream in one pass of all sets */
#define V_MOST 40                               /* Poly1305 blocks in one pass */

#define V_HALF(i)                                                                                                                          \
    a[i] = V_ADD(a[i], b[i]); d[i] = V_ROT(V_XOR(d[i], a[i]), 16);                                                                         \
    c[i] = V_ADD(c[i], d[i]); b[i] = V_ROT(V_XOR(b[i], c[i]), 12);                                                                         \
    a[i] = V_ADD(a[i], b[i]); d[i] = V_ROT(V_XOR(d[i], a[i]), 8);                                                                          \
    c[i] = V_ADD(c[i], d[i]); b[i] = V_ROT(V_XOR(b[i], c[i]), 7)

#define V_DIGEST                                                                                                                           \
    if (digest >= 2)                                                                                                                       \
    {                                                                                                                                      \
        ml_poly_wide_block(&local, text, 1);                                                                                               \
        ml_poly_wide_block(&local, text + 16, 1);                                                                                          \
        text += 32;                                                                                                                        \
        digest -= 2;                                                                                                                       \
    }

#define V_EACH ML_UNROLL for (int i = 0; i < sets; i++)

/* stream = sets * V_BLOCKS blocks from the counter in state on; meanwhile `digest` blocks at text (even, at most V_MOST) go into poly. */
ML_INLINE V_TARGET void V_NAME(pass)(const int sets, uint32_t state[16], uint8_t *stream, ml_poly_wide *poly, const uint8_t *text,
                                     int digest)
{
    V a[V_SETS], b[V_SETS], c[V_SETS], d[V_SETS];
    ml_poly_wide local = *poly;
    const uint8_t *s = (const uint8_t *)state;
    V_EACH
    {
        a[i] = V_ROW(s);
        b[i] = V_ROW(s + 16);
        c[i] = V_ROW(s + 32);
        d[i] = V_ADD(V_ADD(V_ROW(s + 48), V_COUNT), V_ALL(i * V_BLOCKS));
    }
    for (int round = 0; round < 10; round++)
    {
        V_EACH { V_HALF(i); }
        V_EACH { b[i] = V_TURN(b[i], 1); c[i] = V_TURN(c[i], 2); d[i] = V_TURN(d[i], 3); }
        V_DIGEST
        V_EACH { V_HALF(i); }
        V_EACH { b[i] = V_TURN(b[i], 3); c[i] = V_TURN(c[i], 2); d[i] = V_TURN(d[i], 1); }
        V_DIGEST
    }
    V_EACH
    {
        V x = V_ADD(a[i], V_ROW(s)), y = V_ADD(b[i], V_ROW(s + 16)), z = V_ADD(c[i], V_ROW(s + 32));
        V w = V_ADD(d[i], V_ADD(V_ADD(V_ROW(s + 48), V_COUNT), V_ALL(i * V_BLOCKS)));
        V_PUT(stream + i * V_BLOCKS * 64, x, y, z, w);
    }
    state[12] += (uint32_t)(sets * V_BLOCKS);
    memcpy(poly->h, local.h, sizeof local.h);
}

/* As many sets as `wanted` bytes of key stream need. Returns the bytes made; *done moves behind the text that went into poly. */
static V_TARGET size_t V_NAME(make)(size_t wanted, uint32_t state[16], uint8_t *stream, ml_poly_wide *poly, const uint8_t *text,
                                    size_t *done, size_t ready)
{
    size_t digest = (ready - *done) / 32 * 2, set = V_BLOCKS * 64;
    if (digest > V_MOST) digest = V_MOST;
    text += *done;
    *done += 16 * digest;
    if (wanted > 3 * set) V_NAME(pass)(4, state, stream, poly, text, (int)digest);
    else if (wanted > 2 * set) V_NAME(pass)(3, state, stream, poly, text, (int)digest);
    else if (wanted > set) V_NAME(pass)(2, state, stream, poly, text, (int)digest);
    else V_NAME(pass)(1, state, stream, poly, text, (int)digest);
    return wanted > 3 * set ? 4 * set : wanted + (set - wanted % set) % set;
}

static V_TARGET void V_NAME(xor)(uint8_t *output, const uint8_t *input, const uint8_t *stream, size_t count)
{
    for (; count >= sizeof(V); count -= sizeof(V), output += sizeof(V), input += sizeof(V), stream += sizeof(V))
    {
        V_XORED(output, input, stream);
    }
    for (size_t i = 0; i < count; i++) output[i] = input[i] ^ stream[i];
}

/* The start of both directions: block 0 is the key of Poly1305; the stream behind it belongs to the text. Returns the bytes made. */
static V_TARGET size_t V_NAME(begin)(uint32_t state[16], uint8_t *stream, ml_poly_wide *poly, const uint8_t *ad, size_t ad_count,
                                     size_t count)
{
    size_t none = 0;
    memset(poly, 0, sizeof *poly);
    size_t made = V_NAME(make)(64 + count, state, stream, poly, stream, &none, 0);
    ml_poly_wide_init(poly, stream);
    if (ad_count > 0) ml_poly_wide_padded(poly, ad, ad_count);
    return made;
}

static V_TARGET void V_NAME(end)(ml_poly_wide *poly, const uint8_t *text, size_t done, size_t ad_count, size_t count, uint8_t tag[16])
{
    uint8_t lengths[16];
    if (count > done) ml_poly_wide_padded(poly, text + done, count - done);
    ml_store64_le(lengths, ad_count);
    ml_store64_le(lengths + 8, count);
    ml_poly_wide_block(poly, lengths, 1);
    ml_poly_wide_tag(poly, tag);
    ml_wipe(poly, sizeof *poly);
}

/* One pass over the text: each piece goes into Poly1305 while the key stream of the next one is made. */
static V_TARGET void V_NAME(seal)(uint32_t state[16], const uint8_t *ad, size_t ad_count, const uint8_t *text, size_t count,
                                  uint8_t *output, uint8_t tag[16])
{
    uint8_t stream[V_PASS];
    ml_poly_wide poly;
    size_t first = V_NAME(begin)(state, stream, &poly, ad, ad_count, count), made = first, from = 64, done = 0, at = 0;
    while (count > 0)
    {
        size_t part = made - from < count - at ? made - from : count - at;
        V_NAME(xor)(output + at, text + at, stream + from, part);
        at += part;
        if (at == count) break;
        made = V_NAME(make)(count - at, state, stream, &poly, output, &done, at);
        from = 0;
    }
    V_NAME(end)(&poly, output, done, ad_count, count, tag);
    ml_wipe(stream, first);
}

/*
 * The key stream of a packet is made while its tag is computed, and used when the tag is right: a forged packet changes nothing. Of a text
 * that is longer than the room for it only the first pass is made before.
 */
static V_TARGET int V_NAME(open)(uint32_t state[16], const uint8_t *ad, size_t ad_count, const uint8_t *text, size_t count,
                                 const uint8_t tag[16], uint8_t *output)
{
    uint8_t stream[ML_OPEN_STREAM], expected[16];
    ml_poly_wide poly;
    size_t made = V_NAME(begin)(state, stream, &poly, ad, ad_count, count), from = 64, done = 0, at = 0;
    if (64 + count <= sizeof stream) /* which is a multiple of V_PASS */
    {
        while (made < 64 + count) made += V_NAME(make)(64 + count - made, state, stream + made, &poly, text, &done, count);
    }
    size_t used = made;
    V_NAME(end)(&poly, text, done, ad_count, count, expected);
    int same = ml_equal(expected, tag, 16);
    ml_wipe(expected, sizeof expected);
    ML_PUBLIC(same);
    while (same && at < count)
    {
        size_t part = made - from < count - at ? made - from : count - at;
        V_NAME(xor)(output + at, text + at, stream + from, part);
        at += part;
        if (at == count) break;
        made = V_NAME(make)(count - at, state, stream, &poly, text, &done, done);
        from = 0;
    }
    ml_wipe(stream, used);
    return same ? 0 : -1;
}

#undef V
#undef V_BLOCKS
#undef V_TARGET
#undef V_ADD
#undef V_XOR
#undef V_BYTES
#undef V_ROT
#undef V_TURN
#undef V_ROW
#undef V_COUNT
#undef V_ALL
#undef V_PUT1
#undef V_PUT
#undef V_XORED
#undef V_NAME
#undef V_SETS
#undef V_PASS
#undef V_MOST
#undef V_HALF
#undef V_DIGEST
#undef V_EACH
