/* Ciphers: the RFCs' own vectors, the golden values of protocol.md 13.2, and what every caller relies on (in place, untouched, wiped). */
#include "ml_cipher.h"
#include "ml_poly1305_wide.h"
#include "ml_test.h"
#include "ml_wide.h"

static void rfc8439(void)
{
    uint8_t key[32], nonce[12], out[160], tag[16];
    static const char text[] = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
                               "sunscreen would be it.";
    size_t count = sizeof text - 1;
    /* 2.4.2: encryption, counter 1 */
    for (int i = 0; i < 32; i++) key[i] = (uint8_t)i;
    ml_hex("000000000000004a00000000", nonce, 12);
    ml_chacha20_xor(key, 1, nonce, (const uint8_t *)text, out, count);
    CHECK(ml_same_hex(out, count,
                      "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f"
                      "530c359f0861d807ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab77937365af90bbf74a35be6b40b8eedf2785e42874d"));
    /* 2.5.2: Poly1305 */
    ml_poly1305 poly;
    ml_hex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b", key, 32);
    ml_poly1305_init(&poly, key);
    ml_poly1305_last(&poly, (const uint8_t *)"Cryptographic Forum Research Group", 34);
    ml_poly1305_finish(&poly, tag);
    CHECK(ml_same_hex(tag, 16, "a8061dc1305136c6c22b8baf0c0127a9"));
    /* 2.8.2: AEAD */
    uint8_t ad[12];
    for (int i = 0; i < 32; i++) key[i] = (uint8_t)(0x80 + i);
    ml_hex("070000004041424344454647", nonce, 12);
    ml_hex("50515253c0c1c2c3c4c5c6c7", ad, 12);
    ml_chachapoly_seal(key, nonce, ad, 12, (const uint8_t *)text, count, out, tag);
    CHECK(ml_same_hex(tag, 16, "1ae10b594f09e26a7e902ecbd0600691"));
    CHECK(ml_same_hex(out, 16, "d31a8d34648e60db7b86afbc53ef7ec2"));
    CHECK(ml_chachapoly_open(key, nonce, ad, 12, out, count, tag, out) == 0 && memcmp(out, text, count) == 0);
}

