/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Security descriptors as text, both ways (MSDN: sddl.h): O:owner G:group
 * D:flags(type;flags;rights;object;inherited;sid)… S:… Conditional entries, resource attributes and entries of central
 * policies are not there: ERROR_NOT_SUPPORTED. Source:
 * https://learn.microsoft.com/en-us/windows/win32/secauthz/security-descriptor-string-format
 */
#include "dlls/advapi32/security.h"
#include "dlls/ntdll/ace.h"

#include <sddl.h>
#include <stdio.h>
#include <string.h>

enum { LIST_BYTES = 0xfffc }; /* the most that a list can have */

struct word {
    char letters[3];
    DWORD value;
};

static const struct word ace_types[] = {{"A", ACCESS_ALLOWED_ACE_TYPE}, {"D", ACCESS_DENIED_ACE_TYPE},
    {"AU", SYSTEM_AUDIT_ACE_TYPE}, {"AL", SYSTEM_ALARM_ACE_TYPE}, {"ML", SYSTEM_MANDATORY_LABEL_ACE_TYPE},
    {"OA", ACCESS_ALLOWED_OBJECT_ACE_TYPE}, {"OD", ACCESS_DENIED_OBJECT_ACE_TYPE}, {"OU", SYSTEM_AUDIT_OBJECT_ACE_TYPE},
    {"OL", SYSTEM_ALARM_OBJECT_ACE_TYPE}};

static const struct word ace_flags[] = {{"OI", OBJECT_INHERIT_ACE}, {"CI", CONTAINER_INHERIT_ACE},
    {"NP", NO_PROPAGATE_INHERIT_ACE}, {"IO", INHERIT_ONLY_ACE}, {"ID", INHERITED_ACE},
    {"SA", SUCCESSFUL_ACCESS_ACE_FLAG}, {"FA", FAILED_ACCESS_ACE_FLAG}};

/* Rights of which a text may have several; in the order of their bits, in which they are written. */
static const struct word rights[] = {{"CC", 1}, {"DC", 2}, {"LC", 4}, {"SW", 8}, {"RP", 0x10}, {"WP", 0x20},
    {"DT", 0x40}, {"LO", 0x80}, {"CR", 0x100}, {"SD", DELETE}, {"RC", READ_CONTROL}, {"WD", WRITE_DAC},
    {"WO", WRITE_OWNER}, {"GA", GENERIC_ALL}, {"GX", GENERIC_EXECUTE}, {"GW", GENERIC_WRITE}, {"GR", GENERIC_READ}};

/* Rights of files and keys; they are written where they are the whole mask. */
static const struct word whole_rights[] = {{"FA", FILE_ALL_ACCESS}, {"FR", FILE_GENERIC_READ},
    {"FW", FILE_GENERIC_WRITE}, {"FX", FILE_GENERIC_EXECUTE}, {"KA", KEY_ALL_ACCESS}, {"KR", KEY_READ},
    {"KW", KEY_WRITE}, {"KX", KEY_EXECUTE}};

/* The policy of a mandatory label, in its mask. */
static const struct word label_rights[] = {{"NW", SYSTEM_MANDATORY_LABEL_NO_WRITE_UP},
    {"NR", SYSTEM_MANDATORY_LABEL_NO_READ_UP}, {"NX", SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP}};

#define WORDS(table) (table), sizeof(table) / sizeof *(table)

/* ---- from text ---- */

struct reader {
    const WCHAR *at;
    DWORD error;
};

static BOOL reader_fail(struct reader *reader, DWORD error) {
    reader->error = error;
    return FALSE;
}

static void spaces_skip(struct reader *reader) {
    while (*reader->at == ' ' || (*reader->at >= '\t' && *reader->at <= '\r'))
        reader->at++;
}

/* Whether the text goes on with these letters, which are then behind it. */
static BOOL letters_read(struct reader *reader, const char *letters) {
    size_t n = 0;

    for (; letters[n]; n++) {
        if (letter_upper(reader->at[n]) != (BYTE)letters[n])
            return FALSE;
    }
    reader->at += n;
    return TRUE;
}

/* As many words of a table as follow.  Return: whether there was one. */
static BOOL words_read(struct reader *reader, const struct word *words, size_t n, DWORD *value) {
    BOOL any = FALSE;

    for (size_t i = 0; i < n; i++) {
        if (!letters_read(reader, words[i].letters))
            continue;
        *value |= words[i].value;
        any = TRUE;
        i = (size_t)-1; /* once more from the first */
    }
    return any;
}

