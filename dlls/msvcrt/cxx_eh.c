/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * C++ exceptions of programs that Microsoft's compiler made (the tables are described in cxx_eh.h).
 *
 * The search finds a catch block for the thrown type; RtlUnwindEx then leaves the frames up to its function, whose
 * actions run in this handler too, and at last calls catch_run on top of the whole stack ("consolidation"), so that the
 * thrown object is still there while the catch block runs.  The catch block's funclet returns where its function goes
 * on.
 *
 * While a catch block (or an action) runs, its function's instruction pointer still stands in the try block.  So each
 * thread keeps a list of frames whose state is not what their instruction pointer says.  The entries lie in the stack
 * frames of catch_run and states_leave; one that lies below the stack pointer, or below the frame that a later
 * exception is caught in, is over.
 *
 * Sources: https://learn.microsoft.com/en-us/cpp/build/exception-handling-x64, and the tables' layout as LLVM's
 * documentation and compilers' output show it.
 */
#include <stdlib.h>

#include <winternl.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/cxx_eh.h"

/* Bits of ExceptionFlags while frames are left (documented in winnt.h). */
enum { UNWIND_UNDER_WAY = 0x2, UNWIND_EXIT = 0x4, UNWIND_AT_TARGET = 0x20 };

typedef void *(CDECL *funclet_call)(void *unused, void *frame);
typedef void(CDECL *destructor_call)(void *object);
typedef void(CDECL *copy_call)(void *to, void *from);
typedef void(CDECL *copy_virtual_call)(void *to, void *from, int is_most_derived);
typedef void(CDECL *terminate_call)(void);
typedef void(CDECL *translator_call)(unsigned code, EXCEPTION_POINTERS *pointers);

/* A frame whose state differs from what its instruction pointer says; with a caught exception, or none
 * (record.ExceptionCode 0). */
struct frame_state {
    struct frame_state *outer;
    uintptr_t frame;
    int state;
    EXCEPTION_RECORD record;
};

static __thread struct frame_state *frame_states;
static __thread terminate_call terminate_handler;
static __thread terminate_call unexpected_handler;
static __thread translator_call translator;

__attribute__((noreturn)) void CDECL crt_terminate(void) { /* terminate() */
    if (terminate_handler)
        terminate_handler();
    msvcrt_abort();
}

/* One frame at hand: its function's tables and where it stands. */
struct cxx_frame {
    const struct cxx_function *function;
    uintptr_t image;
    uintptr_t establisher; /* of the code at hand, perhaps a catch block's */
    uintptr_t parent;      /* of the function */
    int lowest, highest;   /* the states that belong to the code at hand: all, or the catch block's */
    int state;
};

static const void *at_rva(const struct cxx_frame *frame, uint32_t rva) {
    return (const void *)(frame->image + rva);
}

static const struct cxx_try *try_at(const struct cxx_frame *frame, uint32_t i) {
    return (const struct cxx_try *)at_rva(frame, frame->function->try_map) + i;
}

static const struct cxx_catch *catch_at(const struct cxx_frame *frame, const struct cxx_try *block, int i) {
    return (const struct cxx_catch *)at_rva(frame, block->catches) + i;
}

static const struct cxx_unwind *unwind_at(const struct cxx_frame *frame, int state) {
    return (const struct cxx_unwind *)at_rva(frame, frame->function->unwind_map) + state;
}

static int state_of_ip(const struct cxx_frame *frame, uintptr_t pc) {
    const struct cxx_ip *map = at_rva(frame, frame->function->ip_map);
    uint32_t low = 0, high = frame->function->n_ips;
    const uint32_t ip = pc - frame->image;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (map[middle].ip <= ip)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? map[low - 1].state : -1;
}

/* If the code at hand is a catch block, finds the function's frame and the catch block's range of states. */
static void find_parent(struct cxx_frame *frame, uint32_t begin) {
    frame->parent = frame->establisher;
    frame->lowest = 0;
    frame->highest = frame->function->n_states - 1;
    for (uint32_t i = 0; i < frame->function->n_tries; i++) {
        const struct cxx_try *block = try_at(frame, i);
        for (int j = 0; j < block->n_catches; j++) {
            const struct cxx_catch *handler = catch_at(frame, block, j);
            if (handler->handler != begin)
                continue;
            frame->parent = *(uintptr_t *)(frame->establisher + handler->parent);
            frame->lowest = block->try_high + 1;
            frame->highest = block->catch_high;
            return;
        }
    }
}

/* Forgets what lies below an address of the stack: calls returned, or were left by an exception or longjmp. */
static void frame_states_prune(uintptr_t below) {
    while (frame_states && (uintptr_t)frame_states < below)
        frame_states = frame_states->outer;
}

