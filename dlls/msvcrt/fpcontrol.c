/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floating-point environment (MSDN: _control87).  On x64 it is MXCSR alone; the x87 unit, which mingw's long double
 * uses, gets the same exception masks and rounding.
 */
#include <immintrin.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

enum fp_control {
    FP_EM_INEXACT = 0x1,
    FP_EM_UNDERFLOW = 0x2,
    FP_EM_OVERFLOW = 0x4,
    FP_EM_ZERODIVIDE = 0x8,
    FP_EM_INVALID = 0x10,
    FP_EM_DENORMAL = 0x80000,
    FP_MCW_EM = 0x8001f,
    FP_MCW_RC = 0x300,
    FP_MCW_DN = 0x3000000,
};

/* MXCSR's six exception bits (invalid, denormal, zero, overflow, underflow, inexact) in the CRT's order, and back. */
static const unsigned exception_order[6] = {
    FP_EM_INVALID, FP_EM_DENORMAL, FP_EM_ZERODIVIDE, FP_EM_OVERFLOW, FP_EM_UNDERFLOW, FP_EM_INEXACT};

static unsigned exceptions_from_bits(unsigned bits) {
    unsigned result = 0;
    for (int i = 0; i < 6; i++)
        if (bits & 1u << i)
            result |= exception_order[i];
    return result;
}

static unsigned exceptions_to_bits(unsigned exceptions) {
    unsigned bits = 0;
    for (int i = 0; i < 6; i++)
        if (exceptions & exception_order[i])
            bits |= 1u << i;
    return bits;
}

/* Rounding: near 0, down 1, up 2, chop 3 in both, at other places; flushing: bits 15 and 6 of MXCSR. */
static unsigned control_read(void) {
    const unsigned mxcsr = _mm_getcsr();
    unsigned control = exceptions_from_bits(mxcsr >> 7 & 63) | (mxcsr >> 13 & 3) << 8;
    const bool flush_results = mxcsr & 0x8000, flush_operands = mxcsr & 0x40;
    if (flush_results)
        control |= flush_operands ? 0x1000000 : 0x3000000;
    else if (flush_operands)
        control |= 0x2000000;
    return control;
}

static void control_write(unsigned control) {
    const unsigned masks = exceptions_to_bits(control), rounding = control >> 8 & 3;
    const unsigned flush = control & FP_MCW_DN;
    unsigned mxcsr = (_mm_getcsr() & 0x3f) | masks << 7 | rounding << 13;
    if (flush == 0x1000000 || flush == 0x3000000)
        mxcsr |= 0x8000;
    if (flush == 0x1000000 || flush == 0x2000000)
        mxcsr |= 0x40;
    _mm_setcsr(mxcsr);
    uint16_t x87;
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    x87 = (x87 & 0xf0c0) | masks | rounding << 10 | 0x300;
    __asm__ volatile("fldcw %0" : : "m"(x87));
}

unsigned CDECL _control87(unsigned value, unsigned mask) {
    const unsigned now = control_read();
    mask &= FP_MCW_EM | FP_MCW_RC | FP_MCW_DN;
    if (!mask)
        return now;
    control_write((now & ~mask) | (value & mask));
    return control_read();
}

/* _controlfp() - as _control87, but leaves the denormal mask alone. */
unsigned CDECL _controlfp(unsigned value, unsigned mask) {
    return _control87(value, mask & ~FP_EM_DENORMAL);
}

int CDECL _controlfp_s(unsigned *current, unsigned value, unsigned mask) {
    if (mask & ~(unsigned)(FP_MCW_EM | FP_MCW_RC | FP_MCW_DN | 0x70000)) {
        if (current)
            *current = control_read();
        return crt_invalid_parameter(EINVAL), EINVAL;
    }
    const unsigned now = _controlfp(value, mask);
    if (current)
        *current = now;
    return 0;
}

unsigned CDECL _statusfp(void) {
    uint16_t x87;
    __asm__ volatile("fnstsw %0" : "=m"(x87));
    return exceptions_from_bits((_mm_getcsr() | x87) & 63);
}

unsigned CDECL _clearfp(void) {
    const unsigned status = _statusfp();
    _mm_setcsr(_mm_getcsr() & ~63u);
    __asm__ volatile("fnclex");
    return status;
}

unsigned CDECL _status87(void) {
    return _statusfp();
}
unsigned CDECL _clear87(void) {
    return _clearfp();
}

void CDECL _fpreset(void) {
    __asm__ volatile("fninit");
    _mm_setcsr(0x1f80);
}

static int fpe_code; /* the exception that a SIGFPE handler is told of */
int *CDECL __fpecode(void) {
    return &fpe_code;
}
