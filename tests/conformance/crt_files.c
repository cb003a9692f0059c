/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* msvcrt.dll's descriptors and streams: text mode, positions, buffers, duplicates, pipes, what a child inherits.  An
 * .exe's matter alone. */
#include "harness.h"

#ifndef _WIN32
TEST(streams_are_glibc_s_here) {
    test_skip("a native program has glibc's streams");
}
#else
#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <sys/stat.h>
#include <time.h>

static char path[MAX_PATH];

/* A file with this content, and its name in path. */
static void file_make(const char *content, unsigned n) {
    char folder[MAX_PATH];
    GetTempPathA(sizeof(folder), folder);
    snprintf(path, sizeof(path), "%s%s.txt", folder, own_name("crt"));
    int fd = _open(path, _O_WRONLY | _O_CREAT | _O_TRUNC | _O_BINARY, _S_IREAD | _S_IWRITE);
    REQUIRE(fd >= 3);
    REQUIRE(_write(fd, content, n) == (int)n);
    REQUIRE(_close(fd) == 0);
}

static void file_check(const char *content, unsigned n) {
    char bytes[256] = {0};
    int fd = _open(path, _O_RDONLY | _O_BINARY);
    REQUIRE(fd >= 0);
    CHECK_EQ(_read(fd, bytes, sizeof(bytes)), n);
    CHECK_MEM(bytes, content, n);
    _close(fd);
}

TEST(text_mode_reads) {
    char bytes[32] = {0};
    file_make("a\r\nb\rc\n\r\r\nd\x1a"
              "e",
        13);
    int fd = _open(path, _O_RDONLY | _O_TEXT);
    CHECK_EQ(_read(fd, bytes, sizeof(bytes)), 9);
    CHECK_MEM(bytes, "a\nb\rc\n\r\nd", 9);
    CHECK_EQ(_read(fd, bytes, sizeof(bytes)), 0);
    CHECK_EQ(_lseek(fd, 1, SEEK_SET), 1);
    CHECK_EQ(_read(fd, bytes, 1), 1);
    CHECK_EQ(bytes[0], '\n');
    CHECK_EQ(_close(fd), 0);
    CHECK_EQ(remove(path), 0);
}

TEST(text_mode_writes) {
    file_make("", 0);
    int fd = _open(path, _O_WRONLY | _O_TEXT);
    CHECK_EQ(_write(fd, "a\nb\r\n", 5), 5);
    CHECK_EQ(_setmode(fd, _O_BINARY), _O_TEXT);
    CHECK_EQ(_write(fd, "c\n", 2), 2);
    CHECK_EQ(_setmode(fd, _O_TEXT), _O_BINARY);
    CHECK_EQ(_tell(fd), 9);
    _close(fd);
    file_check("a\r\nb\r\r\nc\n", 9);
    remove(path);
}

TEST(errors) {
    char byte;
    errno = 0;
    CHECK_EQ(_open("no such folder\\file", _O_RDONLY), -1);
    CHECK_EQ(errno, ENOENT);
    CHECK_EQ(_doserrno, ERROR_PATH_NOT_FOUND);
    CHECK_EQ(_close(1000), -1);
    CHECK_EQ(errno, EBADF);
    file_make("x", 1);
    CHECK_EQ(_open(path, _O_RDWR | _O_CREAT | _O_EXCL, _S_IWRITE), -1);
    CHECK_EQ(errno, EEXIST);
    int fd = _open(path, _O_RDONLY);
    CHECK_EQ(_write(fd, "x", 1), -1);
    CHECK_EQ(errno, EBADF);
    _close(fd);
    fd = _open(path, _O_WRONLY);
    CHECK_EQ(_read(fd, &byte, 1), -1);
    CHECK_EQ(errno, EBADF);
    _close(fd);
    CHECK_EQ(_access(path, 6), 0);
    CHECK_EQ(_chmod(path, _S_IREAD), 0);
    CHECK_EQ(_access(path, 2), -1);
    CHECK_EQ(errno, EACCES);
    CHECK_EQ(_chmod(path, _S_IWRITE), 0);
    remove(path);
    CHECK_EQ(_access(path, 0), -1);
    CHECK_EQ(errno, ENOENT);
}