static const struct frame_state *frame_state_of(uintptr_t establisher) {
    for (const struct frame_state *known = frame_states; known; known = known->outer)
        if (known->frame == establisher)
            return known;
    return NULL;
}

static struct cxx_frame frame_read(const DISPATCHER_CONTEXT *dispatcher, uintptr_t establisher) {
    const uint32_t function = *(const uint32_t *)dispatcher->HandlerData;
    struct cxx_frame frame = {.function = (const void *)(dispatcher->ImageBase + function),
        .image = dispatcher->ImageBase,
        .establisher = establisher};
    find_parent(&frame, dispatcher->FunctionEntry->BeginAddress);
    const struct frame_state *known = frame_state_of(establisher);
    frame.state = known ? known->state : state_of_ip(&frame, dispatcher->ControlPc);
    return frame;
}

/* Runs the actions of the states that are left on the way to target, as far as they belong to the code at hand. */
static void states_leave(const struct cxx_frame *frame, int target) {
    struct frame_state now = {frame_states, frame->establisher, frame->state, {0}};
    frame_states = &now;
    while (now.state != target && now.state >= frame->lowest && now.state <= frame->highest) {
        const struct cxx_unwind *unwind = unwind_at(frame, now.state);
        now.state = unwind->to_state;
        if (unwind->action)
            ((funclet_call)at_rva(frame, unwind->action))(NULL, (void *)frame->parent);
    }
    frame_states = now.outer;
}

/* The thrown object of a record, if it is a C++ exception of ours. */
static bool is_cxx(const EXCEPTION_RECORD *record) {
    return record->ExceptionCode == CXX_EXCEPTION && record->NumberParameters == 4 &&
           (record->ExceptionInformation[0] & ~3ul) == CXX_MAGIC;
}

static void *thrown_object(const EXCEPTION_RECORD *record) {
    return (void *)record->ExceptionInformation[1];
}

static const struct cxx_throw *thrown_info(const EXCEPTION_RECORD *record) {
    return (const struct cxx_throw *)record->ExceptionInformation[2];
}

static uintptr_t thrown_image(const EXCEPTION_RECORD *record) {
    return record->ExceptionInformation[3];
}

/* Where the base that was caught lies in the object. */
static void *base_of(const struct cxx_catchable *catchable, void *object) {
    char *base = (char *)object + catchable->this_offset;
    if (catchable->base_table < 0)
        return base;
    const char *table = *(const char **)((char *)object + catchable->base_table);
    return base + catchable->base_table + *(const int32_t *)(table + catchable->base_entry);
}

static bool catchable_fits(const struct cxx_frame *frame, const struct cxx_catch *handler,
    const EXCEPTION_RECORD *record, const struct cxx_catchable *catchable) {
    const struct cxx_type *wanted = at_rva(frame, handler->type);
    const struct cxx_type *thrown = (const void *)(thrown_image(record) + catchable->type);
    if (wanted != thrown && strcmp(wanted->name, thrown->name))
        return false;
    if (catchable->properties & CXX_CATCHABLE_REFERENCE_ONLY && !(handler->adjectives & CXX_CATCH_REFERENCE))
        return false;
    const uint32_t qualifiers = thrown_info(record)->attributes & (CXX_CATCH_CONST | CXX_CATCH_VOLATILE);
    return !(qualifiers & ~handler->adjectives);
}

/* How a catch block takes an exception: false if not at all; *catchable NULL for catch (...). */
static bool catch_fits(const struct cxx_frame *frame, const struct cxx_catch *handler, const EXCEPTION_RECORD *record,
    const struct cxx_catchable **catchable) {
    *catchable = NULL;
    const struct cxx_type *wanted = handler->type ? at_rva(frame, handler->type) : NULL;
    if (!wanted || !wanted->name[0])
        return is_cxx(record) || (frame->function->magic & 0x1fffffff) < CXX_MAGIC + 2 ||
               !(frame->function->flags & CXX_FUNCTION_SYNCHRONOUS);
    if (!is_cxx(record) || !thrown_info(record))
        return false;
    const uintptr_t image = thrown_image(record);
    const struct cxx_catchables *list = (const void *)(image + thrown_info(record)->catchables);
    for (int i = 0; i < list->n; i++) {
        *catchable = (const void *)(image + list->catchable[i]);
        if (catchable_fits(frame, handler, record, *catchable))
            return true;
    }
    return false;
}

