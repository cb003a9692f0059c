/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine as Linux tells of it: processors, memory, times. */
#include "dlls/ntdll/system.h"

#include <cpuid.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_LINE 512
#define SYSTEM_MAX_CACHES 8

/*
 * Asked of the processor itself: __builtin_cpu_supports would bring in a constructor that asks it a dozen times in each process, and
 * under a hypervisor each time is dear.
 */
static bool system_cpu_has(unsigned leaf, unsigned in_ecx, unsigned in_ebx) {
    unsigned a, b, c, d;

    return __get_cpuid_count(leaf, 0, &a, &b, &c, &d) && (c & in_ecx) == in_ecx && (b & in_ebx) == in_ebx;
}

/* Whether the kernel saves these parts of the processor's state (XCR0: 2 is SSE, 4 is AVX, 0xE0 is AVX-512). */
static bool system_saves(uint32_t parts) {
    uint32_t low, high;

    if (!system_cpu_has(1, bit_OSXSAVE, 0))
        return false;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & parts) == parts;
}

BOOLEAN system_processor_feature(ULONG feature) {
    switch (feature) {
    case PF_COMPARE_EXCHANGE_DOUBLE:
    case PF_MMX_INSTRUCTIONS_AVAILABLE:
    case PF_XMMI_INSTRUCTIONS_AVAILABLE:
    case PF_RDTSC_INSTRUCTION_AVAILABLE:
    case PF_PAE_ENABLED:
    case PF_XMMI64_INSTRUCTIONS_AVAILABLE:
    case PF_SSE_DAZ_MODE_AVAILABLE:
    case PF_NX_ENABLED:
    case PF_COMPARE_EXCHANGE128:
    case PF_COMPARE64_EXCHANGE128:
    case PF_FASTFAIL_AVAILABLE: return TRUE; /* every x86-64 processor we run on has them */
    case PF_SSE3_INSTRUCTIONS_AVAILABLE: return system_cpu_has(1, bit_SSE3, 0);
    case PF_SSSE3_INSTRUCTIONS_AVAILABLE: return system_cpu_has(1, bit_SSSE3, 0);
    case PF_SSE4_1_INSTRUCTIONS_AVAILABLE: return system_cpu_has(1, bit_SSE4_1, 0);
    case PF_SSE4_2_INSTRUCTIONS_AVAILABLE: return system_cpu_has(1, bit_SSE4_2, 0);
    case PF_XSAVE_ENABLED:
    case PF_AVX_INSTRUCTIONS_AVAILABLE: return system_cpu_has(1, bit_AVX, 0) && system_saves(6);
    case PF_AVX2_INSTRUCTIONS_AVAILABLE: return system_cpu_has(7, 0, bit_AVX2) && system_saves(6);
    case PF_AVX512F_INSTRUCTIONS_AVAILABLE: return system_cpu_has(7, 0, bit_AVX512F) && system_saves(0xe6);
    case PF_RDRAND_INSTRUCTION_AVAILABLE: return system_cpu_has(1, bit_RDRND, 0);
    default: return FALSE;
    }
}

uint64_t system_processor_mask(void) {
    const unsigned n = system_processor_count();

    return n == SYSTEM_MAX_PROCESSORS ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1;
}

unsigned system_processor_count(void) {
    const long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : n > SYSTEM_MAX_PROCESSORS ? SYSTEM_MAX_PROCESSORS : (unsigned)n;
}

static unsigned system_signature(void) {
    unsigned a = 0, b, c, d;

    return __get_cpuid(1, &a, &b, &c, &d) ? a : 0;
}

USHORT system_processor_level(void) {
    const unsigned signature = system_signature(), family = (signature >> 8) & 15;

    return (USHORT)(family == 15 ? family + ((signature >> 20) & 255) : family);
}

USHORT system_processor_revision(void) {
    const unsigned signature = system_signature();

    return (USHORT)((((signature >> 12) & 0xF0) | ((signature >> 4) & 15)) << 8 | (signature & 15));
}

void system_memory_read(struct system_memory *memory) {
    FILE *const file = fopen("/proc/meminfo", "re");
    char line[SYSTEM_LINE], name[32];
    unsigned long long kib;

    memset(memory, 0, sizeof *memory);
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "%31[^:]: %llu", name, &kib) != 2)
            continue;
        if (!strcmp(name, "MemTotal"))
            memory->total = kib << 10;
        else if (!strcmp(name, "MemAvailable"))
            memory->available = kib << 10;
        else if (!strcmp(name, "SwapTotal"))
            memory->swap_total = kib << 10;
        else if (!strcmp(name, "SwapFree"))
            memory->swap_free = kib << 10;
    }
    if (file)
        fclose(file);
}

bool system_cpu_times_read(int processor, struct system_cpu_times *times) {
    FILE *const file = fopen("/proc/stat", "re");
    const uint64_t unit = 10000000u / (uint64_t)sysconf(_SC_CLK_TCK);
    unsigned long long user, nice, kernel, idle, iowait, irq, softirq;
    char line[SYSTEM_LINE], name[16], wanted[16] = "cpu";
    bool found = false;

    if (processor >= 0)
        snprintf(wanted, sizeof wanted, "cpu%d", processor);
    while (file && !found && fgets(line, sizeof line, file)) {
        if (sscanf(line, "%15s %llu %llu %llu %llu %llu %llu %llu", name, &user, &nice, &kernel, &idle, &iowait, &irq,
                &softirq) != 8 ||
            strcmp(name, wanted))
            continue;
        *times = (struct system_cpu_times){
            (user + nice) * unit, (kernel + irq + softirq) * unit, (idle + iowait) * unit};
        found = true;
    }
    if (file)
        fclose(file);
    return found;
}