TEST(append_goes_to_the_end) {
    file_make("abc", 3);
    FILE *file = fopen(path, "ab");
    REQUIRE(file != NULL);
    rewind(file);
    CHECK_EQ(fputs("def", file), 0);
    CHECK_EQ(fclose(file), 0);
    file_check("abcdef", 6);
    remove(path);
}

TEST(reading_and_writing_one_stream) {
    char line[16] = {0};
    file_make("one\r\ntwo\r\nthree\r\n", 17);
    FILE *file = fopen(path, "r+");
    REQUIRE(file != NULL);
    CHECK(fgets(line, sizeof(line), file) == line);
    CHECK_STR(line, "one\n");
    CHECK_EQ(ftell(file), 5);
    CHECK_EQ(fseek(file, 0, SEEK_CUR), 0);
    CHECK_EQ(fputs("TWO", file), 0);
    CHECK_EQ(ftell(file), 8);
    CHECK_EQ(fseek(file, 0, SEEK_CUR), 0);
    CHECK_EQ(fgetc(file), '\n');
    CHECK(fgets(line, sizeof(line), file) == line);
    CHECK_STR(line, "three\n");
    CHECK_EQ(feof(file), 0);
    CHECK_EQ(fgetc(file), EOF);
    CHECK(feof(file) != 0);
    CHECK_EQ(fclose(file), 0);
    file_check("one\r\nTWO\r\nthree\r\n", 17);
    remove(path);
}

TEST(positions_in_text) {
    char line[16];
    long at[4];
    file_make("a\r\nbb\r\nccc\r\ndddd", 16);
    FILE *file = fopen(path, "r");
    REQUIRE(file != NULL);
    for (int i = 0; i < 4; i++) {
        at[i] = ftell(file);
        fgets(line, sizeof(line), file);
    }
    CHECK_EQ(at[0], 0);
    CHECK_EQ(at[1], 3);
    CHECK_EQ(fseek(file, at[1], SEEK_SET), 0);
    fgets(line, sizeof(line), file);
    CHECK_STR(line, "bb\n");
    CHECK_EQ(fseek(file, -4, SEEK_END), 0);
    fgets(line, sizeof(line), file);
    CHECK_STR(line, "dddd");
    fclose(file);
    remove(path);
}

TEST(pushed_back) {
    file_make("xyz", 3);
    FILE *file = fopen(path, "rb");
    REQUIRE(file != NULL);
    CHECK_EQ(ungetc('w', file), 'w');
    CHECK_EQ(getc(file), 'w');
    CHECK_EQ(getc(file), 'x');
    CHECK_EQ(ungetc('q', file), 'q');
    CHECK_EQ(getc(file), 'q');
    CHECK_EQ(getc(file), 'y');
    CHECK_EQ(getc(file), 'z');
    CHECK_EQ(getc(file), EOF);
    CHECK_EQ(ungetc('e', file), 'e');
    CHECK_EQ(feof(file), 0);
    CHECK_EQ(getc(file), 'e');
    fclose(file);
    remove(path);
}

TEST(large_parts) {
    static char out[100000], in[100000];
    for (int i = 0; i < (int)sizeof(out); i++)
        out[i] = i * 31 % 251;
    file_make("", 0);
    FILE *file = fopen(path, "w+b");
    REQUIRE(file != NULL);
    CHECK_EQ(fwrite(out, 1, 10, file), 10);
    CHECK_EQ(fwrite(out + 10, 1000, 99, file), 99);
    CHECK_EQ(fwrite(out + 99010, 1, 990, file), 990);
    rewind(file);
    CHECK_EQ(fread(in, 7, 3, file), 3);
    CHECK_EQ(fread(in + 21, 1, sizeof(in), file), sizeof(in) - 21);
    CHECK_MEM(in, out, sizeof(in));
    CHECK_EQ(fread(in, 1, 1, file), 0);
    CHECK(feof(file) != 0);
    fclose(file);
    remove(path);
}

