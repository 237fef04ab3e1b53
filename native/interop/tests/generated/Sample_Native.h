// Written by native/interop/Generator from the externs of Sample.Native; change those and run native/interop/generate.
#ifndef ML_INTEROP_SAMPLE_NATIVE_H
#define ML_INTEROP_SAMPLE_NATIVE_H

#include "ml_interop.h"

struct Library_ml_Sample_Native_SampleNative
{
    NANOCLR_NATIVE_DECLARE(sample_nothing___STATIC__VOID);
    NANOCLR_NATIVE_DECLARE(sample_numbers___STATIC__I8__I1__U1__I2__U2__I4__U4__I8__U8);
    NANOCLR_NATIVE_DECLARE(sample_large___STATIC__U8);
    NANOCLR_NATIVE_DECLARE(sample_text___STATIC__I4__STRING);
    NANOCLR_NATIVE_DECLARE(sample_references___STATIC__I4__BYREF_I4__BYREF_I8);
    NANOCLR_NATIVE_DECLARE(sample_fixed___STATIC__I4__SZARRAY_U1__I4);
    NANOCLR_NATIVE_DECLARE(sample_counted___STATIC__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(sample_tagged___STATIC__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(sample_rows___STATIC__I4__SZARRAY_U1__I4__I4);
    NANOCLR_NATIVE_DECLARE(sample_whole___STATIC__I4__SZARRAY_U1);
    NANOCLR_NATIVE_DECLARE(sample_wait___STATIC__I4__I4__I4);
};

extern const CLR_RT_NativeAssemblyData g_CLR_AssemblyNative_Sample_Native;

#endif
