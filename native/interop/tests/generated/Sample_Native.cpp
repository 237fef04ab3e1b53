// Written by native/interop/Generator from the externs of Sample.Native; change those and run native/interop/generate.
#include "Sample_Native.h"

static const CLR_RT_MethodHandler method_lookup[] = {
    Library_ml_Sample_Native_SampleNative::sample_nothing___STATIC__VOID,
    Library_ml_Sample_Native_SampleNative::sample_numbers___STATIC__I8__I1__U1__I2__U2__I4__U4__I8__U8,
    Library_ml_Sample_Native_SampleNative::sample_large___STATIC__U8,
    Library_ml_Sample_Native_SampleNative::sample_text___STATIC__I4__STRING,
    Library_ml_Sample_Native_SampleNative::sample_references___STATIC__I4__BYREF_I4__BYREF_I8,
    Library_ml_Sample_Native_SampleNative::sample_fixed___STATIC__I4__SZARRAY_U1__I4,
    Library_ml_Sample_Native_SampleNative::sample_counted___STATIC__I4__SZARRAY_U1__I4__I4,
    Library_ml_Sample_Native_SampleNative::sample_tagged___STATIC__I4__SZARRAY_U1__I4__I4,
    Library_ml_Sample_Native_SampleNative::sample_rows___STATIC__I4__SZARRAY_U1__I4__I4,
    Library_ml_Sample_Native_SampleNative::sample_whole___STATIC__I4__SZARRAY_U1,
    Library_ml_Sample_Native_SampleNative::sample_wait___STATIC__I4__I4__I4,
    NULL,
};

const CLR_RT_NativeAssemblyData g_CLR_AssemblyNative_Sample_Native = {
    "Sample.Native",
    0x9B5CEBDF,
    method_lookup,
    { 100, 1, 2, 3 }
};
