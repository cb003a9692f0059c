/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libm in Windows' ABI.  A result that left the numbers sets errno as Windows documents: EDOM where an argument has no
 * answer, ERANGE where the answer does not fit.
 */
#include <math.h>
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/msvcrt.h"

static double checked(double result, double x, double y) {
    if (__builtin_expect(isfinite(result), 1) || isnan(x) || isnan(y))
        return result;
    if (isnan(result))
        crt_errno_set(EDOM);
    else if (isfinite(x) && isfinite(y))
        crt_errno_set(ERANGE);
    return result;
}

#define MATH_1(name)                                                                                                   \
    double CDECL msvcrt_##name(double x) {                                                                             \
        return checked(name(x), x, 0);                                                                                 \
    }
#define MATH_1F(name)                                                                                                  \
    float CDECL msvcrt_##name(float x) {                                                                               \
        return checked(name(x), x, 0);                                                                                 \
    }
#define MATH_2(name)                                                                                                   \
    double CDECL msvcrt_##name(double x, double y) {                                                                   \
        return checked(name(x, y), x, y);                                                                              \
    }
#define MATH_2F(name)                                                                                                  \
    float CDECL msvcrt_##name(float x, float y) {                                                                      \
        return checked(name(x, y), x, y);                                                                              \
    }

MATH_1(acos)
MATH_1(asin)
MATH_1(atan)
MATH_1(ceil)
MATH_1(cos)
MATH_1(cosh) MATH_1(exp) MATH_1(fabs) MATH_1(floor) MATH_1(log) MATH_1(log10) MATH_1(sin) MATH_1(sinh) MATH_1(sqrt)
    MATH_1(tan) MATH_1(tanh) MATH_1F(acosf) MATH_1F(asinf) MATH_1F(atanf) MATH_1F(ceilf) MATH_1F(cosf) MATH_1F(coshf)
        MATH_1F(expf) MATH_1F(fabsf) MATH_1F(floorf) MATH_1F(logf) MATH_1F(log10f) MATH_1F(sinf) MATH_1F(sinhf)
            MATH_1F(sqrtf) MATH_1F(tanf) MATH_1F(tanhf) MATH_2(atan2) MATH_2(fmod) MATH_2(pow) MATH_2F(atan2f)
                MATH_2F(fmodf) MATH_2F(powf)

                    double CDECL _hypot(double x, double y) {
    return checked(hypot(x, y), x, y);
}
float CDECL _hypotf(float x, float y) {
    return checked(hypotf(x, y), x, y);
}
double CDECL _cabs(double re, double im) {
    return _hypot(re, im);
}
double CDECL _j0(double x) {
    return checked(j0(x), x, 0);
}
double CDECL _j1(double x) {
    return checked(j1(x), x, 0);
}
double CDECL _jn(int n, double x) {
    return checked(jn(n, x), x, 0);
}
double CDECL _y0(double x) {
    return checked(y0(x), x, 0);
}
double CDECL _y1(double x) {
    return checked(y1(x), x, 0);
}
double CDECL _yn(int n, double x) {
    return checked(yn(n, x), x, 0);
}
double CDECL msvcrt_ldexp(double x, int exponent) {
    return checked(ldexp(x, exponent), x, 0);
}
double CDECL msvcrt_frexp(double x, int *exponent) {
    return frexp(x, exponent);
}
double CDECL msvcrt_modf(double x, double *whole) {
    return modf(x, whole);
}
float CDECL msvcrt_modff(float x, float *whole) {
    return modff(x, whole);
}

double CDECL _logb(double x) {
    return logb(x);
}
float CDECL _logbf(float x) {
    return logbf(x);
}
double CDECL _scalb(double x, int exponent) {
    return msvcrt_ldexp(x, exponent);
}
double CDECL _nextafter(double x, double y) {
    return nextafter(x, y);
}
float CDECL _nextafterf(float x, float y) {
    return nextafterf(x, y);
}
double CDECL _copysign(double x, double y) {
    return copysign(x, y);
}
float CDECL _copysignf(float x, float y) {
    return copysignf(x, y);
}
double CDECL _chgsign(double x) {
    return -x;
}
float CDECL _chgsignf(float x) {
    return -x;
}
int CDECL _finite(double x) {
    return isfinite(x);
}
int CDECL _finitef(float x) {
    return isfinite(x);
}
int CDECL _isnan(double x) {
    return isnan(x);
}
int CDECL _isnanf(float x) {
    return isnan(x);
}

/* _fpclass() - the one flag of float.h (_FPCLASS_*) that fits. */
int CDECL _fpclass(double x) {
    const bool negative = signbit(x);
    switch (fpclassify(x)) {
    case FP_NAN: return issignaling(x) ? 0x0001 : 0x0002;
    case FP_INFINITE: return negative ? 0x0004 : 0x0200;
    case FP_SUBNORMAL: return negative ? 0x0010 : 0x0080;
    case FP_ZERO: return negative ? 0x0020 : 0x0040;
    default: return negative ? 0x0008 : 0x0100;
    }
}

int CDECL _fpclassf(float x) {
    return _fpclass(x);
}

double crt_huge = HUGE_VAL; /* data export _HUGE */

/* The handler of libm's errors: kept for programs that set one, called by none of today's libm. */
void CDECL __setusermatherr(void *handler) {
    (void)handler;
}
