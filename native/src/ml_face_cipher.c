/* The ciphers as the managed side calls them: arrays with offsets, int32 lengths (Drivers/Native/CipherNative.cs). */
#include "ml_cipher.h"
#include "ml_face.h"
#include "ml_version.h"

/* An absent array stays NULL: NULL plus an offset is undefined even when the offset is 0. */
static const uint8_t *optional(const uint8_t *bytes, int32_t at)
{
    return bytes == 0 ? 0 : bytes + at;
}

ML_EXPORT int32_t mlm_version(void)
{
    return ML_VERSION;
}

ML_EXPORT int32_t mlm_chachapoly_seal(ml_in key, int32_t key_at, ml_in nonce, int32_t nonce_at, ml_in ad, int32_t ad_at,
                                      int32_t ad_count, ml_out text, int32_t at, int32_t count)
{
    uint8_t *p = text + at;
    ml_chachapoly_seal(key + key_at, nonce + nonce_at, optional(ad, ad_at), (size_t)ad_count, p, (size_t)count, p, p + count);
    return count + ML_TAG_LENGTH;
}

ML_EXPORT int32_t mlm_chachapoly_open(ml_in key, int32_t key_at, ml_in nonce, int32_t nonce_at, ml_in ad, int32_t ad_at,
                                      int32_t ad_count, ml_out text, int32_t at, int32_t count)
{
    uint8_t *p = text + at;
    int32_t plain = count - ML_TAG_LENGTH;
    if (plain < 0) return -1;
    int result = ml_chachapoly_open(key + key_at, nonce + nonce_at, optional(ad, ad_at), (size_t)ad_count, p, (size_t)plain, p + plain, p);
    return result == 0 ? plain : -1;
}

ML_EXPORT int32_t mlm_xchachapoly_seal(ml_in key, int32_t key_at, ml_in nonce, int32_t nonce_at, ml_in ad, int32_t ad_at,
                                       int32_t ad_count, ml_out text, int32_t at, int32_t count)
{
    uint8_t *p = text + at;
    ml_xchachapoly_seal(key + key_at, nonce + nonce_at, optional(ad, ad_at), (size_t)ad_count, p, (size_t)count, p, p + count);
    return count + ML_TAG_LENGTH;
}

ML_EXPORT int32_t mlm_xchachapoly_open(ml_in key, int32_t key_at, ml_in nonce, int32_t nonce_at, ml_in ad, int32_t ad_at,
                                       int32_t ad_count, ml_out text, int32_t at, int32_t count)
{
    uint8_t *p = text + at;
    int32_t plain = count - ML_TAG_LENGTH;
    if (plain < 0) return -1;
    int result = ml_xchachapoly_open(key + key_at, nonce + nonce_at, optional(ad, ad_at), (size_t)ad_count, p, (size_t)plain, p + plain, p);
    return result == 0 ? plain : -1;
}

ML_EXPORT int32_t mlm_blake2s(ml_in key, int32_t key_at, int32_t key_count, ml_in input, int32_t input_at, int32_t input_count,
                              ml_out output, int32_t output_at, int32_t output_length)
{
    ml_blake2s_hash(optional(key, key_at), (size_t)key_count, optional(input, input_at), (size_t)input_count, output + output_at,
                    (size_t)output_length);
    return output_length;
}

ML_EXPORT int32_t mlm_hmac(ml_in key, int32_t key_at, int32_t key_count, ml_in input, int32_t input_at, int32_t input_count,
                           ml_out output, int32_t output_at)
{
    ml_hmac_blake2s(optional(key, key_at), (size_t)key_count, optional(input, input_at), (size_t)input_count, output + output_at);
    return ML_HASH_LENGTH;
}

ML_EXPORT int32_t mlm_kdf(int32_t outputs, ml_in chain_key, int32_t chain_key_at, ml_in input, int32_t input_at,
                          int32_t input_count, ml_out output, int32_t output_at)
{
    ml_kdf(outputs, chain_key + chain_key_at, optional(input, input_at), (size_t)input_count, output + output_at);
    return outputs * ML_HASH_LENGTH;
}

ML_EXPORT int32_t mlm_x25519(ml_in scalar, int32_t scalar_at, ml_in point, int32_t point_at, ml_out output, int32_t output_at)
{
    return ml_x25519(scalar + scalar_at, point + point_at, output + output_at);
}

ML_EXPORT int32_t mlm_x25519_base(ml_in scalar, int32_t scalar_at, ml_out output, int32_t output_at)
{
    return ml_x25519_base(scalar + scalar_at, output + output_at);
}

ML_EXPORT int32_t mlm_box_beforenm(ml_in public_key, int32_t public_at, ml_in private_key, int32_t private_at, ml_out shared,
                                   int32_t shared_at)
{
    return ml_box_beforenm(public_key + public_at, private_key + private_at, shared + shared_at);
}

ML_EXPORT void mlm_box_derivenm(ml_in dh_result, int32_t dh_at, ml_out shared, int32_t shared_at)
{
    ml_box_derivenm(dh_result + dh_at, shared + shared_at);
}

ML_EXPORT int32_t mlm_box_seal(ml_in shared, int32_t shared_at, ml_in nonce, int32_t nonce_at, ml_out text, int32_t at,
                               int32_t count)
{
    uint8_t *p = text + at;
    ml_box_seal(shared + shared_at, nonce + nonce_at, p + ML_TAG_LENGTH, (size_t)count, p);
    return count + ML_TAG_LENGTH;
}

ML_EXPORT int32_t mlm_box_open(ml_in shared, int32_t shared_at, ml_in nonce, int32_t nonce_at, ml_out box, int32_t at,
                               int32_t count)
{
    uint8_t *p = box + at;
    if (count < ML_TAG_LENGTH) return -1;
    if (ml_box_open(shared + shared_at, nonce + nonce_at, p, (size_t)count, p + ML_TAG_LENGTH) != 0) return -1;
    return count - ML_TAG_LENGTH;
}

ML_EXPORT int32_t mlm_equal(ml_in a, int32_t a_at, ml_in b, int32_t b_at, int32_t count)
{
    return ml_equal(a + a_at, b + b_at, (size_t)count);
}

ML_EXPORT void mlm_wipe(ml_out bytes, int32_t at, int32_t count)
{
    ml_wipe(bytes + at, (size_t)count);
}

ML_EXPORT uint32_t mlm_crc32(ml_in bytes, int32_t at, int32_t count)
{
    return ml_crc32(bytes + at, (size_t)count);
}