/* A type is the one word that a semicolon follows. */
static BOOL type_read(struct reader *reader, DWORD *type) {
    static const char *const others[] = {"XA", "XD", "XU", "ZA", "RA", "SP", "TL", "FL"};

    spaces_skip(reader);
    for (size_t i = 0; i < sizeof ace_types / sizeof *ace_types; i++) {
        const WCHAR *const start = reader->at;

        if (letters_read(reader, ace_types[i].letters) && *reader->at == ';') {
            *type = ace_types[i].value;
            return TRUE;
        }
        reader->at = start;
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (letters_read(reader, others[i]) && *reader->at == ';')
            return reader_fail(reader, ERROR_NOT_SUPPORTED);
    }
    return reader_fail(reader, ERROR_INVALID_ACL);
}

static BOOL semicolon_read(struct reader *reader) {
    spaces_skip(reader);
    if (*reader->at != ';')
        return reader_fail(reader, ERROR_INVALID_ACL);
    reader->at++;
    return TRUE;
}

static BOOL number_read(struct reader *reader, DWORD *value) {
    const unsigned base = reader->at[0] != '0' ? 10 : letter_upper(reader->at[1]) == 'X' ? 16 : 8;
    ULONGLONG number = 0;

    reader->at += base == 16 ? 2 : 0;
    for (;; reader->at++) {
        const WCHAR c = letter_upper(*reader->at);
        const unsigned digit = c >= '0' && c <= '9' ? c - '0' + 0u : c >= 'A' && c <= 'F' ? c - 'A' + 10u : 99;

        if (digit >= base)
            break;
        number = number * base + digit;
        if (number > MAXDWORD)
            return reader_fail(reader, ERROR_INVALID_ACL);
    }
    *value = (DWORD)number;
    return TRUE;
}

static BOOL rights_read(struct reader *reader, DWORD type, DWORD *mask) {
    *mask = 0;
    spaces_skip(reader);
    if (*reader->at >= '0' && *reader->at <= '9')
        return number_read(reader, mask);
    if (type == SYSTEM_MANDATORY_LABEL_ACE_TYPE)
        words_read(reader, WORDS(label_rights), mask);
    else
        while (words_read(reader, WORDS(rights), mask) || words_read(reader, WORDS(whole_rights), mask))
            ;
    return TRUE;
}

/* A GUID without braces, or nothing. */
static BOOL guid_read(struct reader *reader, GUID *guid, BOOL *there) {
    char text[37];
    unsigned long first;
    unsigned part[10];

    spaces_skip(reader);
    *there = *reader->at != ';';
    if (!*there)
        return TRUE;
    for (int i = 0; i < 36; i++) {
        if (!reader->at[i] || reader->at[i] > 'z')
            return reader_fail(reader, ERROR_INVALID_ACL);
        text[i] = (char)reader->at[i];
    }
    text[36] = 0;
    if (sscanf(text, "%8lx-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &first, &part[0], &part[1], &part[2], &part[3], &part[4],
            &part[5], &part[6], &part[7], &part[8], &part[9]) != 11)
        return reader_fail(reader, ERROR_INVALID_ACL);
    *guid = (GUID){(DWORD)first, (WORD)part[0], (WORD)part[1], {0}};
    for (int i = 0; i < 8; i++)
        guid->Data4[i] = (BYTE)part[2 + i];
    reader->at += 36;
    return TRUE;
}

static BOOL sid_read(struct reader *reader, PSID sid) {
    size_t used;

    spaces_skip(reader);
    if (!sid_from_text(reader->at, sid, &used))
        return reader_fail(reader, ERROR_INVALID_SID);
    reader->at += used;
    spaces_skip(reader);
    return TRUE;
}

static NTSTATUS ace_put(ACL *list, DWORD type, DWORD flags, DWORD mask, GUID *object, GUID *inherited, PSID sid) {
    struct {
        ACE_HEADER header;
        DWORD mask;
        BYTE sid[SECURITY_MAX_SID_SIZE];
    } ace = {{(BYTE)type, (BYTE)flags, (WORD)(offsetof(typeof(ace), sid) + RtlLengthSid(sid))}, mask, {0}};

    switch (type) {
    case ACCESS_ALLOWED_OBJECT_ACE_TYPE:
        return RtlAddAccessAllowedObjectAce(list, ACL_REVISION_DS, flags, mask, object, inherited, sid);
    case ACCESS_DENIED_OBJECT_ACE_TYPE:
        return RtlAddAccessDeniedObjectAce(list, ACL_REVISION_DS, flags, mask, object, inherited, sid);
    case SYSTEM_AUDIT_OBJECT_ACE_TYPE:
        return RtlAddAuditAccessObjectAce(list, ACL_REVISION_DS, flags, mask, object, inherited, sid, FALSE, FALSE);
    }
    memcpy(ace.sid, sid, RtlLengthSid(sid));
    return RtlAddAce(list, list->AclRevision, MAXDWORD, &ace.header, ace.header.AceSize);
}