TEST(buffers) {
    char buffer[64], byte;
    file_make("", 0);
    FILE *file = fopen(path, "wb");
    REQUIRE(file != NULL);
    CHECK_EQ(setvbuf(file, buffer, _IOFBF, sizeof(buffer)), 0);
    fputc('a', file);
    CHECK_EQ(_filelength(_fileno(file)), 0);
    CHECK_EQ(fflush(file), 0);
    CHECK_EQ(_filelength(_fileno(file)), 1);
    CHECK_EQ(setvbuf(file, NULL, _IONBF, 0), 0);
    fputc('b', file);
    CHECK_EQ(_filelength(_fileno(file)), 2);
    CHECK_EQ(fread(&byte, 1, 1, file), 0);
    CHECK(ferror(file) != 0);
    fclose(file);
    remove(path);
}

TEST(formatted_through_a_file) {
    int n = 0;
    double real = 0;
    char word[16] = "";
    file_make("", 0);
    FILE *file = fopen(path, "w+");
    REQUIRE(file != NULL);
    CHECK_EQ(fwprintf(file, L"%d %ls ", 42, L"word"), 8);
    fprintf(file, "%.2f\n", 1.5);
    rewind(file);
    CHECK_EQ(fscanf(file, "%d %15s %lf", &n, word, &real), 3);
    CHECK_EQ(n, 42);
    CHECK_STR(word, "word");
    CHECK(real == 1.5);
    fclose(file);
    remove(path);
    file = tmpfile();
    REQUIRE(file != NULL);
    CHECK_EQ(fputws(L"w", file), 0);
    CHECK_EQ(ftell(file), 2);
    fclose(file);
}

TEST(duplicates) {
    file_make("", 0);
    int fd = _open(path, _O_RDWR | _O_BINARY), copy = _dup(fd);
    CHECK(copy > fd);
    CHECK_EQ(_write(fd, "ab", 2), 2);
    CHECK_EQ(_write(copy, "cd", 2), 2);
    CHECK_EQ(_tell(fd), 4);
    CHECK_EQ(_dup2(fd, 20), 0);
    CHECK_EQ(_close(fd), 0);
    CHECK_EQ(_write(20, "ef", 2), 2);
    CHECK_EQ(_close(copy), 0);
    CHECK_EQ(_close(20), 0);
    file_check("abcdef", 6);
    remove(path);
}

TEST(standard_output_redirected) {
    file_make("", 0);
    fflush(stdout);
    int kept = _dup(1), fd = _open(path, _O_WRONLY | _O_TEXT);
    CHECK_EQ(_dup2(fd, 1), 0);
    CHECK(GetStdHandle(STD_OUTPUT_HANDLE) == (HANDLE)_get_osfhandle(1));
    _close(fd);
    puts("to the file");
    fflush(stdout);
    CHECK_EQ(_dup2(kept, 1), 0);
    _close(kept);
    file_check("to the file\r\n", 13);
    remove(path);
}

TEST(pipes) {
    int ends[2];
    char bytes[16] = {0};
    REQUIRE(_pipe(ends, 4096, _O_TEXT) == 0);
    CHECK_EQ(_write(ends[1], "a\nb\n", 4), 4);
    CHECK_EQ(_read(ends[0], bytes, 3), 2);
    CHECK_MEM(bytes, "a\n", 2);
    CHECK_EQ(_close(ends[1]), 0);
    CHECK_EQ(_read(ends[0], bytes, sizeof(bytes)), 2);
    CHECK_EQ(_read(ends[0], bytes, sizeof(bytes)), 0);
    CHECK_EQ(_isatty(ends[0]), 0);
    _close(ends[0]);
}

