/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MulDiv (MSDN: winbase.h). */
#include <limits.h>
#include <windows.h>

/**
 * MulDiv() - number * numerator / denominator over 64 bits, rounded to the nearest, halves away from zero.
 * Return: -1 when the denominator is 0 or the result does not fit.
 * Source: https://learn.microsoft.com/en-us/windows/win32/api/winbase/nf-winbase-muldiv
 */
INT WINAPI MulDiv(INT number, INT numerator, INT denominator) {
    LONGLONG product = (LONGLONG)number * numerator, divisor = denominator, half, result;

    if (!divisor)
        return -1;
    if (divisor < 0) {
        divisor = -divisor;
        product = -product;
    }
    half = product < 0 ? -(divisor / 2) : divisor / 2;
    result = (product + half) / divisor;
    return result < INT_MIN || result > INT_MAX ? -1 : (INT)result;
}
