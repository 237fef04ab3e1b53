/*
 * X25519 (RFC 7748 section 5). The ladder is in ml_x25519_ladder.h, the field in two representations: words of 32 bits for chips in
 * ml_field_narrow.h, limbs of 51 bits for 64-bit machines in ml_field_wide.h.
 */
#include <string.h>

#include "ml_bytes.h"
#include "ml_cipher.h"
#include "ml_field_narrow.h"
#include "ml_field_wide.h"
#include "ml_wide.h"

#define F(x) narrow_##x
#include "ml_x25519_ladder.h"

#ifdef ML_WIDE
#define F(x) wide_##x
#include "ml_x25519_ladder.h"
#endif

/* Scalars are clamped inside. */
int ml_x25519(const uint8_t scalar[32], const uint8_t point[32], uint8_t output[32])
{
#ifdef ML_WIDE
    if (ml_path() != ML_PATH_NARROW) return wide_x25519(scalar, point, output);
#endif
    return narrow_x25519(scalar, point, output);
}

int ml_x25519_base(const uint8_t scalar[32], uint8_t output[32])
{
    static const uint8_t base[32] = {9};
    return ml_x25519(scalar, base, output);
}