TEST(handles_become_descriptors) {
    file_make("x", 1);
    HANDLE handle = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    REQUIRE_HANDLE(handle);
    int fd = _open_osfhandle((intptr_t)handle, _O_RDONLY);
    REQUIRE(fd >= 3);
    CHECK(_get_osfhandle(fd) == (intptr_t)handle);
    FILE *file = _fdopen(fd, "rb");
    REQUIRE(file != NULL);
    CHECK_EQ(fgetc(file), 'x');
    CHECK_EQ(fclose(file), 0);
    CHECK_ERROR(CloseHandle(handle), ERROR_INVALID_HANDLE);
    CHECK_EQ(_get_osfhandle(fd), -1);
    remove(path);
}

TEST(what_is_known_of_a_file) {
    struct _stat64 stat;
    file_make("12345", 5);
    CHECK_EQ(_stat64(path, &stat), 0);
    CHECK_EQ(stat.st_size, 5);
    CHECK_EQ(stat.st_mode, _S_IFREG | 0666);
    CHECK(_time64(NULL) - stat.st_mtime < 3600);
    path[strlen(path) - 4] = 0;
    CHECK_EQ(_stat64(path, &stat), -1);
    CHECK_EQ(errno, ENOENT);
    strcat(path, ".txt");
    int fd = _open(path, _O_RDONLY);
    CHECK_EQ(_fstat64(fd, &stat), 0);
    CHECK_EQ(stat.st_size, 5);
    _close(fd);
    remove(path);
    CHECK_EQ(_stat64(".", &stat), 0);
    CHECK_EQ(stat.st_mode & _S_IFMT, _S_IFDIR);
}

TEST(folders) {
    char folder[MAX_PATH], here[MAX_PATH], name[MAX_PATH + 8];
    struct __finddata64_t found;
    file_make("1", 1);
    snprintf(folder, sizeof(folder), "%.*s", (int)strlen(path) - 4, path);
    CHECK_EQ(_mkdir(folder), 0);
    CHECK_EQ(_mkdir(folder), -1);
    CHECK_EQ(errno, EEXIST);
    snprintf(name, sizeof(name), "%s\\x.txt", folder);
    CHECK_EQ(rename(path, name), 0);
    CHECK_EQ(_rmdir(folder), -1);
    CHECK_EQ(errno, ENOTEMPTY);
    snprintf(name, sizeof(name), "%s\\*.txt", folder);
    intptr_t search = _findfirst64(name, &found);
    REQUIRE(search != -1);
    CHECK_STR(found.name, "x.txt");
    CHECK_EQ(found.size, 1);
    CHECK_EQ(_findnext64(search, &found), -1);
    CHECK_EQ(errno, ENOENT);
    CHECK_EQ(_findclose(search), 0);
    REQUIRE(_getcwd(here, sizeof(here)) != NULL);
    CHECK_EQ(_chdir(folder), 0);
    CHECK_EQ(_access("x.txt", 0), 0);
    CHECK_EQ(_unlink("x.txt"), 0);
    CHECK_EQ(_chdir(here), 0);
    CHECK_EQ(_rmdir(folder), 0);
}

/* Writes to the descriptor that argv names, which the parent opened. */
ROLE(heir) {
    int fd = argc > 0 ? atoi(argv[0]) : -1;
    CHECK_EQ(_write(fd, "from the heir\n", 14), 14);
    CHECK_EQ(_close(fd + 1), -1);
}

TEST(descriptors_are_inherited) {
    char program[MAX_PATH], number[16], quoted[MAX_PATH + 2];
    file_make("", 0);
    int fd = _open(path, _O_WRONLY | _O_TEXT), hidden = _open(path, _O_RDONLY | _O_NOINHERIT);
    CHECK_EQ(hidden, fd + 1);
    GetModuleFileNameA(NULL, program, sizeof(program));
    snprintf(quoted, sizeof(quoted), "\"%s\"", program);
    snprintf(number, sizeof(number), "%d", fd);
    CHECK_EQ(_spawnl(_P_WAIT, program, quoted, "--role", "crt", "heir", number, NULL), 0);
    _close(fd);
    _close(hidden);
    file_check("from the heir\r\n", 15);
    remove(path);
}
#endif
