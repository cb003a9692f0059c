/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guarded access to a program's memory: what a pointer of the program leads to is copied, or -EFAULT comes back; nothing crashes.
 *
 * No system call and nothing to set up: the instructions that may fault lie between two labels, and who handles SIGSEGV and SIGBUS
 * (dlls/ntdll/signal.c; a test's own handler) calls guard_fixup() first.
 */
#ifndef WINIPC_GUARD_H
#define WINIPC_GUARD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * guard_copy_from() - copies out of the program's memory.
 * guard_copy_to() - copies into the program's memory; what lies before the first byte that cannot be written may be changed.
 * Return: 0, or -EFAULT.
 */
int guard_copy_from(void *dst, const void *program_src, size_t len);
int guard_copy_to(void *program_dst, const void *src, size_t len);

/**
 * guard_probe_read() - touches each page of a range.
 * guard_probe_write() - the same for writing; no byte changes, and a peer's change at the same moment is not lost.
 * Return: 0, or -EFAULT (also when the range wraps around).
 */
int guard_probe_read(const void *p, size_t len);
int guard_probe_write(void *p, size_t len);

/**
 * guard_strlen() - the length of a zero-terminated string of bytes, at most max.
 * guard_wcslen() - the same for 16-bit units; the result counts units.
 * Return: the length (max if no terminator was met in that many units), or -EFAULT.
 */
ssize_t guard_strlen(const char *s, size_t max);
ssize_t guard_wcslen(const uint16_t *s, size_t max_wchars);

/* Reads one 64-bit word: the unwinder goes word by word. */
int guard_read64(const void *p, uint64_t *value);

/**
 * guard_fixup() - for signal handlers: ends the guarded access that the faulting context is in.
 * @context: the handler's third argument.
 * Return: false if the fault was not in a guarded access; else the handler returns, and the access yields -EFAULT.
 */
bool guard_fixup(void *context);

/* Whether pc is in a guarded access: for handlers that can make the page readable. */
bool guard_contains(uintptr_t pc);

#endif
