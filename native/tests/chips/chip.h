/* What the programs of this folder need from a chip under QEMU: how many instructions it has executed. */
#ifndef ML_CHIP_H
#define ML_CHIP_H

#include <stdint.h>

#if defined(__riscv)

/* One a executed instruction with -icount shift=0. The compiler wants the extension of the counters named. */
static inline uint32_t chip_ticks(void)
{
    uint32_t v;
    __asm__ volatile(".option push\n.option arch,+zicsr\ncsrr %0, minstret\n.option pop" : "=r"(v) : : "memory");
    return v;
}

static inline uint32_t chip_instructions(uint32_t ticks)
{
    return ticks;
}

/* The caller's stack pointer. */
#define CHIP_STACK(pointer) __asm__ volatile("mv %0, sp" : "=r"(pointer))

#elif defined(__XTENSA__)

/* CCOUNT counts 25 ns of QEMU's time, and with -icount shift=8 an instruction takes 256 ns: 10.24 ticks, so each one can be told. */
static inline uint32_t chip_ticks(void)
{
    uint32_t v;
    __asm__ volatile("rsr %0, ccount" : "=a"(v) : : "memory");
    return v;
}

static inline uint32_t chip_instructions(uint32_t ticks)
{
    return (uint32_t)(((uint64_t)ticks * 25 + 128) / 256);
}

#define CHIP_STACK(pointer) __asm__ volatile("mov %0, a1" : "=r"(pointer))

#endif

#endif
