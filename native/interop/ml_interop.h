/*
 * What the generated handlers share. Compiled with nanoFramework's headers in a firmware, with clr_subset/ in our tests. C++11, no
 * exceptions, no run-time types, no standard library.
 */
#ifndef ML_INTEROP_H
#define ML_INTEROP_H

#include <stdint.h>

#include <nanoCLR_Interop.h>
#include <nanoCLR_Runtime.h>

extern "C"
{
#ifdef ML_INTEROP_SAMPLE
#include "sample.h"
#else
#include "ml_bridge.h"
#include "ml_dataplane.h"
#include "ml_face.h"
#include "ml_net.h"
#include "ml_pump.h"
#endif
}

/* The event that wakes threads in waiting natives: unused by nanoFramework's own drivers. ml_interop_signal raises it from any task. */
#define ML_INTEROP_EVENT Event_Radio
extern "C" void ml_interop_signal(void);

/* Milliseconds since the start, never backwards: the clock of port/bare. */
extern "C" int64_t ml_interop_now_ms(void);

/* Where a byte array stands among the arguments and how many bytes must be there: offset + count * unit + more. -1 = there is none. */
struct ml_interop_range
{
    int array, offset, count, unit, more;
};

/*
 * The array's first byte. A range that is not inside the array is IndexOutOfRangeException, no array is NullReferenceException; no array is
 * fine, and stays NULL, for an empty range that has a count. The pointer is good until the handler returns: no collection runs meanwhile.
 */
HRESULT ml_interop_bytes(CLR_RT_StackFrame &stack, const ml_interop_range &range, uint8_t *&bytes);

/* Before a wait: the port will signal us, and the timeout (below 0 = for ever) is put as SetupTimeoutFromTicks wants it. */
void ml_interop_prepare_wait(CLR_RT_HeapBlock &block, int32_t milliseconds);

/*
 * ML_INTEROP_SAME(function, signature): the C function takes what C# passes. Integers are alike when size and sign are (int32_t is long on
 * some of our machines), pointers when what they point to is, whether const or not.
 */
template <typename T> struct ml_kind
{
    static const int value = (int)sizeof(T) * 2 + (T(-1) < T(0) ? 1 : 0);
};
template <> struct ml_kind<void>
{
    static const int value = 0;
};
template <typename T> struct ml_kind<const T>
{
    static const int value = ml_kind<T>::value;
};
template <typename T> struct ml_kind<T *>
{
    static const int value = 100 + ml_kind<T>::value;
};

template <typename A, typename B> struct ml_same
{
    static const bool value = false;
};
template <typename R, typename S> struct ml_same<R(), S()>
{
    static const bool value = ml_kind<R>::value == ml_kind<S>::value;
};
template <typename R, typename A, typename... As, typename S, typename B, typename... Bs> struct ml_same<R(A, As...), S(B, Bs...)>
{
    static const bool value = ml_kind<A>::value == ml_kind<B>::value && ml_same<R(As...), S(Bs...)>::value;
};

#define ML_INTEROP_SAME(function, ...) \
    static_assert(ml_same<decltype(function), __VA_ARGS__>::value, #function ": C and C# declare other parameters")

#endif