/* Gives the catch block its object: a reference to the thrown one, or a copy. */
static void object_pass(const struct cxx_frame *frame, const struct cxx_catch *handler, const EXCEPTION_RECORD *record,
    const struct cxx_catchable *catchable) {
    if (!catchable || !handler->object)
        return;
    void *to = (void *)(frame->parent + handler->object), *from = thrown_object(record);
    if (handler->adjectives & CXX_CATCH_REFERENCE) {
        *(void **)to = base_of(catchable, from);
        return;
    }
    const uintptr_t copy = catchable->copy ? thrown_image(record) + catchable->copy : 0;
    if (catchable->properties & CXX_CATCHABLE_SIMPLE) {
        memmove(to, from, catchable->size);
        if (catchable->size == sizeof(void *) && *(void **)to)
            *(void **)to = base_of(catchable, *(void **)to);
    } else if (!copy) {
        memmove(to, base_of(catchable, from), catchable->size);
    } else if (catchable->properties & CXX_CATCHABLE_VIRTUAL_BASE) {
        ((copy_virtual_call)copy)(to, base_of(catchable, from), 1);
    } else {
        ((copy_call)copy)(to, base_of(catchable, from));
    }
}

/* Destroys the thrown object, unless an outer catch block still has it (it was thrown again). */
static void object_release(const EXCEPTION_RECORD *record) {
    if (!is_cxx(record) || !thrown_object(record) || !thrown_info(record) || !thrown_info(record)->destructor)
        return;
    for (const struct frame_state *known = frame_states; known; known = known->outer)
        if (is_cxx(&known->record) && thrown_object(&known->record) == thrown_object(record))
            return;
    ((destructor_call)(thrown_image(record) + thrown_info(record)->destructor))(thrown_object(record));
}

/* Exceptions that were caught in catch blocks which this one left are over: their objects go, if no other has them. */
static void left_catches_end(struct frame_state *now, uintptr_t frame) {
    struct frame_state *left = now->outer;
    while (now->outer && (uintptr_t)now->outer < frame)
        now->outer = now->outer->outer;
    for (; left && left != now->outer; left = left->outer)
        object_release(&left->record);
}

/* What the unwind record of a catch tells, in ExceptionInformation. */
enum { INFO_CALLBACK, INFO_FRAME, INFO_PARENT, INFO_HANDLER, INFO_STATE, INFO_RECORD, N_INFO };

/* Runs the catch block, called by the unwinder when all frames inside are left; returns where the function goes on. */
static void *CDECL catch_run(EXCEPTION_RECORD *unwind) {
    const ULONG_PTR *info = unwind->ExceptionInformation;
    struct frame_state now = {
        frame_states, info[INFO_FRAME], (int)info[INFO_STATE], *(EXCEPTION_RECORD *)info[INFO_RECORD]};
    frame_states = &now;
    left_catches_end(&now, info[INFO_FRAME]);
    void *next = ((funclet_call)info[INFO_HANDLER])(NULL, (void *)info[INFO_PARENT]);
    frame_states = now.outer;
    object_release(&now.record);
    return next;
}

static void catch_enter(const struct cxx_frame *frame, const struct cxx_try *block, const struct cxx_catch *handler,
    EXCEPTION_RECORD *record, DISPATCHER_CONTEXT *dispatcher) {
    EXCEPTION_RECORD unwind = {.ExceptionCode = (DWORD)STATUS_UNWIND_CONSOLIDATE, .NumberParameters = N_INFO};
    unwind.ExceptionInformation[INFO_CALLBACK] = (ULONG_PTR)catch_run;
    unwind.ExceptionInformation[INFO_FRAME] = frame->establisher;
    unwind.ExceptionInformation[INFO_PARENT] = frame->parent;
    unwind.ExceptionInformation[INFO_HANDLER] = (ULONG_PTR)at_rva(frame, handler->handler);
    unwind.ExceptionInformation[INFO_STATE] = unwind_at(frame, block->try_low)->to_state;
    unwind.ExceptionInformation[INFO_RECORD] = (ULONG_PTR)record;
    CONTEXT storage;
    RtlUnwindEx(
        (void *)frame->establisher, (void *)dispatcher->ControlPc, &unwind, NULL, &storage, dispatcher->HistoryTable);
}

/* Enters the first catch block that fits, or returns. */
static void catch_search(const struct cxx_frame *frame, EXCEPTION_RECORD *record, DISPATCHER_CONTEXT *dispatcher) {
    for (uint32_t i = 0; i < frame->function->n_tries; i++) {
        const struct cxx_try *block = try_at(frame, i);
        if (frame->state < block->try_low || frame->state > block->try_high)
            continue;
        if (block->try_low < frame->lowest || block->try_high > frame->highest)
            continue; /* it lies around the catch block at hand: the function's own frame comes later */
        for (int j = 0; j < block->n_catches; j++) {
            const struct cxx_catch *handler = catch_at(frame, block, j);
            const struct cxx_catchable *catchable;
            if (!catch_fits(frame, handler, record, &catchable))
                continue;
            object_pass(frame, handler, record, catchable);
            catch_enter(frame, block, handler, record, dispatcher);
        }
    }
}