uint64_t system_counter_read(const char *counter) {
    FILE *const file = fopen("/proc/stat", "re");
    unsigned long long value = 0;
    char line[SYSTEM_LINE], name[16];
    bool at_line_start = true;

    while (file && fgets(line, sizeof line, file)) {
        const bool is_line = at_line_start;

        at_line_start = strchr(line, '\n') != NULL; /* "intr" has a number for each of its kinds, which the buffer may not hold */
        if (is_line && sscanf(line, "%15s %llu", name, &value) == 2 && !strcmp(name, counter))
            break;
        value = 0;
    }
    if (file)
        fclose(file);
    return value;
}

/* One line of a file below /sys/devices/system/cpu/cpuN; false: there is none. */
static bool system_read_line(unsigned processor, const char *name, char *line, size_t room) {
    char path[128];
    FILE *file;
    bool done;

    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/%s", processor, name);
    file = fopen(path, "re");
    if (!file)
        return false;
    done = fgets(line, (int)room, file) != NULL;
    fclose(file);
    line[done ? strcspn(line, "\n") : 0] = 0;
    return done;
}

/* "0-3,8" as a mask of the processors below 64. */
static uint64_t system_parse_list(const char *list) {
    uint64_t mask = 0;
    unsigned first, last;
    int used;

    while (sscanf(list, "%u%n", &first, &used) == 1) {
        list += used;
        last = first;
        if (*list == '-' && sscanf(list + 1, "%u%n", &last, &used) == 1)
            list += 1 + used;
        for (unsigned i = first; i <= last && i < SYSTEM_MAX_PROCESSORS; i++)
            mask |= (uint64_t)1 << i;
        if (*list != ',')
            break;
        list++;
    }
    return mask & system_processor_mask();
}

static uint64_t system_read_list(unsigned processor, const char *name, uint64_t otherwise) {
    char line[SYSTEM_LINE];
    const uint64_t mask = system_read_line(processor, name, line, sizeof line) ? system_parse_list(line) : 0;

    return mask ? mask : otherwise;
}

static unsigned system_read_number(unsigned processor, const char *name) {
    char line[SYSTEM_LINE], unit = 0;
    unsigned value = 0;

    if (!system_read_line(processor, name, line, sizeof line) || sscanf(line, "%u%c", &value, &unit) < 1)
        return 0;
    return unit == 'K' ? value << 10 : unit == 'M' ? value << 20 : value;
}

static bool system_read_cache(unsigned processor, unsigned index, struct system_topology_entry *entry) {
    char name[64], type[SYSTEM_LINE];

    snprintf(name, sizeof name, "cache/index%u/type", index);
    if (!system_read_line(processor, name, type, sizeof type))
        return false;
    *entry = (struct system_topology_entry){.relationship = RelationCache};
    entry->cache.Type = type[0] == 'U' ? CacheUnified : type[0] == 'I' ? CacheInstruction : CacheData;
    snprintf(name, sizeof name, "cache/index%u/level", index);
    entry->cache.Level = (BYTE)system_read_number(processor, name);
    snprintf(name, sizeof name, "cache/index%u/ways_of_associativity", index);
    entry->cache.Associativity = (BYTE)system_read_number(processor, name);
    snprintf(name, sizeof name, "cache/index%u/coherency_line_size", index);
    entry->cache.LineSize = (WORD)system_read_number(processor, name);
    snprintf(name, sizeof name, "cache/index%u/size", index);
    entry->cache.Size = system_read_number(processor, name);
    snprintf(name, sizeof name, "cache/index%u/shared_cpu_list", index);
    entry->mask = system_read_list(processor, name, (uint64_t)1 << processor);
    return true;
}

/* What is shared by several processors is told once: by the lowest of them. */
static bool system_is_first(uint64_t mask, unsigned processor) {
    return (unsigned)__builtin_ctzll(mask) == processor;
}

unsigned system_topology_read(struct system_topology_entry *entries, unsigned room) {
    unsigned n = 0;

#define SYSTEM_ADD(...)                                                                                                \
    do {                                                                                                               \
        if (n < room)                                                                                                  \
            entries[n] = (struct system_topology_entry)__VA_ARGS__;                                                    \
        n++;                                                                                                           \
    } while (0)
    for (unsigned processor = 0; processor < system_processor_count(); processor++) {
        const uint64_t alone = (uint64_t)1 << processor;
        const uint64_t core = system_read_list(processor, "topology/thread_siblings_list", alone);
        const uint64_t package = system_read_list(processor, "topology/core_siblings_list", system_processor_mask());
        struct system_topology_entry cache;

        if (system_is_first(core, processor))
            SYSTEM_ADD({.relationship = RelationProcessorCore, .mask = core});
        if (system_is_first(package, processor))
            SYSTEM_ADD({.relationship = RelationProcessorPackage, .mask = package});
        for (unsigned i = 0; i < SYSTEM_MAX_CACHES && system_read_cache(processor, i, &cache); i++)
            if (system_is_first(cache.mask, processor))
                SYSTEM_ADD({.relationship = RelationCache, .mask = cache.mask, .cache = cache.cache});
    }
    SYSTEM_ADD({.relationship = RelationNumaNode, .mask = system_processor_mask()});
#undef SYSTEM_ADD
    return n;
}
