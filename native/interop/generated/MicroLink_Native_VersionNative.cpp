// Written by native/interop/Generator from the externs of MicroLink.Native; change those and run native/interop/generate.
#include "MicroLink_Native.h"

HRESULT Library_ml_MicroLink_Native_VersionNative::mlm_version___STATIC__I4(CLR_RT_StackFrame &stack)
{
    ML_INTEROP_SAME(mlm_version, int32_t());
    NANOCLR_HEADER();
    stack.SetResult_I4(mlm_version());
    NANOCLR_NOCLEANUP_NOLABEL();
}