static BOOL ace_read(struct reader *reader, ACL *list) {
    BYTE sid[SECURITY_MAX_SID_SIZE];
    DWORD type, flags = 0, mask;
    BOOL has_object, has_inherited;
    GUID object, inherited;

    if (!type_read(reader, &type) || !semicolon_read(reader))
        return FALSE;
    spaces_skip(reader);
    words_read(reader, WORDS(ace_flags), &flags);
    if (!semicolon_read(reader) || !rights_read(reader, type, &mask) || !semicolon_read(reader) ||
        !guid_read(reader, &object, &has_object) || !semicolon_read(reader) ||
        !guid_read(reader, &inherited, &has_inherited) || !semicolon_read(reader) || !sid_read(reader, sid))
        return FALSE;
    if (*reader->at != ')' || type == SYSTEM_ALARM_OBJECT_ACE_TYPE)
        return reader_fail(reader, ERROR_INVALID_ACL);
    reader->at++;
    if (ace_put(list, type, flags, mask, has_object ? &object : NULL, has_inherited ? &inherited : NULL, sid))
        return reader_fail(reader, ERROR_INVALID_ACL);
    return TRUE;
}

/* The flags and entries of a list.  *none: "NO_ACCESS_CONTROL" stands in its place. */
static BOOL list_read(struct reader *reader, ACL *list, BOOL sacl, SECURITY_DESCRIPTOR_CONTROL *control, BOOL *none) {
    RtlCreateAcl(list, LIST_BYTES, ACL_REVISION);
    for (;;) {
        spaces_skip(reader);
        if (letters_read(reader, "NO_ACCESS_CONTROL"))
            *none = TRUE;
        else if (letters_read(reader, "AR"))
            *control |= sacl ? SE_SACL_AUTO_INHERIT_REQ : SE_DACL_AUTO_INHERIT_REQ;
        else if (letters_read(reader, "AI"))
            *control |= sacl ? SE_SACL_AUTO_INHERITED : SE_DACL_AUTO_INHERITED;
        else if (letters_read(reader, "P"))
            *control |= sacl ? SE_SACL_PROTECTED : SE_DACL_PROTECTED;
        else
            break;
    }
    while (*reader->at == '(') {
        reader->at++;
        if (!ace_read(reader, list))
            return FALSE;
        spaces_skip(reader);
    }
    return TRUE;
}

/* What a text says, in the form of an absolute descriptor. */
struct draft {
    SECURITY_DESCRIPTOR descriptor;
    BYTE owner[SECURITY_MAX_SID_SIZE], group[SECURITY_MAX_SID_SIZE];
    ACL *lists[2]; /* DACL, SACL: LIST_BYTES each */
};

static void list_trim(ACL *list) {
    ACL_SIZE_INFORMATION sizes;

    if (!RtlQueryInformationAcl(list, &sizes, sizeof sizes, AclSizeInformation))
        list->AclSize = (WORD)sizes.AclBytesInUse;
}

/* One of the four parts, whose letter has been read. */
static BOOL part_read(struct reader *reader, WCHAR letter, struct draft *draft) {
    SECURITY_DESCRIPTOR *descriptor = &draft->descriptor;
    const BOOL sacl = letter == 'S';
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    ACL *list = draft->lists[sacl];
    BOOL none = FALSE;

    if (letter == 'O')
        return sid_read(reader, descriptor->Owner = draft->owner);
    if (letter == 'G')
        return sid_read(reader, descriptor->Group = draft->group);
    if (!list_read(reader, list, sacl, &control, &none))
        return FALSE;
    list_trim(list);
    descriptor->Control |= control;
    if (sacl)
        RtlSetSaclSecurityDescriptor(descriptor, TRUE, none ? NULL : list, FALSE);
    else
        RtlSetDaclSecurityDescriptor(descriptor, TRUE, none ? NULL : list, FALSE);
    return TRUE;
}

