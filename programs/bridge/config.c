/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be bridged: FROM TO [OPTION]..., on the command line and in each line of a file. */
#include "programs/bridge/bridge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define WORDS_MAX 16
#define WAIT_MAX_S 3600
#define WAIT_DEFAULT_MS 2000u
#define PIPE_PREFIX "\\\\.\\pipe\\"
#define PREFIX_LENGTH (sizeof PIPE_PREFIX - 1)

/* \\.\pipe\NAME, or with slashes, which shells leave alone. */
static bool word_is_pipe(const char *word) {
    for (size_t i = 0; i < PREFIX_LENGTH; i++) {
        const char c = word[i] == '/' ? '\\' : word[i] >= 'A' && word[i] <= 'Z' ? (char)(word[i] + 32) : word[i];

        if (c != PIPE_PREFIX[i])
            return false;
    }
    return true;
}

static const char *pipe_name_set(struct bridge *bridge, const char *word) {
    if (!word[PREFIX_LENGTH])
        return "the pipe has no name";
    if (strlen(word) >= sizeof bridge->pipe)
        return "a pipe's name has at most 256 characters, \\\\.\\pipe\\ included";
    strcpy(bridge->pipe, PIPE_PREFIX);
    strcat(bridge->pipe, word + PREFIX_LENGTH);
    return NULL;
}

/* A path that begins with ~/ or with $NAME/.  Return: its first part's value, the rest in *rest; NULL: not set. */
static const char *path_begin(const char *word, const char **rest) {
    char name[64];

    *rest = word;
    if (word[0] == '~' && word[1] == '/') {
        *rest = word + 1;
        return getenv("HOME");
    }
    if (word[0] != '$')
        return "";
    *rest = strchrnul(word, '/');
    snprintf(name, sizeof name, "%.*s", (int)(*rest - word - 1), word + 1);
    return getenv(name);
}

static const char *socket_path_set(struct bridge *bridge, const char *word) {
    const char *rest, *begin = path_begin(word, &rest);
    const size_t room = sizeof bridge->socket.sun_path;

    if (!begin)
        return "the variable that the socket's path begins with is not set";
    if (!*begin && !*rest)
        return "the socket's path is empty";
    if ((size_t)snprintf(bridge->socket.sun_path, room, "%s%s", begin, rest) >= room)
        return "a socket's path has at most 107 bytes";
    bridge->socket.sun_family = AF_UNIX;
    return NULL;
}

/* Return: whether the word is digits only, with their value. */
static bool number_read(const char *word, int base, unsigned long max, unsigned long *value) {
    char *end;

    errno = 0;
    *value = strtoul(word, &end, base);
    return *word >= '0' && *word <= '9' && !*end && !errno && *value <= max;
}

static const char *option_apply(struct bridge *bridge, const char *word) {
    unsigned long value;

    if (!strcmp(word, "packets")) {
        bridge->packets = bridge->messages = true;
        return NULL;
    }
    if (!strcmp(word, "messages")) {
        bridge->messages = true;
        return bridge->from_pipe ? NULL : "messages is for a pipe that the bridge serves: it comes first";
    }
    if (!strncmp(word, "mode=", 5)) {
        if (bridge->from_pipe)
            return "mode= is for a socket that the bridge serves: it comes first";
        if (!number_read(word + 5, 8, 0777, &value))
            return "mode= takes octal digits, 0600 to 0777";
        bridge->mode = (mode_t)value;
        return NULL;
    }
    if (!strncmp(word, "wait=", 5)) {
        if (!number_read(word + 5, 10, WAIT_MAX_S, &value))
            return "wait= takes seconds, 0 to 3600";
        bridge->wait_ms = (unsigned)value * 1000;
        return NULL;
    }
    return "the options are mode=OCTAL, wait=SECONDS, messages and packets";
}

const char *bridge_parse(struct bridge *bridge, char **words, int n) {
    const char *wrong;

    *bridge = (struct bridge){.mode = 0600, .wait_ms = WAIT_DEFAULT_MS, .listener = -1, .lock = -1};
    if (n < 2)
        return "a bridge has two sides: FROM TO [OPTION]...";
    bridge->from_pipe = word_is_pipe(words[0]);
    if (bridge->from_pipe == word_is_pipe(words[1]))
        return "one side is a pipe, \\\\.\\pipe\\NAME (in quotes) or //./pipe/NAME, the other a socket's path";
    wrong = pipe_name_set(bridge, words[bridge->from_pipe ? 0 : 1]);
    if (!wrong)
        wrong = socket_path_set(bridge, words[bridge->from_pipe ? 1 : 0]);
    for (int i = 2; i < n && !wrong; i++)
        wrong = option_apply(bridge, words[i]);
    return wrong;
}

/* Words of a line, in place: between blanks, or in "double quotes"; # begins a comment.  Return: their number, -1 if
 * there are too many or a quote is open. */
static int line_split(char *line, char *words[WORDS_MAX]) {
    int n = 0;

    for (;;) {
        line += strspn(line, " \t\r\n");
        if (!*line || *line == '#')
            return n;
        if (n == WORDS_MAX)
            return -1;
        if (*line == '"') {
            words[n++] = ++line;
            line = strchr(line, '"');
            if (!line)
                return -1;
        } else {
            words[n++] = line;
            line += strcspn(line, " \t\r\n");
        }
        if (*line)
            *line++ = 0;
    }
}

/* Return: what is wrong with the line, or NULL; a bridge, if it has one, stands in *bridge. */
static const char *line_read(char *line, struct bridge **bridge) {
    char *words[WORDS_MAX];
    const int n = line_split(line, words);
    const char *wrong;

    *bridge = NULL;
    if (!n)
        return NULL;
    if (n < 0)
        return "a quote is not closed, or there are too many words";
    *bridge = malloc(sizeof **bridge);
    wrong = *bridge ? bridge_parse(*bridge, words, n) : "out of memory";
    if (wrong) {
        free(*bridge);
        *bridge = NULL;
    }
    return wrong;
}

bool bridge_read_config(const char *path, struct bridge **list) {
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    bool right = true;

    if (!file) {
        bridge_say("%s: %s", path, strerror(errno));
        return false;
    }
    for (unsigned number = 1; getline(&line, &room, file) >= 0; number++) {
        struct bridge *bridge;
        const char *wrong = line_read(line, &bridge);

        if (wrong) {
            bridge_say("%s:%u: %s", path, number, wrong);
            right = false;
        }
        if (bridge) {
            *list = bridge;
            list = &bridge->next;
        }
    }
    if (ferror(file)) {
        bridge_say("%s: %s", path, strerror(errno));
        right = false;
    }
    free(line);
    fclose(file);
    return right;
}
