/*
 * What the managed side may call. Functions named mlm_* take an array and an offset for every buffer and int32 lengths that the managed
 * wrapper has checked; the Native.cs files in Drivers/Native declare each once, under the same name.
 */
#ifndef ML_FACE_H
#define ML_FACE_H

#include <stdint.h>

#if defined(__GNUC__)
#define ML_EXPORT __attribute__((visibility("default")))
#else
#define ML_EXPORT
#endif

#endif
