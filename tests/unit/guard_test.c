/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guarded copies at each length and each distance from a page that cannot be touched. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "libs/host/guard.h"

#define PAGE 4096

static char *page; /* one page that can be read and written, then one that cannot */

static void on_fault(int number, siginfo_t *info, void *context) {
    (void)info;
    if (!guard_fixup(context))
        signal(number, SIG_DFL);
}

static void set_up(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};

    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(page, MAP_FAILED);
    ck_assert_int_eq(mprotect(page + PAGE, PAGE, PROT_NONE), 0);
    for (int i = 0; i < PAGE; i++)
        page[i] = (char)(i * 7 + i / 256 + 1);
}

START_TEST(copies_are_whole_and_end_at_the_page) {
    char copy[PAGE + 1], original[PAGE];

    set_up();
    memcpy(original, page, PAGE);
    for (size_t n = 0; n <= PAGE; n++) {
        memset(copy, 0x55, sizeof copy);
        ck_assert_int_eq(guard_copy_from(copy, page + PAGE - n, n), 0);
        ck_assert(!memcmp(copy, original + PAGE - n, n));
        ck_assert_int_eq(copy[n], 0x55);
        memset(page, 0, PAGE);
        ck_assert_int_eq(guard_copy_to(page + PAGE - n, copy, n), 0);
        ck_assert(!memcmp(copy, page + PAGE - n, n));
        ck_assert(n == PAGE || !page[PAGE - n - 1]);
        memcpy(page, original, PAGE);
        if (!n)
            continue;
        ck_assert_int_eq(guard_copy_from(copy, page + PAGE - n + 1, n), -EFAULT);
        ck_assert_int_eq(guard_copy_to(page + PAGE - n + 1, copy, n), -EFAULT);
        memcpy(page, original, PAGE);
    }
}
END_TEST

START_TEST(strings) {
    uint16_t *wide;

    set_up();
    memset(page, 'x', PAGE);
    wide = (uint16_t *)page;
    ck_assert_int_eq(guard_strlen(page, PAGE), PAGE);
    ck_assert_int_eq(guard_strlen(page, PAGE + 1), -EFAULT);
    ck_assert_int_eq(guard_wcslen(wide, PAGE / 2), PAGE / 2);
    ck_assert_int_eq(guard_wcslen(wide, PAGE), -EFAULT);
    page[77] = 0;
    ck_assert_int_eq(guard_strlen(page, PAGE + 1), 77);
    wide[1000] = 0;
    ck_assert_int_eq(guard_wcslen(wide, PAGE), 1000);
    ck_assert_int_eq(guard_strlen(NULL, 1), -EFAULT);
    ck_assert_int_eq(guard_strlen(NULL, 0), 0);
}
END_TEST

START_TEST(probes) {
    char *odd = (char *)0x8000000000000000; /* no address at all: another kind of fault */

    set_up();
    ck_assert_int_eq(guard_probe_read(page, PAGE), 0);
    ck_assert_int_eq(guard_probe_read(page + 1, PAGE), -EFAULT);
    ck_assert_int_eq(guard_probe_write(page + 5, PAGE - 5), 0);
    ck_assert_int_eq(guard_probe_write(page + PAGE - 1, 2), -EFAULT);
    ck_assert_int_eq(guard_probe_read(NULL, 0), 0);
    ck_assert_int_eq(guard_probe_read(odd, 1), -EFAULT);
    ck_assert_int_eq(guard_probe_read((char *)-5, 10), -EFAULT);
    ck_assert_int_eq(mprotect(page, PAGE, PROT_READ), 0);
    ck_assert_int_eq(guard_probe_read(page, PAGE), 0);
    ck_assert_int_eq(guard_probe_write(page, 1), -EFAULT);
}
END_TEST

UNIT_MAIN("guard", copies_are_whole_and_end_at_the_page, strings, probes)
