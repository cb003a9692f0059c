/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * EncodePointer and DecodePointer: a pointer that is kept in writable memory is mixed with a secret of the process, so that who can
 * overwrite it cannot choose where it leads.
 */
#include <windows.h>
#include <winternl.h>

#include <pthread.h>
#include <stdint.h>
#include <sys/random.h>

static uint64_t encode_secret;
static pthread_once_t encode_once = PTHREAD_ONCE_INIT;

static void encode_init(void) {
    if (getrandom(&encode_secret, sizeof encode_secret, GRND_NONBLOCK) != sizeof encode_secret)
        encode_secret = (uint64_t)(uintptr_t)&encode_secret * 0x9E3779B97F4A7C15u;
}

static uint64_t encode_key(void) {
    pthread_once(&encode_once, encode_init);
    return encode_secret;
}

void *WINAPI RtlEncodePointer(void *pointer) {
    const uint64_t key = encode_key(), mixed = (uint64_t)(uintptr_t)pointer ^ key;
    const unsigned turn = key & 63;

    return (void *)(uintptr_t)(mixed >> turn | mixed << (-turn & 63));
}

void *WINAPI RtlDecodePointer(void *pointer) {
    const uint64_t key = encode_key(), mixed = (uint64_t)(uintptr_t)pointer;
    const unsigned turn = key & 63;

    return (void *)(uintptr_t)((mixed << turn | mixed >> (-turn & 63)) ^ key);
}
