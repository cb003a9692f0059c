/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a C program takes for granted of its run-time library: start-up, formats, memory, files, jumps, the end. */
#define __USE_MINGW_ANSI_STDIO 0 /* the formats of msvcrt.dll, not mingw's own */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static jmp_buf jump;

static void at_end(void) {
    printf("atexit\n");
}

static int by_value(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

static void formats(void) {
    char text[200];
    int n = -1, number = 0;
    double real = 0;

    printf("%d %5d|%-5d|%05d %+d %x %X %o %c %%\n", 42, 42, 42, 42, 42, 0xbeef, 0xbeef, 8, 'c');
    printf("%s|%8s|%-8s|%.2s\n", "text", "text", "text", "text");
    printf("%f %.3f %e %g %g %10.2f|\n", 1.5, 2.0 / 3, 12345.678, 0.0001, 1e20, -3.14159);
    printf("%I64d %I64x %p\n", -1234567890123456789LL, 0x123456789abcdefULL, (void *)0x1234);
    n = snprintf(text, 8, "%s", "longer than eight");
    printf("%d [%s]\n", n, text);
    printf("%d ", sscanf("17 2.5 word", "%d %lf %199s", &number, &real, text));
    printf("%d %g %s\n", number, real, text);
    printf("%ld %lu %g %s\n", strtol("-0x1f", NULL, 16), strtoul("777", NULL, 8), strtod("6.02e23", NULL), strerror(ENOENT));
}

static void files(void) {
    char line[64];
    FILE *file = fopen("c_library.tmp", "w+");

    if (!file) {
        printf("fopen: %d\n", errno);
        return;
    }
    fprintf(file, "first\nsecond\n");
    fseek(file, 0, SEEK_SET);
    while (fgets(line, sizeof(line), file))
        printf("line: %s", line);
    printf("at %ld, end %d\n", ftell(file), feof(file) != 0);
    fclose(file);
    file = fopen("c_library.tmp", "rb");
    fseek(file, 0, SEEK_END);
    printf("binary length %ld\n", ftell(file)); /* each line ends with CR LF in the file */
    fclose(file);
    printf("remove %d\n", remove("c_library.tmp"));
    file = fopen("c_library.tmp", "r");
    printf("gone: %d %d\n", file == NULL, errno == ENOENT);
}

static void values(void) {
    int numbers[] = {5, 3, 9, 1, 7};
    struct tm day = {.tm_year = 100, .tm_mon = 1, .tm_mday = 29};
    char text[64];
    char *words = strdup("a,b;c");

    qsort(numbers, 5, sizeof(int), by_value);
    printf("sorted %d %d %d %d %d\n", numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
    for (char *word = strtok(words, ",;"); word; word = strtok(NULL, ",;"))
        printf("word %s\n", word);
    free(words);
    strftime(text, sizeof(text), "%Y-%m-%d", &day);
    printf("%s %d %d\n", text, toupper('x'), isdigit('5') != 0);
    printf("%.6f %.6f %.6f\n", sqrt(2), pow(2, 0.5), sin(1));
    printf("environment %s\n", getenv("WINIPC_TEST_VALUE") ? getenv("WINIPC_TEST_VALUE") : "none");
}

int main(int argc, char **argv) {
    atexit(at_end);
    printf("argc %d, last %s\n", argc, argv[argc - 1]);
    formats();
    files();
    values();
    if (setjmp(jump) == 0)
        longjmp(jump, 1);
    else
        printf("jumped\n");
    return 3;
}
