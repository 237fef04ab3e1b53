/*
 * X25519 (RFC 7748 section 5) over one representation of the field: ml_x25519.c includes this file once for each, with F(x) = x with the
 * representation's prefix. No branch and no index depends on the scalar; the ladder swaps by mask.
 */
/* All that a scalar multiplication holds; a and b are scratch. Wiped as one. */
typedef struct F(ladder)
{
    F(field) x1, x2, z2, x3, z3, a, b;
} F(ladder);

static void F(square_times)(F(field) out, const F(field) a, int times)
{
    F(square)(out, a);
    while (--times > 0) F(square)(out, out);
}

/* z2 = z2^(p - 2) = z2^(2^255 - 21), with the other fields but x2 as scratch. z_n stands for z^(2^n - 1). */
static void F(invert)(F(ladder) *l)
{
    F(limb) *z = l->z2, *z_11 = l->x1, *z_5 = l->x3, *z_10 = l->z3, *t = l->a, *u = l->b;
    F(square)(t, z);                    /* 2 */
    F(square_times)(u, t, 2);           /* 8 */
    F(multiply)(u, u, z);               /* 9 */
    F(multiply)(z_11, t, u);            /* 11 */
    F(square)(z_5, z_11);               /* 22 */
    F(multiply)(z_5, z_5, u);           /* 31 = 2^5 - 1 */
    F(square_times)(t, z_5, 5);
    F(multiply)(z_10, t, z_5);          /* 2^10 - 1 */
    F(square_times)(t, z_10, 10);
    F(multiply)(t, t, z_10);            /* 2^20 - 1 */
    F(square_times)(u, t, 20);
    F(multiply)(t, u, t);               /* 2^40 - 1 */
    F(square_times)(t, t, 10);
    F(multiply)(z_10, t, z_10);         /* 2^50 - 1 */
    F(square_times)(t, z_10, 50);
    F(multiply)(t, t, z_10);            /* 2^100 - 1 */
    F(square_times)(u, t, 100);
    F(multiply)(t, u, t);               /* 2^200 - 1 */
    F(square_times)(t, t, 50);
    F(multiply)(t, t, z_10);            /* 2^250 - 1 */
    F(square_times)(t, t, 5);
    F(multiply)(z, t, z_11);            /* 2^255 - 32 + 11 = 2^255 - 21 */
}

/*
 * One step of the Montgomery ladder (RFC 7748 section 5): (x2:z2) doubled, (x3:z3) = sum of both. In this order neighbours need not wait
 * for each other, which saves a desktop a tenth of the time.
 */
static void F(step)(F(ladder) *l)
{
    F(add)(l->a, l->x2, l->z2);
    F(subtract)(l->b, l->x2, l->z2);
    F(add)(l->x2, l->x3, l->z3);            /* C */
    F(subtract)(l->z2, l->x3, l->z3);       /* D */
    F(multiply)(l->z2, l->z2, l->a);        /* DA */
    F(multiply)(l->x2, l->x2, l->b);        /* CB */
    F(square)(l->a, l->a);                  /* AA */
    F(square)(l->b, l->b);                  /* BB */
    F(add)(l->x3, l->z2, l->x2);
    F(subtract)(l->z3, l->z2, l->x2);
    F(multiply)(l->x2, l->a, l->b);
    F(square)(l->x3, l->x3);
    F(subtract)(l->a, l->a, l->b);          /* E */
    F(square)(l->z3, l->z3);
    F(multiply_small)(l->z2, l->a, 121666);
    F(add)(l->z2, l->z2, l->b);             /* BB + 121666 E = AA + 121665 E */
    F(multiply)(l->z3, l->z3, l->x1);
    F(multiply)(l->z2, l->z2, l->a);
}

static int F(x25519)(const uint8_t scalar[32], const uint8_t point[32], uint8_t output[32])
{
    static const uint8_t zero[32] = {0};
    F(ladder) l;
    uint8_t k[32];
    memset(&l, 0, sizeof l);
    l.x2[0] = l.z3[0] = 1;
    for (int i = 0; i < 32; i++) k[i] = scalar[i];
    k[0] &= 248;
    k[31] = (uint8_t)((k[31] & 127) | 64);
    F(unpack)(l.x1, point);
    memcpy(l.x3, l.x1, sizeof l.x3);

    uint32_t swapped = 0;
    for (int position = 254; position >= 0; position--)
    {
        uint32_t bit = (k[position / 8] >> (position & 7)) & 1u;
        F(swap)(l.x2, l.x3, swapped ^ bit);
        F(swap)(l.z2, l.z3, swapped ^ bit);
        swapped = bit;
        F(step)(&l);
    }
    /* The scalar's lowest bit is 0: nothing is exchanged at the end. */
    ml_wipe(k, sizeof k);

    F(invert)(&l);
    F(multiply)(l.x2, l.x2, l.z2);
    F(pack)(output, l.x2);
    ml_wipe(&l, sizeof l);
    return -ml_equal(output, zero, 32);
}

#undef F
