/*
 * What a C program needs on QEMU's bare Xtensa: the start, files and output through `simcall`, memory for malloc, and the helpers of gcc
 * that Debian's libgcc leaves out because they lie in the ESP8266's ROM. The 64-bit product takes the same instructions for all numbers:
 * the counts of test_counts.c depend on it. (LX6 and LX7 have instructions for it.)
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum
{
    SYS_EXIT = 1,
    SYS_READ = 3,
    SYS_WRITE = 4,
    SYS_OPEN = 5,
    SYS_CLOSE = 6,
    SYS_LSEEK = 19
};

int main(void);

/* The reset vector, then a stack. The literals of a function lie before it. */
__asm__(".section .text.reset, \"ax\"\n.global _reset\n_reset: j _start\n"
        ".section .text.start, \"ax\"\n.literal_position\n.global _start\n_start: movi a1, __stack_top\n call0 chip_main\n");

static int simcall(int number, int a, int b, int c)
{
    register int r2 __asm__("a2") = number;
    register int r3 __asm__("a3") = a;
    register int r4 __asm__("a4") = b;
    register int r5 __asm__("a5") = c;
    __asm__ volatile("simcall" : "+r"(r2), "+r"(r3) : "r"(r4), "r"(r5) : "memory");
    errno = r3;
    return r2;
}

int open(const char *path, int flags, ...)
{
    return simcall(SYS_OPEN, (int)path, flags, 0);
}

int close(int file)
{
    return simcall(SYS_CLOSE, file, 0, 0);
}

ssize_t read(int file, void *bytes, size_t count)
{
    return simcall(SYS_READ, file, (int)bytes, (int)count);
}

ssize_t write(int file, const void *bytes, size_t count)
{
    return simcall(SYS_WRITE, file, (int)bytes, (int)count);
}

off_t lseek(int file, off_t offset, int whence)
{
    return simcall(SYS_LSEEK, file, (int)offset, whence);
}

void _exit(int code)
{
    simcall(SYS_EXIT, code, 0, 0);
    for (;;) { }
}

/* Standard output, a line at a time. */
static char line[256];
static size_t filled;

static int flush(FILE *file)
{
    (void)file;
    write(1, line, filled);
    filled = 0;
    return 0;
}

static int put(char c, FILE *file)
{
    line[filled++] = c;
    if (c == '\n' || filled == sizeof line) flush(file);
    return (unsigned char)c;
}

static FILE output = FDEV_SETUP_STREAM(put, NULL, flush, _FDEV_SETUP_WRITE);
FILE *const stdin = &output;
FILE *const stdout = &output;
FILE *const stderr = &output;

void *sbrk(ptrdiff_t count)
{
    extern char __heap_start[], __heap_end[];
    static char *end;
    if (end == NULL) end = __heap_start;
    if (count > __heap_end - end) return (void *)-1;
    end += count;
    return end - count;
}

void chip_main(void)
{
    int code = main();
    flush(NULL);
    _exit(code);
}

void abort(void)
{
    flush(NULL);
    _exit(134);
}

void exit(int code)
{
    flush(NULL);
    _exit(code);
}

/* printf names them; no test prints a fraction. */
double __extendsfdf2(float v);
float __truncdfsf2(double v);
double __extendsfdf2(float v)
{
    (void)v;
    abort();
}

float __truncdfsf2(double v)
{
    (void)v;
    abort();
}

static uint64_t product(uint32_t a, uint32_t b)
{
    uint32_t al = a & 0xffff, ah = a >> 16, bl = b & 0xffff, bh = b >> 16;
    uint32_t low = al * bl, middle = al * bh + (low >> 16), other = ah * bl + (middle & 0xffff);
    return ((uint64_t)(ah * bh + (middle >> 16) + (other >> 16)) << 32) | ((other << 16) | (low & 0xffff));
}

uint64_t __muldi3(uint64_t a, uint64_t b)
{
    uint32_t cross = (uint32_t)(a >> 32) * (uint32_t)b + (uint32_t)a * (uint32_t)(b >> 32);
    uint64_t result = product((uint32_t)a, (uint32_t)b);
    return ((uint64_t)((uint32_t)(result >> 32) + cross) << 32) | (uint32_t)result;
}

uint64_t __ashldi3(uint64_t a, int bits)
{
    uint32_t low = (uint32_t)a, high = (uint32_t)(a >> 32);
    if (bits >= 32) return (uint64_t)(low << (bits - 32)) << 32;
    if (bits > 0) high = (high << bits) | (low >> (32 - bits));
    return ((uint64_t)high << 32) | (low << bits);
}

uint64_t __lshrdi3(uint64_t a, int bits)
{
    uint32_t low = (uint32_t)a, high = (uint32_t)(a >> 32);
    if (bits >= 32) return high >> (bits - 32);
    if (bits > 0) low = (low >> bits) | (high << (32 - bits));
    return ((uint64_t)(high >> bits) << 32) | low;
}

int64_t __ashrdi3(int64_t a, int bits)
{
    uint64_t sign = a < 0 && bits > 0 ? ~__lshrdi3(~0ull, bits) : 0;
    return (int64_t)(__lshrdi3((uint64_t)a, bits) | sign);
}

/* Bit by bit: only tests divide. */
static uint64_t divide(uint64_t a, uint64_t b, uint64_t *rest)
{
    uint64_t result = 0, r = 0;
    for (int i = 63; i >= 0; i--)
    {
        r = (r << 1) | ((a >> i) & 1);
        result <<= 1;
        if (r >= b)
        {
            r -= b;
            result |= 1;
        }
    }
    *rest = r;
    return result;
}

uint64_t __udivdi3(uint64_t a, uint64_t b)
{
    uint64_t rest;
    return divide(a, b, &rest);
}

uint64_t __umoddi3(uint64_t a, uint64_t b)
{
    uint64_t rest;
    divide(a, b, &rest);
    return rest;
}

int64_t __divdi3(int64_t a, int64_t b)
{
    uint64_t rest, result = divide(a < 0 ? 0 - (uint64_t)a : (uint64_t)a, b < 0 ? 0 - (uint64_t)b : (uint64_t)b, &rest);
    return (int64_t)((a < 0) != (b < 0) ? 0 - result : result);
}

int64_t __moddi3(int64_t a, int64_t b)
{
    uint64_t rest;
    divide(a < 0 ? 0 - (uint64_t)a : (uint64_t)a, b < 0 ? 0 - (uint64_t)b : (uint64_t)b, &rest);
    return (int64_t)(a < 0 ? 0 - rest : rest);
}

uint32_t __udivsi3(uint32_t a, uint32_t b)
{
    return (uint32_t)__udivdi3(a, b);
}

uint32_t __umodsi3(uint32_t a, uint32_t b)
{
    return (uint32_t)__umoddi3(a, b);
}

int32_t __divsi3(int32_t a, int32_t b)
{
    return (int32_t)__divdi3(a, b);
}

int32_t __modsi3(int32_t a, int32_t b)
{
    return (int32_t)__moddi3(a, b);
}
