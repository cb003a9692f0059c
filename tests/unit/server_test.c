/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * winipcd by its socket, as a process sees it: one server however many start it at once, names, pairing, deaths, and what it does with
 * nonsense.  Each test has a session of its own, whose server ends shortly after the test's last process.
 */
#define WIN32_LEAN_AND_MEAN /* no winsock */
#include "tests/unit/unit.h"

#include "libs/arena/arena.h"
#include "libs/arena/file_kind.h"
#include "libs/arena/object.h"
#include "libs/arena/pipe_state.h"
#include "libs/arena/wait.h"
#include "libs/protocol/client.h"
#include "libs/protocol/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define RACERS 20

static char folder[256];

static void session_make(void) {
    const char *build = getenv("BUILD");
    char path[4096];

    snprintf(folder, sizeof folder, "%.200s/session-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("XDG_RUNTIME_DIR", folder, 1);
    setenv("WINIPC_LINGER_MS", "100", 1);
    snprintf(path, sizeof path, "%s/winipcd", build ? build : "build");
    setenv("WINIPC_SERVER", path, 0);
}

/* As a process of the session, with a thread slot. */
static void session_join(void) {
    ck_assert_int_eq(server_enter(ARENA_MAX_PROCESSES), 0);
    atomic_store(&winipc_arena->process[arena_process].pid, (uint32_t)getpid());
    arena_thread_enter(thread_slot_claim(arena_process));
    object_gone = server_cell_gone;
}

static bool session_socket_there(void) {
    struct stat status;
    char path[512];

    snprintf(path, sizeof path, "%s/winipc-" SESSION_BUILD "/server", folder, SESSION_BUILD_VALUES);
    return stat(path, &status) == 0;
}

static void ping(void) {
    const struct request_ping request = {.cookie = 0x123456789abcdef};
    struct reply_ping reply;

    ck_assert_int_eq(server_ping(&request, &reply), 0);
    ck_assert_uint_eq(reply.cookie, 0x123456789abcdef);
}

/* ---- start and end ---- */

START_TEST(test_ping) {
    struct stat status;
    char path[512];

    session_make();
    session_join();
    ping();
    ck_assert_uint_lt(arena_process, ARENA_MAX_PROCESSES);
    snprintf(path, sizeof path, "%s/winipc-" SESSION_BUILD, folder, SESSION_BUILD_VALUES);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0700);
}
END_TEST

START_TEST(test_race) {
    int gate[2], result[2];
    uint32_t first = 0;

    session_make();
    ck_assert_int_eq(pipe(gate), 0);
    ck_assert_int_eq(pipe(result), 0);
    for (int i = 0; i < RACERS; i++) {
        if (fork())
            continue;
        uint32_t answer[2] = {0, 0};
        char byte;

        close(gate[1]);
        (void)!read(gate[0], &byte, 1); /* until the gate opens */
        if (server_enter(ARENA_MAX_PROCESSES) == 0) {
            answer[0] = atomic_load(&winipc_arena->header.server_pid);
            answer[1] = arena_process;
        }
        (void)!write(result[1], answer, sizeof answer);
        (void)!read(result[0], &byte, 0);
        pause();
    }
    close(gate[0]);
    close(gate[1]);
    uint64_t slots = 0;
    for (int i = 0; i < RACERS; i++) {
        uint32_t answer[2];

        ck_assert_int_eq(read(result[0], answer, sizeof answer), sizeof answer);
        first = first ? first : answer[0];
        ck_assert_uint_ne(answer[0], 0);
        ck_assert_uint_eq(answer[0], first);
        ck_assert_uint_lt(answer[1], 64);
        ck_assert_uint_eq(slots >> answer[1] & 1, 0);
        slots |= 1ull << answer[1];
    }
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    while (wait(NULL) > 0)
        ;
}
END_TEST

START_TEST(test_holds_nothing) {
    int fds[2];
    char byte;
    pid_t child;

    session_make();
    ck_assert_int_eq(pipe(fds), 0);
    child = fork();
    if (!child) {
        dup2(fds[1], 1); /* not close-on-exec, and one of the standard three */
        _exit(server_enter(ARENA_MAX_PROCESSES) != 0);
    }
    close(fds[1]);
    ck_assert_int_eq(read(fds[0], &byte, 1), 0); /* end of file as soon as the child has gone: the server runs still */
    waitpid(child, NULL, 0);
}
END_TEST

