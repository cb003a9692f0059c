/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a thread was when an exception ended the process: its frames, PE and ELF, one a line on stderr.  May run on a thread's alternate stack, with
 * anything broken: it writes with write(2), allocates nothing, takes no lock, and reads the program's memory through guarded copies.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dlls/ntdll/exception.h"
#include "dlls/ntdll/unwind.h"
#include "libs/host/guard.h"
#include "loader/module.h"
#include "loader/symbol.h"

#define FRAMES_MAX 64
#define MODULES_MAX 4096

void exception_tell(const char *line) {
    size_t length = strlen(line);

    while (length) {
        const ssize_t n = write(STDERR_FILENO, line, length);

        if (n <= 0)
            return;
        line += n;
        length -= (size_t)n;
    }
}

/* A copy of the loader's record of the image at @base. */
static bool module_copy(const void *base, struct module *module) {
    const PEB *peb = NtCurrentTeb()->Peb;
    LIST_ENTRY *head, *entry;

    if (!peb || !peb->LdrData)
        return false;
    head = &peb->LdrData->InLoadOrderModuleList;
    if (guard_read64(&head->Flink, (uint64_t *)&entry))
        return false;
    for (unsigned n = 0; entry && entry != head && n < MODULES_MAX; n++) {
        if (guard_copy_from(module, entry, sizeof *module))
            return false;
        if (module->ldr.DllBase == base)
            return true;
        entry = module->ldr.InLoadOrderLinks.Flink;
    }
    return false;
}

static void module_name(const struct module *module, char *name, size_t size) {
    WCHAR text[64];
    size_t length = module->ldr.BaseDllName.Length / sizeof *text;

    length = length < sizeof text / sizeof *text ? length : sizeof text / sizeof *text;
    length = length < size - 1 ? length : size - 1;
    if (guard_copy_from(text, module->ldr.BaseDllName.Buffer, length * sizeof *text))
        length = 0;
    for (size_t i = 0; i < length; i++)
        name[i] = text[i] >= ' ' && text[i] < 0x7f ? (char)text[i] : '?';
    name[length] = 0;
}

/* The file of a module, or NULL. */
static const char *module_file(const struct module *module, char path[4096]) {
    const ssize_t length = module->unix_path ? guard_strlen(module->unix_path, 4095) : -1;

    if (length < 0 || guard_copy_from(path, module->unix_path, (size_t)length))
        return NULL;
    path[length] = 0;
    return path;
}

static void place_in_image(uint64_t pc, uint64_t inside, const uint8_t *base, char *text, size_t size) {
    struct module module;
    char name[64] = "image", path[4096], symbol[128];
    const char *file = NULL;
    uint32_t offset;

    if (module_copy(base, &module)) {
        module_name(&module, name, sizeof name);
        file = module_file(&module, path);
    }
    if (symbol_find(file, base, (uint32_t)(inside - (uintptr_t)base), symbol, sizeof symbol, &offset))
        snprintf(text, size, "%s+0x%llx, %s+0x%llx", name, (unsigned long long)(pc - (uintptr_t)base), symbol,
                 (unsigned long long)(offset + pc - inside));
    else
        snprintf(text, size, "%s+0x%llx", name, (unsigned long long)(pc - (uintptr_t)base));
}

static void place_in_library(uint64_t pc, uint64_t inside, const Dl_info *info, char *text, size_t size) {
    const char *slash = strrchr(info->dli_fname, '/');
    const uint64_t base = (uintptr_t)info->dli_fbase;
    char symbol[128];
    uint64_t offset;

    snprintf(text, size, "%s+0x%llx", slash ? slash + 1 : info->dli_fname, (unsigned long long)(pc - base));
    if (winipc_symbol_find_library(inside, symbol, sizeof symbol, &offset))
        snprintf(text + strlen(text), size - strlen(text), ", %s+0x%llx", symbol, (unsigned long long)(offset + pc - inside));
}

void exception_place(uint64_t pc, uint64_t inside, char *text, size_t size) {
    const uint8_t *base = unwind_image_base(inside);
    Dl_info info;

    *text = 0;
    if (base)
        place_in_image(pc, inside, base, text, size);
    else if (dladdr((void *)inside, &info) && info.dli_fname)
        place_in_library(pc, inside, &info, text, size);
}

void exception_stack(const CONTEXT *context) {
    struct unwind_frame frame = {.interrupts = true};
    CONTEXT walk = *context;
    char place[256], line[320];

    for (unsigned n = 0; n < FRAMES_MAX; n++) {
        const uint64_t pc = walk.Rip;

        exception_place(pc, frame.interrupts ? pc : pc - 1, place, sizeof place); /* a call may be a function's last instruction */
        snprintf(line, sizeof line, "winipc:   #%u 0x%llx%s%s\n", n, (unsigned long long)pc, *place ? " " : "", place);
        exception_tell(line);
        if (unwind_frame_next(UNWIND_FLAG_NONE, &walk, &frame) || unwind_at_end(&walk, frame.interrupts))
            return;
    }
    exception_tell("winipc:   and more\n");
}