/* Return: ERROR_SUCCESS, or what is wrong. */
static DWORD draft_read(const WCHAR *text, struct draft *draft) {
    struct reader reader = {.at = text};
    BOOL seen[256] = {FALSE};

    RtlCreateSecurityDescriptor(&draft->descriptor, SECURITY_DESCRIPTOR_REVISION);
    for (spaces_skip(&reader); *reader.at; spaces_skip(&reader)) {
        const WCHAR letter = letter_upper(*reader.at);

        if ((letter != 'O' && letter != 'G' && letter != 'D' && letter != 'S') || reader.at[1] != ':' || seen[letter])
            return ERROR_INVALID_PARAMETER;
        seen[letter] = TRUE;
        reader.at += 2;
        if (!part_read(&reader, letter, draft))
            return reader.error;
    }
    return ERROR_SUCCESS;
}

/* The draft in one piece, for LocalFree(). */
static DWORD draft_finish(struct draft *draft, PSECURITY_DESCRIPTOR *descriptor, ULONG *size) {
    DWORD need = 0;

    RtlMakeSelfRelativeSD(&draft->descriptor, NULL, &need);
    *descriptor = LocalAlloc(LMEM_FIXED, need);
    if (!*descriptor)
        return ERROR_NOT_ENOUGH_MEMORY;
    RtlMakeSelfRelativeSD(&draft->descriptor, *descriptor, &need);
    if (size)
        *size = need;
    return ERROR_SUCCESS;
}

/**
 * ConvertStringSecurityDescriptorToSecurityDescriptorW() - a self-relative descriptor from text, for LocalFree().
 * @size: receives its bytes; may be NULL.
 * Return: FALSE with ERROR_INVALID_PARAMETER, ERROR_UNKNOWN_REVISION, ERROR_INVALID_ACL, ERROR_INVALID_SID,
 * ERROR_NOT_SUPPORTED (entries with conditions or attributes), ERROR_NOT_ENOUGH_MEMORY. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/sddl/nf-sddl-convertstringsecuritydescriptortosecuritydescriptorw
 */
BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorW(
    const WCHAR *text, DWORD revision, PSECURITY_DESCRIPTOR *descriptor, ULONG *size) {
    struct draft draft = {.lists = {NULL, NULL}};
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    if (!text || !descriptor)
        return fail_with(ERROR_INVALID_PARAMETER);
    if (revision != SDDL_REVISION_1)
        return fail_with(ERROR_UNKNOWN_REVISION);
    draft.lists[0] = LocalAlloc(LMEM_FIXED, LIST_BYTES);
    draft.lists[1] = LocalAlloc(LMEM_FIXED, LIST_BYTES);
    if (draft.lists[0] && draft.lists[1])
        error = draft_read(text, &draft);
    if (!error)
        error = draft_finish(&draft, descriptor, size);
    LocalFree(draft.lists[0]);
    LocalFree(draft.lists[1]);
    return error ? fail_with(error) : TRUE;
}

BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorA(
    const char *text, DWORD revision, PSECURITY_DESCRIPTOR *descriptor, ULONG *size) {
    const int units = text ? MultiByteToWideChar(CP_ACP, 0, text, -1, NULL, 0) : 0;
    WCHAR *wide = units ? LocalAlloc(LMEM_FIXED, (SIZE_T)units * sizeof *wide) : NULL;
    BOOL made;

    if (!text)
        return fail_with(ERROR_INVALID_PARAMETER);
    if (!wide)
        return fail_with(ERROR_NOT_ENOUGH_MEMORY);
    MultiByteToWideChar(CP_ACP, 0, text, -1, wide, units);
    made = ConvertStringSecurityDescriptorToSecurityDescriptorW(wide, revision, descriptor, size);
    LocalFree(wide);
    return made;
}

/* ---- to text ---- */

/* Text that grows; what does not fit any more is only counted. */
struct writer {
    WCHAR *text;
    size_t room, length;
};

static void unit_write(struct writer *writer, WCHAR unit) {
    if (writer->length < writer->room)
        writer->text[writer->length] = unit;
    writer->length++;
}

static void text_write(struct writer *writer, const char *text) {
    while (*text)
        unit_write(writer, (BYTE)*text++);
}

static void words_write(struct writer *writer, const struct word *words, size_t n, DWORD value) {
    for (size_t i = 0; i < n; i++) {
        if (value & words[i].value)
            text_write(writer, words[i].letters);
    }
}

