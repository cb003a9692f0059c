/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names and wildcards; see wildcard.h. */
#include "dlls/ntdll/wildcard.h"

#include <stdint.h>
#include <winternl.h>

#define ANY_TO_DOT '<'
#define ONE_OR_END '>'
#define DOT_OR_END '"'

WCHAR wildcard_upcase(WCHAR c) {
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? c - 0x20 : c;
    return RtlUpcaseUnicodeChar(c);
}

bool wildcard_name_equal(const WCHAR *a, const WCHAR *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i] && wildcard_upcase(a[i]) != wildcard_upcase(b[i]))
            return false;
    return true;
}

int wildcard_name_compare(const WCHAR *a, size_t n_a, const WCHAR *b, size_t n_b) {
    for (size_t i = 0; i < n_a && i < n_b; i++) {
        const int difference = a[i] == b[i] ? 0 : wildcard_upcase(a[i]) - wildcard_upcase(b[i]);

        if (difference)
            return difference;
    }
    return n_a < n_b ? -1 : n_a > n_b;
}

/* Whether a dot comes at or after name[i]. */
static bool dot_ahead(const WCHAR *name, size_t n, size_t i) {
    while (i < n)
        if (name[i++] == '.')
            return true;
    return false;
}

/* Whether the pattern unit at p can stand for name unit i and move on by one each. */
static bool unit_matches(WCHAR p, WCHAR c) {
    switch (p) {
    case '?': return true;
    case ONE_OR_END: return c != '.';
    case DOT_OR_END: return c == '.';
    default: return wildcard_upcase(p) == wildcard_upcase(c);
    }
}

/* A run in the pattern that may still take more of the name. */
struct run {
    size_t p; /* where it stands; SIZE_MAX: there is none */
    size_t i; /* where the rest of the pattern was last tried */
};

/* Lets a run take one more unit.  Return: false when it may not. */
static bool run_extend(struct run *run, const WCHAR *pattern, const WCHAR *name, size_t n_name) {
    if (run->p == SIZE_MAX || run->i >= n_name)
        return false;
    if (pattern[run->p] == ANY_TO_DOT && name[run->i] == '.' && !dot_ahead(name, n_name, run->i + 1))
        return false;
    run->i++;
    return true;
}

/* Backtracking to the last * and to the last < behind it suffices: an earlier run that took more could not help a later one. */
bool wildcard_match(const WCHAR *pattern, size_t n_pattern, const WCHAR *name, size_t n_name) {
    struct run star = {SIZE_MAX, 0}, less = {SIZE_MAX, 0};
    size_t p = 0, i = 0;

    for (;;) {
        const WCHAR c = p < n_pattern ? pattern[p] : 0;

        if (p < n_pattern && c == '*') {
            star = (struct run){p++, i};
            less.p = SIZE_MAX;
        } else if (p < n_pattern && c == ANY_TO_DOT) {
            less = (struct run){p++, i};
        } else if (p < n_pattern && i < n_name && unit_matches(c, name[i])) {
            p++, i++;
        } else if (p < n_pattern && ((c == ONE_OR_END && (i == n_name || name[i] == '.')) || (c == DOT_OR_END && i == n_name))) {
            p++;
        } else if (p == n_pattern && i == n_name) {
            return true;
        } else if (run_extend(&less, pattern, name, n_name)) {
            p = less.p + 1, i = less.i;
        } else if (run_extend(&star, pattern, name, n_name)) {
            less.p = SIZE_MAX;
            p = star.p + 1, i = star.i;
        } else {
            return false;
        }
    }
}
