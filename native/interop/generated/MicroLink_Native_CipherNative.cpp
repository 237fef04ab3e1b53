// Written by native/interop/Generator from the externs of MicroLink.Native; change those and run native/interop/generate.
#include "MicroLink_Native.h"

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_chachapoly_seal___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_chachapoly_seal, int32_t(uint8_t *, int32_t, uint8_t *, int32_t, uint8_t *, int32_t, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *key32 = NULL;
    uint8_t *nonce12 = NULL;
    uint8_t *ad = NULL;
    uint8_t *textPlus16 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, -1, 1, 32 }, key32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 12 }, nonce12));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, 5, 6, 1, 0 }, ad));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 7, 8, 9, 1, 16 }, textPlus16));
    stack.SetResult_I4(mlm_chachapoly_seal(key32,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        nonce12,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        ad,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        (int32_t)stack.ArgN(6).NumericByRef().s4,
        textPlus16,
        (int32_t)stack.ArgN(8).NumericByRef().s4,
        (int32_t)stack.ArgN(9).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_chachapoly_open___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_chachapoly_open, int32_t(uint8_t *, int32_t, uint8_t *, int32_t, uint8_t *, int32_t, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *key32 = NULL;
    uint8_t *nonce12 = NULL;
    uint8_t *ad = NULL;
    uint8_t *text = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, -1, 1, 32 }, key32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 12 }, nonce12));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, 5, 6, 1, 0 }, ad));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 7, 8, 9, 1, 0 }, text));
    stack.SetResult_I4(mlm_chachapoly_open(key32,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        nonce12,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        ad,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        (int32_t)stack.ArgN(6).NumericByRef().s4,
        text,
        (int32_t)stack.ArgN(8).NumericByRef().s4,
        (int32_t)stack.ArgN(9).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_xchachapoly_seal___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_xchachapoly_seal, int32_t(uint8_t *, int32_t, uint8_t *, int32_t, uint8_t *, int32_t, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *key32 = NULL;
    uint8_t *nonce24 = NULL;
    uint8_t *ad = NULL;
    uint8_t *textPlus16 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, -1, 1, 32 }, key32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 24 }, nonce24));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, 5, 6, 1, 0 }, ad));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 7, 8, 9, 1, 16 }, textPlus16));
    stack.SetResult_I4(mlm_xchachapoly_seal(key32,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        nonce24,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        ad,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        (int32_t)stack.ArgN(6).NumericByRef().s4,
        textPlus16,
        (int32_t)stack.ArgN(8).NumericByRef().s4,
        (int32_t)stack.ArgN(9).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_xchachapoly_open___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_xchachapoly_open, int32_t(uint8_t *, int32_t, uint8_t *, int32_t, uint8_t *, int32_t, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *key32 = NULL;
    uint8_t *nonce24 = NULL;
    uint8_t *ad = NULL;
    uint8_t *text = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, -1, 1, 32 }, key32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 24 }, nonce24));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, 5, 6, 1, 0 }, ad));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 7, 8, 9, 1, 0 }, text));
    stack.SetResult_I4(mlm_xchachapoly_open(key32,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        nonce24,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        ad,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        (int32_t)stack.ArgN(6).NumericByRef().s4,
        text,
        (int32_t)stack.ArgN(8).NumericByRef().s4,
        (int32_t)stack.ArgN(9).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_blake2s___STATIC__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_blake2s, int32_t(uint8_t *, int32_t, int32_t, uint8_t *, int32_t, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *key = NULL;
    uint8_t *input = NULL;
    uint8_t *output = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, 2, 1, 0 }, key));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 3, 4, 5, 1, 0 }, input));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 6, 7, 8, 1, 0 }, output));
    stack.SetResult_I4(mlm_blake2s(key,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        input,
        (int32_t)stack.ArgN(4).NumericByRef().s4,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        output,
        (int32_t)stack.ArgN(7).NumericByRef().s4,
        (int32_t)stack.ArgN(8).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_hmac___STATIC__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_hmac, int32_t(uint8_t *, int32_t, int32_t, uint8_t *, int32_t, int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *key = NULL;
    uint8_t *input = NULL;
    uint8_t *output32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, 2, 1, 0 }, key));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 3, 4, 5, 1, 0 }, input));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 6, 7, -1, 1, 32 }, output32));
    stack.SetResult_I4(mlm_hmac(key,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        input,
        (int32_t)stack.ArgN(4).NumericByRef().s4,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        output32,
        (int32_t)stack.ArgN(7).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_kdf___STATIC__I4__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_kdf, int32_t(int32_t, uint8_t *, int32_t, uint8_t *, int32_t, int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *chainKey32 = NULL;
    uint8_t *input = NULL;
    uint8_t *output32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 1, 2, -1, 1, 32 }, chainKey32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 3, 4, 5, 1, 0 }, input));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 6, 7, -1, 1, 32 }, output32));
    stack.SetResult_I4(mlm_kdf((int32_t)stack.ArgN(0).NumericByRef().s4,
        chainKey32,
        (int32_t)stack.ArgN(2).NumericByRef().s4,
        input,
        (int32_t)stack.ArgN(4).NumericByRef().s4,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        output32,
        (int32_t)stack.ArgN(7).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_x25519___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_x25519, int32_t(uint8_t *, int32_t, uint8_t *, int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *scalar32 = NULL;
    uint8_t *point32 = NULL;
    uint8_t *output32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, -1, 1, 32 }, scalar32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 32 }, point32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, 5, -1, 1, 32 }, output32));
    stack.SetResult_I4(mlm_x25519(scalar32,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        point32,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        output32,
        (int32_t)stack.ArgN(5).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_x25519_base___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_x25519_base, int32_t(uint8_t *, int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *scalar32 = NULL;
    uint8_t *output32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, -1, 1, 32 }, scalar32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 32 }, output32));
    stack.SetResult_I4(mlm_x25519_base(scalar32,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        output32,
        (int32_t)stack.ArgN(3).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_box_beforenm___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_box_beforenm, int32_t(uint8_t *, int32_t, uint8_t *, int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *publicKey32 = NULL;
    uint8_t *privateKey32 = NULL;
    uint8_t *shared32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, -1, 1, 32 }, publicKey32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 32 }, privateKey32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, 5, -1, 1, 32 }, shared32));
    stack.SetResult_I4(mlm_box_beforenm(publicKey32,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        privateKey32,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        shared32,
        (int32_t)stack.ArgN(5).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_box_derivenm___STATIC__VOID__SZARRAY_U1__I4__SZARRAY_U1__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_box_derivenm, void(uint8_t *, int32_t, uint8_t *, int32_t));
    NANOCLR_HEADER();
    uint8_t *dhResult32 = NULL;
    uint8_t *shared32 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, -1, 1, 32 }, dhResult32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 32 }, shared32));
    mlm_box_derivenm(dhResult32,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        shared32,
        (int32_t)stack.ArgN(3).NumericByRef().s4);
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_box_seal___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_box_seal, int32_t(uint8_t *, int32_t, uint8_t *, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *shared32 = NULL;
    uint8_t *nonce24 = NULL;
    uint8_t *textPlus16 = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, -1, 1, 32 }, shared32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 24 }, nonce24));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, 5, 6, 1, 16 }, textPlus16));
    stack.SetResult_I4(mlm_box_seal(shared32,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        nonce24,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        textPlus16,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        (int32_t)stack.ArgN(6).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_box_open___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_box_open, int32_t(uint8_t *, int32_t, uint8_t *, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *shared32 = NULL;
    uint8_t *nonce24 = NULL;
    uint8_t *box = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, -1, 1, 32 }, shared32));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, -1, 1, 24 }, nonce24));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 4, 5, 6, 1, 0 }, box));
    stack.SetResult_I4(mlm_box_open(shared32,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        nonce24,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        box,
        (int32_t)stack.ArgN(5).NumericByRef().s4,
        (int32_t)stack.ArgN(6).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_equal___STATIC__I4__SZARRAY_U1__I4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_equal, int32_t(uint8_t *, int32_t, uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *a = NULL;
    uint8_t *b = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, -1, 1, 0 }, a));
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 2, 3, 4, 1, 0 }, b));
    stack.SetResult_I4(mlm_equal(a,
        (int32_t)stack.ArgN(1).NumericByRef().s4,
        b,
        (int32_t)stack.ArgN(3).NumericByRef().s4,
        (int32_t)stack.ArgN(4).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_wipe___STATIC__VOID__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_wipe, void(uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *bytes = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, 2, 1, 0 }, bytes));
    mlm_wipe(bytes, (int32_t)stack.ArgN(1).NumericByRef().s4, (int32_t)stack.ArgN(2).NumericByRef().s4);
    NANOCLR_NOCLEANUP();
}

HRESULT Library_ml_MicroLink_Native_CipherNative::mlm_crc32___STATIC__U4__SZARRAY_U1__I4__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_crc32, uint32_t(uint8_t *, int32_t, int32_t));
    NANOCLR_HEADER();
    uint8_t *bytes = NULL;
    NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, { 0, 1, 2, 1, 0 }, bytes));
    stack.SetResult_U4(mlm_crc32(bytes, (int32_t)stack.ArgN(1).NumericByRef().s4, (int32_t)stack.ArgN(2).NumericByRef().s4));
    NANOCLR_NOCLEANUP();
}