static void leave(struct cxx_frame *frame, const EXCEPTION_RECORD *record, const DISPATCHER_CONTEXT *dispatcher) {
    int target = -1;
    if (record->ExceptionFlags & UNWIND_AT_TARGET) {
        const bool is_catch = record->ExceptionCode == (DWORD)STATUS_UNWIND_CONSOLIDATE &&
                              record->NumberParameters == N_INFO &&
                              record->ExceptionInformation[INFO_CALLBACK] == (ULONG_PTR)catch_run;
        target = is_catch ? (int)record->ExceptionInformation[INFO_STATE] : state_of_ip(frame, dispatcher->TargetIp);
    }
    states_leave(frame, target);
}

/**
 * __CxxFrameHandler() - the frame handler of functions with try blocks or objects to destroy.
 * Return: ExceptionContinueSearch; not at all when one of the frame's catch blocks takes the exception.
 */
EXCEPTION_DISPOSITION CDECL __CxxFrameHandler(
    EXCEPTION_RECORD *record, void *establisher, CONTEXT *context, DISPATCHER_CONTEXT *dispatcher) {
    frame_states_prune((uintptr_t)__builtin_frame_address(0));
    struct cxx_frame frame = frame_read(dispatcher, (uintptr_t)establisher);
    if ((frame.function->magic & 0x1fffffff) < CXX_MAGIC || (frame.function->magic & 0x1fffffff) > CXX_MAGIC + 2)
        return ExceptionContinueSearch;
    if (record->ExceptionFlags & (UNWIND_UNDER_WAY | UNWIND_EXIT)) {
        leave(&frame, record, dispatcher);
        return ExceptionContinueSearch;
    }
    if (!frame.function->n_tries)
        return ExceptionContinueSearch;
    if (!is_cxx(record) && translator) {
        EXCEPTION_POINTERS pointers = {record, context};
        translator(record->ExceptionCode, &pointers); /* throws, or leaves it to us */
    }
    catch_search(&frame, record, dispatcher);
    if ((frame.function->magic & 0x1fffffff) == CXX_MAGIC + 2 && frame.function->flags & CXX_FUNCTION_NOEXCEPT)
        crt_terminate();
    return ExceptionContinueSearch;
}

/* The exception that the innermost catch block at work has caught; NULL: none is at work. */
static const EXCEPTION_RECORD *caught_record(void) {
    frame_states_prune((uintptr_t)__builtin_frame_address(0));
    for (const struct frame_state *known = frame_states; known; known = known->outer)
        if (known->record.ExceptionCode)
            return &known->record;
    return NULL;
}

/**
 * _CxxThrowException() - throws the object that info describes; NULL and NULL throw again what was caught.
 */
void CDECL _CxxThrowException(void *object, const struct cxx_throw *info) {
    if (!object && !info) {
        const EXCEPTION_RECORD *caught = caught_record();
        if (!caught)
            crt_terminate();
        RaiseException(caught->ExceptionCode, caught->ExceptionFlags & EXCEPTION_NONCONTINUABLE,
            caught->NumberParameters, caught->ExceptionInformation);
    }
    void *image = NULL;
    RtlPcToFileHeader((void *)info, &image);
    const ULONG_PTR parameters[4] = {CXX_MAGIC, (ULONG_PTR)object, (ULONG_PTR)info, (ULONG_PTR)image};
    RaiseException(CXX_EXCEPTION, EXCEPTION_NONCONTINUABLE, 4, parameters);
}

void CDECL crt_unexpected(void) { /* unexpected() */
    if (unexpected_handler)
        unexpected_handler();
    crt_terminate();
}

terminate_call CDECL crt_set_terminate(terminate_call handler) {
    const terminate_call old = terminate_handler;
    terminate_handler = handler;
    return old;
}

terminate_call CDECL crt_set_unexpected(terminate_call handler) {
    const terminate_call old = unexpected_handler;
    unexpected_handler = handler;
    return old;
}

translator_call CDECL crt_set_se_translator(translator_call handler) {
    const translator_call old = translator;
    translator = handler;
    return old;
}

/* class type_info: the compiler's descriptors are its objects. */
void CDECL crt_type_info_destroy(struct cxx_type *type) {
    free(type->name_cache);
    type->name_cache = NULL;
}

const char *CDECL crt_type_info_raw_name(const struct cxx_type *type) {
    return type->name;
}

int CDECL crt_type_info_equal(const struct cxx_type *a, const struct cxx_type *b) {
    return !strcmp(a->name + 1, b->name + 1);
}

int CDECL crt_type_info_differ(const struct cxx_type *a, const struct cxx_type *b) {
    return strcmp(a->name + 1, b->name + 1) != 0;
}

int CDECL crt_type_info_before(const struct cxx_type *a, const struct cxx_type *b) {
    return strcmp(a->name + 1, b->name + 1) < 0;
}
