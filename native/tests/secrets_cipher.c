/*
 * Every cipher once on every path, with keys and texts marked as unknown to valgrind, which then reports each branch and each address
 * that depends on them. Run by the script test_secrets. Lengths, nonces and verdicts are public. With the argument "leak" it leaks on purpose.
 */
#include <valgrind/memcheck.h>

#include <stdio.h>
#include <string.h>

#include "ml_cipher.h"
#include "ml_wide.h"

#define SECRET(x) (void)VALGRIND_MAKE_MEM_UNDEFINED(x, sizeof x)
#define REVEAL(x) (void)VALGRIND_MAKE_MEM_DEFINED(x, sizeof x)

static int every_cipher(int leak)
{
    uint8_t key[32] = {1}, nonce[24] = {2}, text[1500] = {3}, out[1600], tag[16], ad[20] = {4}, point[32] = {9}, more[96];
    SECRET(key);
    SECRET(text);
    ml_chachapoly_seal(key, nonce, ad, sizeof ad, text, 1483, out, tag);
    int good = ml_chachapoly_open(key, nonce, ad, sizeof ad, out, 1483, tag, out) == 0;
    ml_xchachapoly_seal(key, nonce, NULL, 0, text, 64, out, tag);
    tag[3] ^= 1;
    good &= ml_xchachapoly_open(key, nonce, NULL, 0, out, 64, tag, out) == -1;
    ml_blake2s_hash(key, 32, text, sizeof text, out, 32);
    ml_hmac_blake2s(key, 32, text, 100, out);
    ml_kdf(3, key, text, 32, more);
    int zero = ml_x25519(key, point, out);
    REVEAL(out);
    SECRET(key);
    ml_x25519_base(key, point);
    SECRET(point);
    zero |= ml_box_beforenm(point, key, more);
    ml_box_seal(more, nonce, text, 131, out);
    good &= ml_box_open(more, nonce, out, 147, out + 16) == 0;
    int equal = ml_equal(text, text + 1, 200);
    ml_wipe(text, sizeof text);
    (void)VALGRIND_MAKE_MEM_DEFINED(&zero, sizeof zero);
    (void)VALGRIND_MAKE_MEM_DEFINED(&equal, sizeof equal);
    if (leak && key[0] == 7) puts("a leak that valgrind must report");
    return good && zero == 0 && equal != 2;
}

int main(int count, char **arguments)
{
    int good = 1;
    (void)arguments;
    for (ml_test_path = ML_PATH_NARROW; ml_test_path <= ml_path_best(); ml_test_path++) good &= every_cipher(count > 1);
    return good ? 0 : 3;
}
