/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DOS paths of images and their Linux paths; see drives.h. */
#define WIN32_NO_STATUS
#include "loader/drives.h"
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include "dlls/ntdll/heap.h"
#include "dlls/ntdll/unix_path.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

WCHAR *drive_unix_to_dos(const char *unix_path) {
    const size_t length = path_from_unix(unix_path, NULL, 0);
    WCHAR *dos = malloc((length + 1) * sizeof *dos);

    if (dos)
        path_from_unix(unix_path, dos, length + 1);
    return dos;
}

char *drive_find_in(const char *folder, const char *name) {
    const size_t length = strlen(folder) + 1 + strlen(name) + 1;
    char *path = malloc(length);
    struct dirent *entry;
    DIR *listing;

    if (!path)
        return NULL;
    snprintf(path, length, "%s/%s", folder, name);
    if (!access(path, F_OK))
        return path;
    listing = opendir(*folder ? folder : "/");
    while (listing && (entry = readdir(listing)))
        if (!strcasecmp(entry->d_name, name)) {
            snprintf(path, length, "%s/%s", folder, entry->d_name);
            closedir(listing);
            return path;
        }
    if (listing)
        closedir(listing);
    free(path);
    return NULL;
}

char *drive_dos_to_unix(const WCHAR *dos_path) {
    struct unix_path *path = malloc(sizeof *path);
    UNICODE_STRING nt;
    NTSTATUS status;
    char *result;

    if (!path || RtlDosPathNameToNtPathName_U_WithStatus(dos_path, &nt, NULL, NULL)) {
        free(path);
        return NULL;
    }
    status = nt_name_to_unix(&nt, path);
    result = (!status || status == STATUS_OBJECT_NAME_NOT_FOUND) && path->target == NT_FILE ? strdup(path->path) : NULL;
    RtlFreeHeap(heap_process(), 0, nt.Buffer);
    free(path);
    return result;
}