START_TEST(test_linger) {
    pid_t child;

    session_make();
    child = fork();
    if (!child)
        _exit(server_enter(ARENA_MAX_PROCESSES) != 0);
    waitpid(child, NULL, 0);
    while (session_socket_there())
        usleep(1000);
    session_join(); /* and the next one starts another */
    ping();
}
END_TEST

START_TEST(test_folder) {
    struct session_folder session;
    char path[512];

    session_make();
    snprintf(path, sizeof path, "%s/winipc-" SESSION_BUILD, folder, SESSION_BUILD_VALUES);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    ck_assert_int_eq(session_folder_open(&session, NULL), -EPERM);
    rmdir(path);
    ck_assert_int_eq(symlink("/tmp", path), 0);
    ck_assert_int_lt(session_folder_open(&session, NULL), 0);
    unlink(path);
    ck_assert_int_eq(session_folder_open(&session, NULL), 0);
    session_folder_close(&session);
    setenv("XDG_RUNTIME_DIR", "relative", 1);
    ck_assert_int_eq(session_folder_open(&session, NULL), 0);
    ck_assert_int_eq(strncmp(session.path, "/tmp/winipc-", 12), 0);
}
END_TEST

/* ---- names ---- */

static uint64_t reserve(void) {
    const uint64_t handle = handle_reserve(arena_process);

    ck_assert_uint_ne(handle, 0);
    return handle;
}

static uint32_t length_of(const uint16_t *text) {
    uint32_t n = 0;

    while (text[n])
        n++;
    return n;
}

static int32_t create(uint64_t handle, const uint16_t *name, enum cell_type type, uint32_t attributes) {
    const struct request_object_create request = {.handle = handle,
        .type = type,
        .attributes = attributes,
        .access = 0x1f0003,
        .maximum = type == CELL_SEMAPHORE ? 5 : 0,
        .word = type == CELL_EVENT ? WORD_SIGNALED : 0,
        .name = name,
        .n_name = length_of(name)};
    struct reply_object_create reply;

    return server_object_create(&request, &reply);
}

static int32_t open_name(uint64_t handle, const uint16_t *name, enum cell_type type, uint32_t attributes) {
    const struct request_object_open request = {
        .handle = handle, .type = type, .attributes = attributes, .access = 3, .name = name, .n_name = length_of(name)};
    struct reply_object_open reply;

    return server_object_open(&request, &reply);
}

