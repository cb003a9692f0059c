/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What start-up code calls before main: the command line taken apart by Microsoft's rules, wildcards, initialiser
 * tables. Source of the rules: https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments
 */
#include <pthread.h>
#include <stdlib.h>

#include "dlls/msvcrt/crt_functions.h"
#include "dlls/msvcrt/environ.h"

/* Data exports: _acmdln, _wcmdln, __argc, __argv, __wargv, _pgmptr, _wpgmptr, _winmajor … */
char *crt_acmdln;
WCHAR *crt_wcmdln;
int crt_argc;
char **crt_argv;
WCHAR **crt_wargv;
char *crt_pgmptr;
WCHAR *crt_wpgmptr;
int crt_app_type;
unsigned crt_osver, crt_winver, crt_winmajor = 10, crt_winminor;

struct word_list {
    WCHAR **words;
    int n;
};

static void list_add(struct word_list *list, WCHAR *word) {
    WCHAR **grown = realloc(list->words, (list->n + 2) * sizeof(*grown));
    if (!grown || !word)
        crt_fatal("not enough memory for arguments");
    list->words = grown;
    list->words[list->n++] = word;
    list->words[list->n] = NULL;
}

/* The program's name: backslashes mean nothing in it; quotes only hold blanks together. */
static const WCHAR *program_name(const WCHAR *at, WCHAR *out) {
    bool quoted = false;
    for (; *at && (quoted || (*at != ' ' && *at != '\t')); at++) {
        if (*at == '"')
            quoted = !quoted;
        else
            *out++ = *at;
    }
    *out = 0;
    return at;
}

/*
 * One argument: 2n backslashes before a quote are n and the quote is a delimiter; 2n+1 are n and the quote is itself; a
 * quote doubled within quotes is one quote.  *wild: it holds a wildcard outside quotes.
 */
static const WCHAR *argument(const WCHAR *at, WCHAR *out, bool *wild) {
    bool quoted = false;
    *wild = false;
    for (;;) {
        size_t backslashes = 0;
        for (; *at == '\\'; at++)
            backslashes++;
        if (*at == '"') {
            for (size_t i = 0; i < backslashes / 2; i++)
                *out++ = '\\';
            if (backslashes % 2) {
                *out++ = *at++;
            } else if (quoted && at[1] == '"') {
                *out++ = '"';
                at += 2;
            } else {
                quoted = !quoted;
                at++;
            }
            continue;
        }
        while (backslashes--)
            *out++ = '\\';
        if (!*at || (!quoted && (*at == ' ' || *at == '\t')))
            break;
        *wild |= !quoted && (*at == '*' || *at == '?');
        *out++ = *at++;
    }
    *out = 0;
    return at;
}

static int word_order(const void *a, const void *b) {
    return _wcsicmp(*(WCHAR *const *)a, *(WCHAR *const *)b);
}

/* Adds the files that the pattern names, sorted; the pattern itself when there are none. */
static void list_add_matches(struct word_list *list, const WCHAR *pattern) {
    size_t folder = 0;
    for (size_t i = 0; pattern[i]; i++)
        if (pattern[i] == '\\' || pattern[i] == '/' || pattern[i] == ':')
            folder = i + 1;
    WIN32_FIND_DATAW found;
    const HANDLE search = FindFirstFileW(pattern, &found);
    const int first = list->n;
    if (search != INVALID_HANDLE_VALUE) {
        do {
            if (found.cFileName[0] == '.' &&
                (!found.cFileName[1] || (found.cFileName[1] == '.' && !found.cFileName[2])))
                continue;
            const size_t length = crt_wcslen(found.cFileName);
            WCHAR *word = malloc((folder + length + 1) * sizeof(WCHAR));
            if (word) {
                memcpy(word, pattern, folder * sizeof(WCHAR));
                memcpy(word + folder, found.cFileName, (length + 1) * sizeof(WCHAR));
            }
            list_add(list, word);
        } while (FindNextFileW(search, &found));
        FindClose(search);
    }
    if (list->n == first)
        list_add(list, crt_wcsdup(pattern));
    else
        qsort(list->words + first, list->n - first, sizeof(WCHAR *), word_order);
}