/* RFC 8439 A.3: the corners of the reduction modulo 2^130 - 5, as key, message, tag. */
static void poly1305_corners(void)
{
    static const char *const vectors[][3] = {
        {"0200000000000000000000000000000000000000000000000000000000000000", "ffffffffffffffffffffffffffffffff",
         "03000000000000000000000000000000"},
        {"02000000000000000000000000000000ffffffffffffffffffffffffffffffff", "02000000000000000000000000000000",
         "03000000000000000000000000000000"},
        {"0100000000000000000000000000000000000000000000000000000000000000",
         "fffffffffffffffffffffffffffffffff0ffffffffffffffffffffffffffffff11000000000000000000000000000000",
         "05000000000000000000000000000000"},
        {"0100000000000000000000000000000000000000000000000000000000000000",
         "fffffffffffffffffffffffffffffffffbfefefefefefefefefefefefefefefe01010101010101010101010101010101",
         "00000000000000000000000000000000"},
        {"0200000000000000000000000000000000000000000000000000000000000000", "fdffffffffffffffffffffffffffffff",
         "faffffffffffffffffffffffffffffff"},
        {"0100000000000000040000000000000000000000000000000000000000000000",
         "e33594d7505e43b900000000000000003394d7505e4379cd01000000000000000000000000000000000000000000000001000000000000000000000000000000",
         "14000000000000005500000000000000"},
        {"0100000000000000040000000000000000000000000000000000000000000000",
         "e33594d7505e43b900000000000000003394d7505e4379cd010000000000000000000000000000000000000000000000",
         "13000000000000000000000000000000"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
    {
        ml_poly1305 poly;
        uint8_t key[32], text[64], tag[16];
        ml_hex(vectors[i][0], key, sizeof key);
        size_t count = ml_hex(vectors[i][1], text, sizeof text);
        ml_poly1305_init(&poly, key);
        ml_poly1305_last(&poly, text, count);
        ml_poly1305_finish(&poly, tag);
        CHECK(ml_same_hex(tag, 16, vectors[i][2]));
#ifdef ML_WIDE
        /* The 64-bit form takes whole blocks only: so are these texts but one. */
        ml_poly_wide wide;
        if (count % 16 != 0) continue;
        ml_poly_wide_init(&wide, key);
        ml_poly_wide_padded(&wide, text, count);
        ml_poly_wide_tag(&wide, tag);
        CHECK(ml_same_hex(tag, 16, vectors[i][2]));
#endif
    }
}

static void rfc7748(void)
{
    uint8_t k[32], u[32], out[32];
    ml_hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", k, 32);
    ml_hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", u, 32);
    CHECK(ml_x25519(k, u, out) == 0 && ml_same_hex(out, 32, "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
    /* The second vector has bit 255 of the point set: it must be masked. */
    ml_hex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d", k, 32);
    ml_hex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493", u, 32);
    CHECK(ml_x25519(k, u, out) == 0 && ml_same_hex(out, 32, "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"));
    uint8_t scalar[32] = {9}, point[32] = {9};
    for (int i = 0; i < (ML_EVERY > 1 ? 1 : 1000); i++)
    {
        ml_x25519(scalar, point, out);
        memcpy(point, scalar, 32);
        memcpy(scalar, out, 32);
        if (i == 0) CHECK(ml_same_hex(out, 32, "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"));
    }
    CHECK(ML_EVERY > 1 || ml_same_hex(out, 32, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
    /* 6.1 */
    uint8_t alice[32], bob[32];
    ml_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", alice, 32);
    ml_hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", bob, 32);
    CHECK(ml_x25519_base(alice, u) == 0 && ml_same_hex(u, 32, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"));
    CHECK(ml_x25519(bob, u, out) == 0 && ml_same_hex(out, 32, "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"));
    CHECK(ml_x25519_base(bob, u) == 0 && ml_same_hex(u, 32, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
    CHECK(ml_x25519(alice, u, out) == 0 && ml_same_hex(out, 32, "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"));
    /* Points of low order give zero, and we say so (all of them, and their twins above p). */
    static const char *const low[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    for (size_t i = 0; i < sizeof low / sizeof low[0]; i++)
    {
        ml_hex(low[i], u, 32);
        CHECK(ml_x25519(k, u, out) == -1);
        static const uint8_t zero[32];
        CHECK(memcmp(out, zero, 32) == 0);
    }
}

/* Scalar and result in one array, point and result in one array. */
static void x25519_in_place(void)
{
    uint8_t k[32], u[32], expected[32];
    ml_random random = {7};
    for (int i = 0; i < 20; i++)
    {
        ml_fill(&random, k, 32);
        ml_fill(&random, u, 32);
        ml_x25519(k, u, expected);
        uint8_t copy[32];
        memcpy(copy, k, 32);
        ml_x25519(copy, u, copy);
        CHECK(memcmp(copy, expected, 32) == 0);
        memcpy(copy, u, 32);
        ml_x25519(k, copy, copy);
        CHECK(memcmp(copy, expected, 32) == 0);
        /* Both sides of an exchange agree. */
        uint8_t a[32], b[32], ab[32], ba[32];
        ml_x25519_base(k, a);
        ml_x25519_base(u, b);
        CHECK(ml_x25519(k, b, ab) == 0 && ml_x25519(u, a, ba) == 0 && memcmp(ab, ba, 32) == 0);
    }
}

static void rfc7693(void)
{
    uint8_t out[32];
    ml_blake2s_hash(NULL, 0, (const uint8_t *)"abc", 3, out, 32);
    CHECK(ml_same_hex(out, 32, "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"));
    /* Appendix E: all output lengths, keyed and not, hashed into one value. */
    static const size_t lengths[4] = {16, 20, 28, 32}, counts[6] = {0, 3, 64, 65, 255, 1024};
    ml_blake2s total;
    ml_blake2s_init(&total, 32, NULL, 0);
    for (int i = 0; i < 4; i++)
    {
        for (int j = 0; j < 6; j++)
        {
            uint8_t input[1024], key[32], digest[32];
            for (int keyed = 0; keyed < 2; keyed++)
            {
                uint8_t *targets[2] = {input, key};
                size_t sizes[2] = {counts[j], lengths[i]};
                for (int t = 0; t < 2; t++)
                {
                    uint32_t a = 0xDEAD4BAD * (uint32_t)sizes[t], b = 1;
                    for (size_t n = 0; n < sizes[t]; n++)
                    {
                        uint32_t c = a + b;
                        a = b;
                        b = c;
                        targets[t][n] = (uint8_t)(c >> 24);
                    }
                }
                ml_blake2s_hash(key, keyed ? lengths[i] : 0, input, counts[j], digest, lengths[i]);
                ml_blake2s_update(&total, digest, lengths[i]);
            }
        }
    }
    ml_blake2s_finish(&total, out);
    CHECK(ml_same_hex(out, 32, "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe"));
}

/* protocol.md 13.2 */
static void golden(void)
{
    uint8_t a[64], b[64], out[96], key[32];
    static const char noise[] = "Noise_IK_25519_ChaChaPoly_BLAKE2s";
    ml_blake2s_hash(NULL, 0, (const uint8_t *)noise, strlen(noise), out, 32);
    CHECK(ml_same_hex(out, 32, "bbea022b948cf3bc5857d70804229179e1116bc40cb8cc074835349c464bca36"));
    static const char construction[] = "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s";
    static const char identifier[] = "WireGuard v1 zx2c4 Jason@zx2c4.com";
    ml_blake2s_hash(NULL, 0, (const uint8_t *)construction, strlen(construction), a, 32);
    CHECK(ml_same_hex(a, 32, "60e26daef327efc02ec335e2a025d2d016eb4206f87277f52d38d1988b78cd36"));
    ml_blake2s state;
    ml_blake2s_init(&state, 32, NULL, 0);
    ml_blake2s_update(&state, a, 32);
    ml_blake2s_update(&state, (const uint8_t *)identifier, strlen(identifier));
    ml_blake2s_finish(&state, out);
    CHECK(ml_same_hex(out, 32, "2211b361081ac566691243db458ad5322d9c6c662293e8b70ee19c65ba079ef3"));
    ml_hmac_blake2s(NULL, 0, NULL, 0, out);
    CHECK(ml_same_hex(out, 32, "eaf4bb25938f4d20e72656bbbc7a9bf63c0c18537333c35bdb67db1402661acd"));
    /* mac1 and cookie key labels of the WireGuard responder */
    ml_hex("14ca9e4d387bccf35746e0407daaacc6b28a4f8445ef5a5158894db983e24070", b, 32);
    memcpy(a, "mac1----", 8);
    memcpy(a + 8, b, 32);
    ml_blake2s_hash(NULL, 0, a, 40, out, 32);
    CHECK(ml_same_hex(out, 32, "6e88b45d40f353da8ae7f1b3e76a98785eb72310c5efaad85113ea5f1acc8f28"));
    memcpy(a, "cookie--", 8);
    ml_blake2s_hash(NULL, 0, a, 40, out, 32);
    CHECK(ml_same_hex(out, 32, "dfd8021eddf9d897b06ecbe449e72d383f3607fc584e6b9127f67d8c0ecf4625"));
    /* public keys */
    ml_hex("1011111111111111111111111111111111111111111111111111111111111151", key, 32);
    ml_x25519_base(key, out);
    CHECK(ml_same_hex(out, 32, "7b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f13"));
    /* the DERP box and the DISCO shared key */
    ml_hex("5055555555555555555555555555555555555555555555555555555555555555", a, 32);
    ml_hex("219e4d800da968d2a5fcb009c784f4746c7138edb9ee4844b739e830b05cf424", b, 32);
    CHECK(ml_box_beforenm(b, a, key) == 0);
    CHECK(ml_same_hex(key, 32, "b6ef1ad8e5f6be50ef861f19399ec05ec370ff39763d6ef2847a52495aad9bb4"));
    uint8_t nonce[24];
    for (int i = 0; i < 24; i++) nonce[i] = (uint8_t)i;
    static const char hello[] = "{\"version\":2,\"CanAckPings\":true}";
    memcpy(out + 16, hello, strlen(hello));
    ml_box_seal(key, nonce, out + 16, strlen(hello), out);
    CHECK(ml_same_hex(out, 48, "c16a9d3b92244d0bb44ee3e79c99a9bb0b340c767f153a98fd98fc3beeaba0992a12bd4bb57c57c30d86fd56874f7f09"));
    CHECK(ml_box_open(key, nonce, out, 48, out + 16) == 0 && memcmp(out + 16, hello, strlen(hello)) == 0);
    ml_hex("7077777777777777777777777777777777777777777777777777777777777777", a, 32);
    ml_hex("30d3c865a48fceb3d6118577cf2e5f228d6ff69866264757785b253cb7a4806a", b, 32);
    CHECK(ml_box_beforenm(b, a, key) == 0);
    CHECK(ml_same_hex(key, 32, "3335c6aa1133817caf0aa809df0366fb88cd439506363fbb8d28115339e8a747"));
    /* STUN request, TxID 00..0b: FINGERPRINT = CRC-32 of what stands before it, xor 0x5354554e */
    uint8_t stun[40];
    ml_hex("000100142112a442000102030405060708090a0b802200087461696c6e6f6465802800048aabad90", stun, 40);
    CHECK((ml_crc32(stun, 32) ^ 0x5354554e) == 0x8aabad90);
    CHECK(ml_crc32((const uint8_t *)"123456789", 9) == 0xcbf43926 && ml_crc32(NULL, 0) == 0);
}

/* The NaCl distribution's own box example: 131 bytes between the keys of RFC 7748 section 6.1. */
static void nacl_box(void)
{
    uint8_t alice[32], bob[32], nonce[24], text[131], box[147], key[32], plain[131];
    ml_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", alice, 32);
    ml_hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", bob, 32);
    ml_hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37", nonce, 24);
    ml_hex("be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66c"
           "ce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc7689"
           "7040e082f937763848645e0705", text, sizeof text);
    CHECK(ml_box_beforenm(bob, alice, key) == 0);
    CHECK(ml_same_hex(key, 32, "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"));
    ml_box_seal(key, nonce, text, sizeof text, box);
    CHECK(ml_same_hex(box, sizeof box,
                      "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce8"
                      "7b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0"
                      "e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5"));
    for (size_t count = 0; count <= sizeof text; count++)
    {
        memset(plain, 0xa5, sizeof plain);
        ml_box_seal(key, nonce, text, count, box);
        CHECK(ml_box_open(key, nonce, box, count + 16, plain) == 0 && memcmp(plain, text, count) == 0);
        box[count * 7 % (count + 16)] ^= 4;
        memset(plain, 0xa5, sizeof plain);
        CHECK(ml_box_open(key, nonce, box, count + 16, plain) == -1 && plain[0] == 0xa5);
    }
    CHECK(ml_box_open(key, nonce, box, 15, plain) == -1);
}

/* draft-irtf-cfrg-xchacha section 2.2.1 and the golden DERP key above through HSalsa20. */
static void sub_keys(void)
{
    uint8_t key[32], nonce[16], out[32];
    for (int i = 0; i < 32; i++) key[i] = (uint8_t)i;
    ml_hex("000000090000004a0000000031415927", nonce, 16);
    ml_hchacha20(key, nonce, out);
    CHECK(ml_same_hex(out, 32, "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"));
    /* NaCl core1: HSalsa20 of the shared secret of RFC 7748 section 6.1 */
    ml_hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742", key, 32);
    memset(nonce, 0, 16);
    ml_hsalsa20(key, nonce, out);
    CHECK(ml_same_hex(out, 32, "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"));
    ml_box_derivenm(key, key);
    CHECK(memcmp(key, out, 32) == 0);
}

/* RFC 2104 written out: H((K ^ opad) || H((K ^ ipad) || m)), for keys up to the block, of the block and longer. */
static void hmac(void)
{
    uint8_t key[130], input[90], made[32], expected[32], pad[64];
    ml_random random = {2104};
    ml_fill(&random, key, sizeof key);
    ml_fill(&random, input, sizeof input);
    for (size_t key_count = 0; key_count <= sizeof key; key_count++)
    {
        size_t count = key_count % 91;
        for (int outer = 0; outer < 2; outer++)
        {
            memset(pad, 0, 64);
            if (key_count > 64) ml_blake2s_hash(NULL, 0, key, key_count, pad, 32);
            else memcpy(pad, key, key_count);
            for (int i = 0; i < 64; i++) pad[i] ^= outer ? 0x5c : 0x36;
            ml_blake2s state;
            ml_blake2s_init(&state, 32, NULL, 0);
            ml_blake2s_update(&state, pad, 64);
            ml_blake2s_update(&state, outer ? expected : input, outer ? 32 : count);
            ml_blake2s_finish(&state, expected);
        }
        ml_hmac_blake2s(key, key_count, input, count, made);
        CHECK(memcmp(made, expected, 32) == 0);
    }
}

/* KDFn is HKDF with empty info: T1 = HMAC(secret, 1), T2 = HMAC(secret, T1 || 2), T3 = HMAC(secret, T2 || 3). */
static void kdf(void)
{
    uint8_t chain[32], input[50], secret[32], step[33], expected[96], made[96];
    ml_random random = {3};
    ml_fill(&random, chain, 32);
    ml_fill(&random, input, sizeof input);
    ml_hmac_blake2s(chain, 32, input, sizeof input, secret);
    for (int n = 1; n <= 3; n++)
    {
        size_t before = n == 1 ? 0 : 32;
        memcpy(step, expected + 32 * (n - 2) * (n > 1), before);
        step[before] = (uint8_t)n;
        ml_hmac_blake2s(secret, 32, step, before + 1, expected + 32 * (n - 1));
    }
    for (int n = 1; n <= 3; n++)
    {
        memset(made, 0xa5, sizeof made);
        ml_kdf(n, chain, input, sizeof input, made);
        CHECK(memcmp(made, expected, 32 * (size_t)n) == 0 && (n == 3 || made[32 * n] == 0xa5));
    }
    ml_kdf(1, chain, input, sizeof input, chain);
    CHECK(memcmp(chain, expected, 32) == 0);
}

static void small_things(void)
{
    uint8_t a[70], b[70];
    for (int i = 0; i < 70; i++) a[i] = b[i] = (uint8_t)(i * 3);
    CHECK(ml_equal(a, b, 70) == 1 && ml_equal(a, b, 0) == 1);
    for (int i = 0; i < 70; i++)
    {
        b[i] ^= (uint8_t)(1 << (i & 7));
        CHECK(ml_equal(a, b, 70) == 0 && ml_equal(a, b, (size_t)i) == 1);
        b[i] ^= (uint8_t)(1 << (i & 7));
    }
    ml_wipe(a + 1, 68);
    for (int i = 1; i < 69; i++) CHECK(a[i] == 0);
    CHECK(a[69] == (uint8_t)(69 * 3));
    ml_wipe(NULL, 0);
    /* Finished states hold nothing any more. */
    ml_poly1305 poly;
    ml_blake2s hash;
    static const uint8_t zero[sizeof(ml_blake2s)];
    ml_poly1305_init(&poly, b);
    ml_poly1305_last(&poly, b, 33);
    ml_poly1305_finish(&poly, a);
    CHECK(memcmp(&poly, zero, sizeof poly) == 0);
    ml_blake2s_init(&hash, 32, b, 32);
    ml_blake2s_update(&hash, b, 70);
    ml_blake2s_finish(&hash, a);
    CHECK(memcmp(&hash, zero, sizeof hash) == 0);
}

int main(void)
{
    /* Everything on every path that this machine has. */
    for (ml_test_path = ML_PATH_NARROW; ml_test_path <= ml_path_best(); ml_test_path++)
    {
        int failed = ml_failed;
        rfc8439();
        poly1305_corners();
        rfc7748();
        x25519_in_place();
        rfc7693();
        golden();
        nacl_box();
        sub_keys();
        hmac();
        kdf();
        small_things();
        if (ml_failed > failed) printf("on path %d\n", ml_test_path);
    }
    return ml_report();
}