START_TEST(test_names) {
    const uint16_t *name = u"\\Sessions\\1\\BaseNamedObjects\\a name that is longer than one piece of the arena";
    uint64_t a, b, c;
    struct cell *cell;

    session_make();
    session_join();
    a = reserve(), b = reserve(), c = reserve();
    ck_assert_int_eq(create(a, name, CELL_EVENT, OBJ_OPENIF), STATUS_SUCCESS);
    cell = cell_at(ENTRY_CELL(handle_get(a)));
    ck_assert_uint_eq(cell_type(cell), CELL_EVENT);
    ck_assert_uint_eq(atomic_load(&cell->word), WORD_OF(CELL_EVENT) | WORD_SIGNALED);
    ck_assert_uint_eq((uint32_t)atomic_load(&cell->refs), 1);
    ck_assert_uint_ne(atomic_load(&cell->name), 0);
    ck_assert_int_eq(create(b, name, CELL_EVENT, 0), STATUS_OBJECT_NAME_COLLISION);
    ck_assert_int_eq(create(b, name, CELL_MUTANT, OBJ_OPENIF), STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_int_eq(create(b, name, CELL_EVENT, OBJ_OPENIF), STATUS_OBJECT_NAME_EXISTS);
    ck_assert_uint_eq((uint32_t)atomic_load(&cell->refs), 2);
    ck_assert_int_eq(create(b, name, CELL_EVENT, OBJ_OPENIF), STATUS_INVALID_HANDLE); /* that entry is not reserved any more */
    ck_assert_int_eq(open_name(c, name, CELL_SEMAPHORE, 0), STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_int_eq(open_name(c, name, CELL_EVENT, 0), STATUS_SUCCESS);
    ck_assert_int_eq(handle_close(arena_process, a), 0);
    ck_assert_int_eq(handle_close(arena_process, b), 0);
    a = reserve();
    ck_assert_int_eq(open_name(a, name, CELL_EVENT, 0), STATUS_SUCCESS);
    ck_assert_int_eq(handle_close(arena_process, a), 0);
    ck_assert_int_eq(handle_close(arena_process, c), 0);
    a = reserve();
    ck_assert_int_eq(open_name(a, name, CELL_EVENT, 0), STATUS_OBJECT_NAME_NOT_FOUND);
}
END_TEST

START_TEST(test_name_space) {
    uint64_t a, b;

    session_make();
    session_join();
    a = reserve(), b = reserve();
    ck_assert_int_eq(create(a, u"\\Sessions\\1\\BaseNamedObjects\\x", CELL_MUTANT, 0), STATUS_SUCCESS);
    ck_assert_int_eq(open_name(b, u"\\BaseNamedObjects\\x", CELL_MUTANT, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_int_eq(open_name(b, u"\\Sessions\\1\\BaseNamedObjects\\X", CELL_MUTANT, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_int_eq(open_name(b, u"\\sessions\\1\\basenamedobjects\\X", CELL_MUTANT, OBJ_CASE_INSENSITIVE), STATUS_SUCCESS);
    b = reserve();
    ck_assert_int_eq(open_name(b, u"\\Sessions\\1\\BaseNamedObjects\\Local\\x", CELL_MUTANT, 0), STATUS_SUCCESS);
    b = reserve();
    ck_assert_int_eq(open_name(b, u"\\Sessions\\1\\BaseNamedObjects\\Session\\1\\x", CELL_MUTANT, 0), STATUS_SUCCESS);
    b = reserve();
    ck_assert_int_eq(
        open_name(b, u"\\Sessions\\1\\BaseNamedObjects\\Global\\Local\\x", CELL_MUTANT, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_int_eq(
        open_name(b, u"\\Sessions\\1\\BaseNamedObjects\\Global\\x", CELL_MUTANT, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_int_eq(create(b, u"\\Sessions\\1\\BaseNamedObjects\\Global\\x", CELL_EVENT, 0), STATUS_SUCCESS);
    b = reserve();
    ck_assert_int_eq(open_name(b, u"\\BaseNamedObjects\\x", CELL_EVENT, 0), STATUS_SUCCESS);
    b = reserve();
    ck_assert_int_eq(create(b, u"\\Sessions\\1\\BaseNamedObjects\\x\\y", CELL_EVENT, 0), STATUS_OBJECT_PATH_NOT_FOUND);
    ck_assert_int_eq(create(b, u"\\Sessions\\1\\BaseNamedObjects\\x\\", CELL_EVENT, 0), STATUS_OBJECT_NAME_INVALID);
    ck_assert_int_eq(create(b, u"x", CELL_EVENT, 0), STATUS_OBJECT_PATH_SYNTAX_BAD);
    ck_assert_int_eq(create(b, u"", CELL_EVENT, 0), STATUS_OBJECT_PATH_SYNTAX_BAD);
    ck_assert_int_eq(create(b, u"\\Nowhere\\x", CELL_EVENT, 0), STATUS_OBJECT_PATH_NOT_FOUND);
    ck_assert_int_eq(
        create(b, u"\\Sessions\\1\\BaseNamedObjects\\Session\\7\\x", CELL_EVENT, 0), STATUS_OBJECT_PATH_NOT_FOUND);
}
END_TEST

START_TEST(test_directories) {
    struct request_object_open request = {.type = CELL_DIRECTORY, .name = u"\\Sessions\\1\\BaseNamedObjects", .n_name = 28};
    struct reply_object_open reply;
    uint64_t root, handle;

    session_make();
    session_join();
    request.n_name = length_of(request.name);
    request.handle = root = reserve();
    ck_assert_int_eq(server_object_open(&request, &reply), STATUS_SUCCESS);
    handle = reserve();
    ck_assert_int_eq(create(handle, u"\\Sessions\\1\\BaseNamedObjects\\r", CELL_SEMAPHORE, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(cell_at(ENTRY_CELL(handle_get(handle)))->semaphore.maximum, 5);
    request = (struct request_object_open){
        .handle = reserve(), .root = root, .type = CELL_SEMAPHORE, .name = u"Local\\r", .n_name = 7};
    ck_assert_int_eq(server_object_open(&request, &reply), STATUS_SUCCESS);
    request.handle = reserve();
    request.root = handle;
    ck_assert_int_eq(server_object_open(&request, &reply), STATUS_OBJECT_TYPE_MISMATCH);
    request.root = 0x44444;
    ck_assert_int_eq(server_object_open(&request, &reply), STATUS_INVALID_HANDLE);
}
END_TEST

/* ---- pipes ---- */

static int ring_make(void) {
    const int fd = memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    ck_assert_int_eq(ftruncate(fd, 8192), 0);
    ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    return fd;
}

static struct request_pipe_create pipe_request(const uint16_t *name) {
    return (struct request_pipe_create){.handle = reserve(),
        .configuration = FILE_PIPE_FULL_DUPLEX,
        .maximum = 2,
        .quota_in = 4096,
        .quota_out = 4096,
        .disposition = FILE_OPEN_IF,
        .access = 0x12019f,
        .name = name,
        .n_name = length_of(name),
        .fd = ring_make()};
}

static int32_t pipe_open(const uint16_t *name, uint32_t access, struct reply_pipe_open *reply) {
    const struct request_pipe_open request = {
        .handle = reserve(), .access = access, .name = name, .n_name = length_of(name)};

    reply->fd = -1;
    return server_pipe_open(&request, reply);
}

START_TEST(test_pipe) {
    const uint16_t *name = u"\\Device\\NamedPipe\\some\\pipe", *other = u"\\??\\PIPE\\Some\\PIPE";
    struct request_pipe_create request;
    struct reply_pipe_create made;
    struct reply_pipe_open opened;
    struct stat status;
    uint64_t server_end;

    session_make();
    session_join();
    ck_assert_int_eq(pipe_open(other, FILE_READ_DATA, &opened), STATUS_OBJECT_NAME_NOT_FOUND);
    request = pipe_request(name);
    request.disposition = FILE_OPEN;
    ck_assert_int_eq(server_pipe_create(&request, &made), STATUS_OBJECT_NAME_NOT_FOUND);
    request.disposition = FILE_CREATE;
    server_end = request.handle;
    ck_assert_int_eq(server_pipe_create(&request, &made), STATUS_SUCCESS);
    ck_assert_uint_eq(made.information, FILE_CREATED);
    ck_assert_uint_eq(ENTRY_CELL(handle_get(server_end)), made.file);
    ck_assert_uint_eq(PIPE_STATE(atomic_load(&cell_at(made.instance)->instance.status)), PIPE_LISTENING);
    ck_assert_int_eq(pipe_open(other, FILE_READ_DATA, &opened), STATUS_SUCCESS);
    ck_assert_uint_eq(opened.instance, made.instance);
    ck_assert_int_eq(fstat(opened.fd, &status), 0);
    ck_assert_int_eq(status.st_size, 8192);
    ck_assert_uint_eq(PIPE_STATE(atomic_load(&cell_at(made.instance)->instance.status)), PIPE_CONNECTED);
    ck_assert_int_eq(pipe_open(name, FILE_READ_DATA, &opened), STATUS_PIPE_NOT_AVAILABLE);
    handle_close(arena_process, server_end);
    ck_assert_uint_eq(PIPE_STATE(atomic_load(&cell_at(made.instance)->instance.status)), PIPE_CLOSING);
    ck_assert_int_eq(pipe_open(name, FILE_READ_DATA, &opened), STATUS_OBJECT_NAME_NOT_FOUND);
}
END_TEST

START_TEST(test_pipe_limits) {
    struct request_pipe_create request;
    struct request_pipe_wait_handle wait;
    struct reply_pipe_wait_handle waiting;
    struct reply_pipe_create made;
    struct reply_pipe_open opened;
    const uint16_t *name = u"\\??\\pipe\\limited";

    session_make();
    session_join();
    request = pipe_request(name);
    request.configuration = FILE_PIPE_INBOUND;
    request.timeout_100ns = 500000;
    ck_assert_int_eq(server_pipe_create(&request, &made), STATUS_SUCCESS);
    request.handle = reserve();
    request.disposition = FILE_CREATE;
    ck_assert_int_eq(server_pipe_create(&request, &made), STATUS_ACCESS_DENIED);
    request.disposition = FILE_OPEN_IF;
    request.type = 1;
    ck_assert_int_eq(server_pipe_create(&request, &made), STATUS_ACCESS_DENIED);
    request.type = 0;
    ck_assert_int_eq(server_pipe_create(&request, &made), STATUS_SUCCESS);
    ck_assert_uint_eq(made.information, FILE_OPENED);
    const struct request_pipe_ring ring = {.instance = made.instance};
    request.handle = reserve();
    ck_assert_int_eq(server_pipe_create(&request, &made), STATUS_INSTANCE_NOT_AVAILABLE);
    ck_assert_int_eq(pipe_open(name, FILE_READ_DATA, &opened), STATUS_ACCESS_DENIED);
    ck_assert_int_eq(pipe_open(u"\\??\\pipe\\", FILE_READ_DATA, &opened), STATUS_OBJECT_NAME_INVALID);
    wait = (struct request_pipe_wait_handle){.handle = reserve(), .name = name, .n_name = length_of(name)};
    ck_assert_int_eq(server_pipe_wait_handle(&wait, &waiting), STATUS_SUCCESS);
    ck_assert_uint_eq(waiting.timeout_100ns, 500000);
    ck_assert_uint_eq(cell_type(cell_at(ENTRY_CELL(handle_get(wait.handle)))), CELL_PIPE);
    struct reply_pipe_ring got;
    ck_assert_int_eq(server_pipe_ring(&ring, &got), STATUS_SUCCESS);
    ck_assert_int_ge(got.fd, 0);
    request = pipe_request(u"\\??\\pipe\\unsealed");
    request.fd = memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ck_assert_int_eq(ftruncate(request.fd, 8192), 0);
    ck_assert_int_eq(server_pipe_create(&request, &made), STATUS_INVALID_PARAMETER);
}
END_TEST

/* ---- deaths ---- */

START_TEST(test_death) {
    const uint16_t *name = u"\\BaseNamedObjects\\of the dead";
    const uint16_t *pipe_name = u"\\??\\pipe\\of the dead";
    struct reply_pipe_open opened;
    int ready[2];
    char byte;
    pid_t child;

    session_make();
    ck_assert_int_eq(pipe(ready), 0);
    child = fork();
    if (!child) {
        struct request_pipe_create request;
        struct reply_pipe_create made;

        session_join();
        create(reserve(), name, CELL_EVENT, 0);
        request = pipe_request(pipe_name);
        server_pipe_create(&request, &made);
        (void)!write(ready[1], "", 1);
        pause();
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    session_join();
    ck_assert_int_eq(pipe_open(pipe_name, FILE_READ_DATA, &opened), STATUS_SUCCESS);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    for (;;) {
        const uint64_t handle = reserve();

        if (open_name(handle, name, CELL_EVENT, 0) == STATUS_OBJECT_NAME_NOT_FOUND)
            break;
        ck_assert_int_eq(handle_close(arena_process, handle), 0); /* the server has not seen the death yet: then we must not keep it */
    }
    while (PIPE_STATE(atomic_load(&cell_at(opened.instance)->instance.status)) != PIPE_CLOSING)
        ping();
    ck_assert_int_eq(pipe_open(pipe_name, FILE_READ_DATA, &opened), STATUS_OBJECT_NAME_NOT_FOUND);
}
END_TEST

/* A child that never says hello is watched all the same. */
START_TEST(test_death_unseen) {
    struct request_process_created created;
    struct process_slot *slot;
    pid_t child;

    session_make();
    session_join();
    created.slot = process_slot_claim();
    slot = &winipc_arena->process[created.slot];
    child = fork();
    if (!child) {
        pause();
        _exit(0);
    }
    created.pid = (uint32_t)child;
    created.fd = (int)syscall(SYS_pidfd_open, child, 0);
    server_process_created(&created);
    ping();
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (SLOT_LIFE(atomic_load(&slot->state)) != SLOT_FREE)
        ping();
}
END_TEST

/* A child that its parent could not announce any more is swept all the same. */
START_TEST(test_death_of_orphan) {
    struct process_slot *slot;
    int told[2];
    uint32_t claimed;
    pid_t child;

    session_make();
    session_join();
    ck_assert_int_eq(pipe(told), 0);
    child = fork();
    if (!child) {
        winipc_arena = NULL; /* not its parent's slot */
        session_join();
        claimed = process_slot_claim();
        (void)!write(told[1], &claimed, sizeof claimed);
        pause();
    }
    ck_assert_int_eq(read(told[0], &claimed, sizeof claimed), sizeof claimed);
    slot = &winipc_arena->process[claimed];
    ck_assert_int_eq(SLOT_LIFE(atomic_load(&slot->state)), SLOT_STARTING);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (SLOT_LIFE(atomic_load(&slot->state)) != SLOT_FREE)
        ping();
}
END_TEST

/* ---- somebody holds a lock ---- */

START_TEST(test_busy_lock) {
    const uint16_t *name = u"\\??\\pipe\\busy";
    struct request_pipe_create request;
    struct reply_pipe_create made;
    struct reply_pipe_open opened;
    int done[2], status;
    pid_t child;

    session_make();
    session_join();
    request = pipe_request(name);
    ck_assert_int_eq(server_pipe_create(&request, &made), STATUS_SUCCESS);
    ck_assert_int_eq(pipe(done), 0);
    ck_assert(cell_lock(cell_at(made.instance)));
    child = fork();
    if (!child) {
        winipc_arena = NULL;
        session_join();
        _exit(pipe_open(name, FILE_READ_DATA, &opened) != STATUS_SUCCESS);
    }
    for (int i = 0; i < 1000; i++)
        ping(); /* we are served while the child's request waits */
    ck_assert_int_eq(waitpid(child, NULL, WNOHANG), 0);
    cell_unlock(cell_at(made.instance));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

/* ---- nonsense ---- */

START_TEST(test_nonsense) {
    struct session_folder session;
    struct sockaddr_un address;
    socklen_t length;
    char garbage[100] = "this is not a request";

    session_make();
    session_join();
    ck_assert_int_eq(session_folder_open(&session, NULL), 0);
    length = session_address(&session, &address);
    for (int i = 0; i < 20; i++) {
        const int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

        ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, length), 0);
        ck_assert_int_eq(send(fd, garbage, sizeof garbage - (size_t)i, MSG_NOSIGNAL), sizeof garbage - (size_t)i);
        ck_assert_int_le(recv(fd, garbage, sizeof garbage, 0), 0);
        close(fd);
        ping();
    }
}
END_TEST

/* Should two builds meet although the path keeps them apart. */
START_TEST(test_other_build) {
    const struct request_hello hello = {.version = PROTOCOL_LAYOUT + 1, .slot = UINT32_MAX};
    _Alignas(8) uint8_t message[64];
    struct message_header header;
    struct session_folder session;
    struct sockaddr_un address;
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    struct reply_hello reply;
    socklen_t length;
    ssize_t size;

    session_make();
    session_join();
    ck_assert_int_eq(session_folder_open(&session, NULL), 0);
    length = session_address(&session, &address);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, length), 0);
    size = request_hello_encode(message, sizeof message, &hello);
    ck_assert_int_eq(send(fd, message, (size_t)size, MSG_NOSIGNAL), size);
    size = recv(fd, message, sizeof message, 0);
    ck_assert_int_gt(size, 0);
    memcpy(&header, message, sizeof header);
    ck_assert_int_eq(header.status, STATUS_REVISION_MISMATCH);
    ck_assert_int_eq(reply_hello_decode(message, (size_t)size, &reply), 0);
    ck_assert_uint_eq(reply.version, PROTOCOL_LAYOUT);
}
END_TEST

UNIT_MAIN("server", test_ping, test_race, test_holds_nothing, test_linger, test_folder, test_names, test_name_space,
    test_directories, test_pipe, test_pipe_limits, test_death, test_death_unseen, test_death_of_orphan, test_busy_lock,
    test_nonsense, test_other_build)
