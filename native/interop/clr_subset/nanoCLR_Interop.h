/* Macros and the table of one assembly (README.md). */
#ifndef NANOCLR_INTEROP_H
#define NANOCLR_INTEROP_H

#include <stddef.h>
#include <stdint.h>

typedef int HRESULT;
typedef signed char CLR_INT8;
typedef unsigned char CLR_UINT8;
typedef signed short CLR_INT16;
typedef unsigned short CLR_UINT16;
typedef signed int CLR_INT32;
typedef unsigned int CLR_UINT32;
typedef signed long long CLR_INT64;
typedef unsigned long long CLR_UINT64;

/* Our own values: only "negative is a failure" is shared with the real ones. */
enum : HRESULT
{
    S_OK = 0,
    CLR_E_NULL_REFERENCE = -1,
    CLR_E_INDEX_OUT_OF_RANGE = -2,
    CLR_E_THREAD_WAITING = -3,
    CLR_E_OUT_OF_RANGE = -4
};

#define FAILED(hr) ((hr) < 0)

#define NANOCLR_HEADER() HRESULT hr
#define NANOCLR_SET_AND_LEAVE(expression) \
    {                                     \
        hr = (expression);                \
        goto nanoCLR_Cleanup;             \
    }
#define NANOCLR_CHECK_HRESULT(expression)                       \
    {                                                           \
        if (FAILED(hr = (expression))) goto nanoCLR_Cleanup;    \
    }
#define NANOCLR_NOCLEANUP() \
    hr = S_OK;              \
    nanoCLR_Cleanup:        \
    return hr
#define NANOCLR_NOCLEANUP_NOLABEL() \
    hr = S_OK;                      \
    return hr
#define FAULT_ON_NULL(pointer) \
    if (!(pointer)) NANOCLR_SET_AND_LEAVE(CLR_E_NULL_REFERENCE)

#define NANOCLR_NATIVE_DECLARE(method) static HRESULT method(CLR_RT_StackFrame &stack)

struct CLR_RT_StackFrame;

typedef HRESULT (*CLR_RT_MethodHandler)(CLR_RT_StackFrame &stack);

struct CLR_RECORD_VERSION
{
    CLR_UINT16 iMajorVersion, iMinorVersion, iBuildNumber, iRevisionNumber;
};

struct CLR_RT_NativeAssemblyData
{
    const char *m_szAssemblyName;
    unsigned int m_checkSum;
    const void *m_pNativeMethods;
    CLR_RECORD_VERSION m_Version;
};

#endif
