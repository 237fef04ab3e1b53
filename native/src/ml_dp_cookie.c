/* Cookies (protocol.md 8.4): what a source must bring back under load to prove that it receives at its address.
 *   cookie = MAC(secret of the last 120 s, source address and port)         mac2 = MAC(cookie, message up to mac2)
 *   reply 64 B: 0 type=3 | 4 receiver index | 8 nonce[24] | 32 XAEAD(HASH("cookie--" || our public key), nonce, cookie, ad = mac1)
 */
#include "ml_dp_internal.h"
#include "ml_dp_crypto.h"

#define ML_COOKIE_SECRET_MS 120000

static void make_cookie(ml_dp *dp, const ml_source *source, int64_t now_ms, uint8_t cookie[16])
{
    if (dp->cookie_secret_ms == 0 || now_ms - dp->cookie_secret_ms >= ML_COOKIE_SECRET_MS)
    {
        ml_dp_random(dp, dp->cookie_secret, ML_KEY);
        dp->cookie_secret_ms = now_ms == 0 ? 1 : now_ms;
    }
    if (source->endpoint != NULL) ml_crypto_mac(dp->cookie_secret, ML_KEY, source->endpoint, ML_ENDPOINT, cookie);
    else ml_crypto_mac(dp->cookie_secret, ML_KEY, source->node_key, ML_KEY, cookie);
}

bool ml_cookie_valid(ml_dp *dp, const ml_source *source, const uint8_t *message, int count, int64_t now_ms)
{
    uint8_t cookie[16], mac2[16];
    bool valid;
    make_cookie(dp, source, now_ms, cookie);
    ml_crypto_mac(cookie, 16, message, count - 16, mac2);
    valid = ml_equal(mac2, message + count - 16, 16) != 0;
    ml_crypto_wipe(cookie, sizeof cookie);
    return valid;
}

void ml_cookie_reply(ml_dp *dp, const ml_source *source, const uint8_t *message, int count, int64_t now_ms)
{
    uint8_t reply[ML_WG_COOKIE_LENGTH] = { ML_WG_COOKIE };
    uint8_t cookie[16];
    /* Under a flood of forged sources the answers must not push established peers' packets out of the ring. */
    if (dp->udp.used > dp->udp.size / 2)
    {
        ML_COUNT(dp, COOKIE_HELD);
        return;
    }
    make_cookie(dp, source, now_ms, cookie);
    memcpy(reply + 4, message + 4, 4);
    ml_dp_random(dp, reply + 8, 24);
    ml_xchachapoly_seal(dp->cookie_key, reply + 8, message + count - 32, 16, cookie, 16, reply + 32, reply + 48);
    if (ml_send_back(dp, source, reply, sizeof reply) == ML_OK) ML_COUNT(dp, COOKIE_SENT);
    ml_crypto_wipe(cookie, sizeof cookie);
}