static void sid_write(struct writer *writer, PSID sid) {
    WCHAR text[200] = {0};
    UNICODE_STRING string = {0, sizeof text, text};

    if (!sid_alias(sid, text))
        RtlConvertSidToUnicodeString(&string, sid, FALSE);
    for (const WCHAR *at = text; *at; at++)
        unit_write(writer, *at);
}

static void rights_write(struct writer *writer, DWORD type, DWORD mask) {
    const struct word *const words = type == SYSTEM_MANDATORY_LABEL_ACE_TYPE ? label_rights : rights;
    const size_t n = type == SYSTEM_MANDATORY_LABEL_ACE_TYPE ? sizeof label_rights / sizeof *label_rights
                                                             : sizeof rights / sizeof *rights;
    char number[16];
    DWORD known = 0;

    for (size_t i = 0; i < sizeof whole_rights / sizeof *whole_rights; i++) {
        if (words == rights && mask == whole_rights[i].value) {
            text_write(writer, whole_rights[i].letters);
            return;
        }
    }
    for (size_t i = 0; i < n; i++)
        known |= words[i].value;
    if (!(mask & ~known)) {
        words_write(writer, words, n, mask);
        return;
    }
    snprintf(number, sizeof number, "0x%lx", mask + 0ul);
    text_write(writer, number);
}

static void guid_write(struct writer *writer, const GUID *guid) {
    char text[40];

    snprintf(text, sizeof text, "%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", guid->Data1 + 0ul, guid->Data2,
        guid->Data3, guid->Data4[0], guid->Data4[1], guid->Data4[2], guid->Data4[3], guid->Data4[4], guid->Data4[5],
        guid->Data4[6], guid->Data4[7]);
    text_write(writer, text);
}

/* The GUIDs of an object entry.  Return: where its SID is. */
static const BYTE *object_write(struct writer *writer, const ACE_HEADER *header) {
    const ACCESS_ALLOWED_OBJECT_ACE *ace = (const ACCESS_ALLOWED_OBJECT_ACE *)header;
    const BYTE *at = (const BYTE *)&ace->ObjectType;

    if (ace->Flags & ACE_OBJECT_TYPE_PRESENT) {
        guid_write(writer, (const GUID *)at);
        at += sizeof(GUID);
    }
    text_write(writer, ";");
    if (ace->Flags & ACE_INHERITED_OBJECT_TYPE_PRESENT) {
        guid_write(writer, (const GUID *)at);
        at += sizeof(GUID);
    }
    return at;
}

static BOOL ace_write(struct writer *writer, const ACE_HEADER *header) {
    const BOOL object =
        header->AceType >= ACCESS_ALLOWED_OBJECT_ACE_TYPE && header->AceType <= SYSTEM_ALARM_OBJECT_ACE_TYPE;
    const DWORD mask = ((const ACCESS_ALLOWED_ACE *)header)->Mask;
    const BYTE *sid = (const BYTE *)&((const ACCESS_ALLOWED_ACE *)header)->SidStart;
    const char *type = NULL;

    for (size_t i = 0; i < sizeof ace_types / sizeof *ace_types; i++) {
        if (ace_types[i].value == header->AceType)
            type = ace_types[i].letters;
    }
    if (!type)
        return FALSE;
    text_write(writer, "(");
    text_write(writer, type);
    text_write(writer, ";");
    words_write(writer, WORDS(ace_flags), header->AceFlags);
    text_write(writer, ";");
    rights_write(writer, header->AceType, mask);
    text_write(writer, ";");
    if (object)
        sid = object_write(writer, header);
    else
        text_write(writer, ";");
    text_write(writer, ";");
    sid_write(writer, (PSID)sid);
    text_write(writer, ")");
    return TRUE;
}

static BOOL list_write(struct writer *writer, ACL *list, SECURITY_DESCRIPTOR_CONTROL control, BOOL sacl) {
    text_write(writer, sacl ? "S:" : "D:");
    text_write(writer, control & (sacl ? SE_SACL_PROTECTED : SE_DACL_PROTECTED) ? "P" : "");
    text_write(writer, control & (sacl ? SE_SACL_AUTO_INHERIT_REQ : SE_DACL_AUTO_INHERIT_REQ) ? "AR" : "");
    text_write(writer, control & (sacl ? SE_SACL_AUTO_INHERITED : SE_DACL_AUTO_INHERITED) ? "AI" : "");
    if (!list) {
        text_write(writer, sacl ? "" : "NO_ACCESS_CONTROL");
        return TRUE;
    }
    for (DWORD i = 0; i < list->AceCount; i++) {
        void *ace;

        if (RtlGetAce(list, i, &ace) || !ace_write(writer, ace))
            return FALSE;
    }
    return TRUE;
}

