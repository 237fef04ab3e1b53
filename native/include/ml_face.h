/*
 * What the managed side may call: what is marked ML_EXPORT here, in ml_dataplane.h and in ml_pump.h. Every buffer is an array and an offset,
 * lengths are int32 and checked by the managed wrapper; the *Native.cs files in Drivers/Native declare each function once, under the same
 * name, and native/interop makes the export list and the device's method table from them. _at is an offset into the array before it.
 */
#ifndef ML_FACE_H
#define ML_FACE_H

#include <stdint.h>

#if defined(__GNUC__)
#define ML_EXPORT __attribute__((visibility("default")))
#else
#define ML_EXPORT
#endif

typedef const uint8_t *ml_in;
typedef uint8_t *ml_out;

ML_EXPORT int32_t mlm_version(void);
ML_EXPORT int32_t mlm_chachapoly_seal(ml_in key, int32_t key_at, ml_in nonce, int32_t nonce_at, ml_in ad, int32_t ad_at, int32_t ad_count,
                                      ml_out text, int32_t at, int32_t count);
ML_EXPORT int32_t mlm_chachapoly_open(ml_in key, int32_t key_at, ml_in nonce, int32_t nonce_at, ml_in ad, int32_t ad_at, int32_t ad_count,
                                      ml_out text, int32_t at, int32_t count);
ML_EXPORT int32_t mlm_xchachapoly_seal(ml_in key, int32_t key_at, ml_in nonce, int32_t nonce_at, ml_in ad, int32_t ad_at, int32_t ad_count,
                                       ml_out text, int32_t at, int32_t count);
ML_EXPORT int32_t mlm_xchachapoly_open(ml_in key, int32_t key_at, ml_in nonce, int32_t nonce_at, ml_in ad, int32_t ad_at, int32_t ad_count,
                                       ml_out text, int32_t at, int32_t count);
ML_EXPORT int32_t mlm_blake2s(ml_in key, int32_t key_at, int32_t key_count, ml_in input, int32_t input_at, int32_t input_count,
                              ml_out output, int32_t output_at, int32_t output_length);
ML_EXPORT int32_t mlm_hmac(ml_in key, int32_t key_at, int32_t key_count, ml_in input, int32_t input_at, int32_t input_count, ml_out output,
                           int32_t output_at);
ML_EXPORT int32_t mlm_kdf(int32_t outputs, ml_in chain_key, int32_t chain_key_at, ml_in input, int32_t input_at, int32_t input_count,
                          ml_out output, int32_t output_at);
ML_EXPORT int32_t mlm_x25519(ml_in scalar, int32_t scalar_at, ml_in point, int32_t point_at, ml_out output, int32_t output_at);
ML_EXPORT int32_t mlm_x25519_base(ml_in scalar, int32_t scalar_at, ml_out output, int32_t output_at);
ML_EXPORT int32_t mlm_box_beforenm(ml_in public_key, int32_t public_at, ml_in private_key, int32_t private_at, ml_out shared,
                                   int32_t shared_at);
ML_EXPORT void mlm_box_derivenm(ml_in dh_result, int32_t dh_at, ml_out shared, int32_t shared_at);
ML_EXPORT int32_t mlm_box_seal(ml_in shared, int32_t shared_at, ml_in nonce, int32_t nonce_at, ml_out text, int32_t at, int32_t count);
ML_EXPORT int32_t mlm_box_open(ml_in shared, int32_t shared_at, ml_in nonce, int32_t nonce_at, ml_out box, int32_t at, int32_t count);
ML_EXPORT int32_t mlm_equal(ml_in a, int32_t a_at, ml_in b, int32_t b_at, int32_t count);
ML_EXPORT void mlm_wipe(ml_out bytes, int32_t at, int32_t count);
ML_EXPORT uint32_t mlm_crc32(ml_in bytes, int32_t at, int32_t count);

ML_EXPORT int32_t mlm_json_size(ml_in keys, int32_t keys_count, int32_t token_capacity);
ML_EXPORT int32_t mlm_json_init(ml_out state, int32_t size, ml_in keys, int32_t keys_count, int32_t token_capacity);
ML_EXPORT void mlm_json_reset(ml_out state);
ML_EXPORT void mlm_json_finish(ml_out state);
ML_EXPORT void mlm_json_skip(ml_out state);
ML_EXPORT int32_t mlm_json_read(ml_out state, ml_in bytes, int32_t offset, int32_t count, ml_out value, ml_out record);

#endif
