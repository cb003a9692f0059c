/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables that Microsoft's C++ compiler writes for exceptions on x64, as far as cxx_eh.c reads them.  All "rva"
 * members are relative to the image that holds the table; 0 means none.
 *
 * A function's states number what must be undone when it is left at a point: state s is left for unwind_map[s].to_state
 * after unwind_map[s].action ran; -1 is the end.  A try block covers the states try_low…try_high, its catch blocks
 * try_high+1…catch_high.  Catch blocks and actions are functions of their own ("funclets") that get the frame of the
 * function in rdx.
 */
#ifndef WINIPC_MSVCRT_CXX_EH_H
#define WINIPC_MSVCRT_CXX_EH_H

#include "dlls/msvcrt/msvcrt.h"

#define CXX_EXCEPTION 0xe06d7363u /* "msc", with the bits of a customer's error */
#define CXX_MAGIC 0x19930520u     /* …21 adds exception specifications, …22 flags */

struct cxx_function {
    uint32_t magic; /* the upper three bits are flags */
    int32_t n_states;
    uint32_t unwind_map;
    uint32_t n_tries;
    uint32_t try_map;
    uint32_t n_ips;
    uint32_t ip_map;
    int32_t unwind_help;
    uint32_t specification;
    uint32_t flags; /* CXX_FUNCTION_* */
};
enum { CXX_FUNCTION_SYNCHRONOUS = 1, CXX_FUNCTION_NOEXCEPT = 4 };

struct cxx_unwind {
    int32_t to_state;
    uint32_t action;
};

struct cxx_try {
    int32_t try_low, try_high, catch_high;
    int32_t n_catches;
    uint32_t catches;
};

struct cxx_catch {
    uint32_t adjectives; /* CXX_CATCH_* */
    uint32_t type;       /* rva of a struct cxx_type; 0: catch (...) */
    int32_t object;      /* offset of the caught object in the function's frame; 0: it has no name */
    uint32_t handler;
    int32_t parent; /* in the catch block's own frame: offset of the function's frame */
};
enum { CXX_CATCH_CONST = 1, CXX_CATCH_VOLATILE = 2, CXX_CATCH_REFERENCE = 8 };

struct cxx_ip {
    uint32_t ip;
    int32_t state; /* from there on */
};

struct cxx_type {
    void *vtable;
    char *name_cache;
    char name[]; /* decorated; this is what tells types apart */
};

struct cxx_throw {
    uint32_t attributes; /* CXX_CATCH_CONST and …VOLATILE of what was thrown */
    uint32_t destructor;
    uint32_t forward;
    uint32_t catchables; /* rva of a struct cxx_catchables */
};

struct cxx_catchables {
    int32_t n;
    uint32_t catchable[]; /* rvas: the thrown type first, then its bases */
};

struct cxx_catchable {
    uint32_t properties; /* CXX_CATCHABLE_* */
    uint32_t type;
    int32_t this_offset; /* to the base within the object … */
    int32_t base_table;  /* … and for a virtual base the offset of the pointer to the table of bases, else -1 … */
    int32_t base_entry;  /* … and the offset of the base's entry in it */
    int32_t size;
    uint32_t copy; /* rva of the copy constructor */
};
enum { CXX_CATCHABLE_SIMPLE = 1, CXX_CATCHABLE_REFERENCE_ONLY = 2, CXX_CATCHABLE_VIRTUAL_BASE = 4 };

#endif