/* Return: ERROR_SUCCESS, or what is wrong. */
static DWORD descriptor_write(struct writer *writer, PSECURITY_DESCRIPTOR descriptor, SECURITY_INFORMATION wanted) {
    PSID owner = NULL, group = NULL;
    BOOLEAN defaulted, has_dacl, has_sacl;
    ACL *dacl = NULL, *sacl = NULL;
    const SECURITY_DESCRIPTOR_CONTROL control = ((SECURITY_DESCRIPTOR *)descriptor)->Control;

    RtlGetOwnerSecurityDescriptor(descriptor, &owner, &defaulted);
    RtlGetGroupSecurityDescriptor(descriptor, &group, &defaulted);
    RtlGetDaclSecurityDescriptor(descriptor, &has_dacl, &dacl, &defaulted);
    RtlGetSaclSecurityDescriptor(descriptor, &has_sacl, &sacl, &defaulted);
    if (wanted & OWNER_SECURITY_INFORMATION && owner) {
        text_write(writer, "O:");
        sid_write(writer, owner);
    }
    if (wanted & GROUP_SECURITY_INFORMATION && group) {
        text_write(writer, "G:");
        sid_write(writer, group);
    }
    if (wanted & DACL_SECURITY_INFORMATION && has_dacl && !list_write(writer, dacl, control, FALSE))
        return ERROR_NOT_SUPPORTED;
    if (wanted & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION) && has_sacl &&
        !list_write(writer, sacl, control, TRUE))
        return ERROR_NOT_SUPPORTED;
    unit_write(writer, 0);
    return ERROR_SUCCESS;
}

/**
 * ConvertSecurityDescriptorToStringSecurityDescriptorW() - a descriptor as text, for LocalFree().
 * @wanted: OWNER_, GROUP_, DACL_, SACL_, LABEL_SECURITY_INFORMATION.
 * @length: receives the text's units with its terminator; may be NULL.
 * Return: FALSE with ERROR_INVALID_PARAMETER, ERROR_UNKNOWN_REVISION, ERROR_INVALID_ACL, ERROR_NOT_SUPPORTED,
 * ERROR_NOT_ENOUGH_MEMORY. Source:
 * https://learn.microsoft.com/en-us/windows/win32/api/sddl/nf-sddl-convertsecuritydescriptortostringsecuritydescriptorw
 */
BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorW(
    PSECURITY_DESCRIPTOR descriptor, DWORD revision, SECURITY_INFORMATION wanted, WCHAR **text, ULONG *length) {
    struct writer writer = {0};
    DWORD error;

    if (!descriptor || !text)
        return fail_with(ERROR_INVALID_PARAMETER);
    if (revision != SDDL_REVISION_1)
        return fail_with(ERROR_UNKNOWN_REVISION);
    if (!RtlValidSecurityDescriptor(descriptor))
        return fail_with(ERROR_INVALID_SECURITY_DESCR);
    error = descriptor_write(&writer, descriptor, wanted);
    if (error)
        return fail_with(error);
    *text = LocalAlloc(LMEM_FIXED, writer.length * sizeof **text);
    if (!*text)
        return fail_with(ERROR_NOT_ENOUGH_MEMORY);
    writer = (struct writer){.text = *text, .room = writer.length};
    descriptor_write(&writer, descriptor, wanted);
    if (length)
        *length = (ULONG)writer.length;
    return TRUE;
}

BOOL WINAPI ConvertSecurityDescriptorToStringSecurityDescriptorA(
    PSECURITY_DESCRIPTOR descriptor, DWORD revision, SECURITY_INFORMATION wanted, char **text, ULONG *length) {
    WCHAR *wide;
    ULONG units;

    if (!text)
        return fail_with(ERROR_INVALID_PARAMETER);
    if (!ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, revision, wanted, &wide, &units))
        return FALSE;
    *text = LocalAlloc(LMEM_FIXED, units); /* it is ASCII */
    for (ULONG i = 0; *text && i < units; i++)
        (*text)[i] = (char)wide[i];
    LocalFree(wide);
    if (!*text)
        return fail_with(ERROR_NOT_ENOUGH_MEMORY);
    if (length)
        *length = units;
    return TRUE;
}