static void arguments_read(const WCHAR *line, bool wildcards) {
    struct word_list list = {NULL, 0};
    WCHAR *word = malloc((crt_wcslen(line) + 1) * sizeof(WCHAR));
    if (!word)
        crt_fatal("not enough memory for arguments");
    const WCHAR *at = program_name(line, word);
    list_add(&list, crt_wcsdup(word));
    for (;;) {
        while (*at == ' ' || *at == '\t')
            at++;
        if (!*at)
            break;
        bool wild;
        at = argument(at, word, &wild);
        if (wild && wildcards)
            list_add_matches(&list, word);
        else
            list_add(&list, crt_wcsdup(word));
    }
    free(word);
    crt_wargv = list.words;
    crt_argc = list.n;
    crt_argv = calloc(list.n + 1, sizeof(*crt_argv));
    for (int i = 0; i < list.n; i++)
        if (!crt_argv || !(crt_argv[i] = crt_ansi_from_wide(list.words[i])))
            crt_fatal("not enough memory for arguments");
}

/* Fills the data exports that start-up code reads without a call; runs when the library is loaded into a process. */
static void data_init(void) {
    if (crt_wcmdln)
        return;
    crt_wcmdln = GetCommandLineW();
    crt_acmdln = GetCommandLineA();
    environ_init();
}

static WCHAR program_path[MAX_PATH];

static void arguments_init(int wildcards) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    data_init();
    if (!crt_wargv) {
        arguments_read(crt_wcmdln, wildcards);
        GetModuleFileNameW(NULL, program_path, MAX_PATH);
        crt_wpgmptr = program_path;
        crt_pgmptr = crt_ansi_from_wide(program_path);
    }
    pthread_mutex_unlock(&lock);
}

/* __getmainargs() - argc, argv and envp for main; wildcards: expand * and ?; new_mode: one int for _set_new_mode. */
int CDECL __getmainargs(int *argc, char ***argv, char ***env, int wildcards, int *new_mode) {
    arguments_init(wildcards);
    if (new_mode)
        _set_new_mode(*new_mode);
    *argc = crt_argc;
    *argv = crt_argv;
    *env = crt_environ;
    return 0;
}

int CDECL __wgetmainargs(int *argc, WCHAR ***argv, WCHAR ***env, int wildcards, int *new_mode) {
    arguments_init(wildcards);
    if (new_mode)
        _set_new_mode(*new_mode);
    *argc = crt_argc;
    *argv = crt_wargv;
    *env = crt_wenviron;
    return 0;
}

typedef void(CDECL *initialiser)(void);
typedef int(CDECL *checked_initialiser)(void);

void CDECL _initterm(initialiser *begin, initialiser *end) {
    for (; begin < end; begin++)
        if (*begin)
            (*begin)();
}

int CDECL _initterm_e(checked_initialiser *begin, checked_initialiser *end) {
    int error = 0;
    for (; begin < end && !error; begin++)
        if (*begin)
            error = (*begin)();
    return error;
}

void CDECL __set_app_type(int type) {
    crt_app_type = type;
}
int CDECL _get_app_type(void) {
    return crt_app_type;
}
char **CDECL __p__acmdln(void) {
    return data_init(), &crt_acmdln;
}
WCHAR **CDECL __p__wcmdln(void) {
    return data_init(), &crt_wcmdln;
}
int *CDECL __p___argc(void) {
    return &crt_argc;
}
char ***CDECL __p___argv(void) {
    return &crt_argv;
}
WCHAR ***CDECL __p___wargv(void) {
    return &crt_wargv;
}
char **CDECL __p__pgmptr(void) {
    return &crt_pgmptr;
}
WCHAR **CDECL __p__wpgmptr(void) {
    return &crt_wpgmptr;
}
int CDECL _get_pgmptr(char **out) {
    return out ? *out = crt_pgmptr, 0 : EINVAL;
}
int CDECL _get_wpgmptr(WCHAR **out) {
    return out ? *out = crt_wpgmptr, 0 : EINVAL;
}

/* The library's DllMain: what programs read without a call is there from the start; what was not flushed is at the end.
 */
BOOL WINAPI winipc_dllmain_msvcrt(HINSTANCE module, DWORD reason, void *reserved) {
    (void)module;
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        data_init();
    if (reason == DLL_PROCESS_DETACH)
        crt_end();
    return TRUE;
}
