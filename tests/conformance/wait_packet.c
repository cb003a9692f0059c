/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Wait completion packets: an object's signal as a packet of a completion port. */
#include "nt.h"

#define NT_CANCELLED NT(0xc0000120)

static NTSTATUS(WINAPI *create)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
static NTSTATUS(WINAPI *associate)(HANDLE, HANDLE, HANDLE, void *, void *, NTSTATUS, ULONG_PTR, BOOLEAN *);
static NTSTATUS(WINAPI *cancel)(HANDLE, BOOLEAN);

static HANDLE packet, port, event;

static void begin(BOOL manual) {
    find_function(&create, "ntdll.dll", "NtCreateWaitCompletionPacket");
    find_function(&associate, "ntdll.dll", "NtAssociateWaitCompletionPacket");
    find_function(&cancel, "ntdll.dll", "NtCancelWaitCompletionPacket");
    REQUIRE(create(&packet, GENERIC_ALL, NULL) == NT_OK);
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    event = CreateEventA(NULL, manual, FALSE, NULL);
    REQUIRE_HANDLE(port);
    REQUIRE_HANDLE(event);
}

static NTSTATUS join(BOOLEAN *already) {
    return associate(packet, port, event, (void *)0x11, (void *)0x22, 0, 33, already);
}

static void check_packet(void) {
    OVERLAPPED *value = NULL;
    ULONG_PTR key = POISON;
    DWORD n = POISON;

    CHECK_OK(GetQueuedCompletionStatus(port, &n, &key, &value, WAIT_LIMIT_MS));
    CHECK_EQ(key, 0x11);
    CHECK_EQ((ULONG_PTR)value, 0x22);
    CHECK_EQ(n, 33);
}

static void check_none(DWORD milliseconds) {
    OVERLAPPED *value = NULL;
    ULONG_PTR key;
    DWORD n;

    CHECK(!GetQueuedCompletionStatus(port, &n, &key, &value, milliseconds));
    CHECK(value == NULL);
}

TEST(a_signal_is_a_packet) {
    BOOLEAN already = 9;

    begin(FALSE);
    CHECK_EQ(join(&already), NT_OK);
    CHECK_EQ(already, FALSE);
    check_none(SHORT_WAIT_MS);
    SetEvent(event);
    check_packet();
    CHECK_UNSIGNALLED(event); /* it was taken */
    SetEvent(event);
    check_none(SHORT_WAIT_MS); /* once */
    CHECK_EQ(join(NULL), NT_OK);
    check_packet();
}

TEST(already_signalled) {
    BOOLEAN already = 9;

    begin(TRUE);
    SetEvent(event);
    CHECK_EQ(join(&already), NT_OK);
    CHECK_EQ(already, TRUE);
    check_packet();
    CHECK_SIGNALLED(event);
}

TEST(one_association_at_a_time) {
    begin(TRUE);
    CHECK_EQ(join(NULL), NT_OK);
    CHECK(join(NULL) < 0);
    SetEvent(event);
    while (WaitForSingleObject(port, 0) != WAIT_OBJECT_0) /* the packet is there, and not picked up */
        SwitchToThread();
    CHECK(join(NULL) < 0);
    check_packet();
    CHECK_EQ(join(NULL), NT_OK);
    check_packet();
}

TEST(cancelling) {
    begin(FALSE);
    CHECK_EQ(cancel(packet, TRUE), NT_CANCELLED); /* never associated */
    CHECK_EQ(join(NULL), NT_OK);
    CHECK_EQ(cancel(packet, FALSE), NT_OK);
    SetEvent(event);
    check_none(SHORT_WAIT_MS);
    CHECK_SIGNALLED(event); /* nobody took it */
    SetEvent(event);
    CHECK_EQ(join(NULL), NT_OK);
    CHECK_EQ(cancel(packet, FALSE), NT_PENDING);
    CHECK_OK(PostQueuedCompletionStatus(port, 33, 0x11, (OVERLAPPED *)0x22));
    CHECK_EQ(cancel(packet, TRUE), NT_OK); /* takes it out again */
    check_packet();                        /* the posted one */
    check_none(0);
    SetEvent(event);
    CHECK_EQ(join(NULL), NT_OK);
    check_packet();
    CHECK_EQ(cancel(packet, TRUE), NT_CANCELLED); /* picked up */
}

TEST(withdrawn_from_the_middle) {
    HANDLE other = NULL;

    begin(TRUE);
    REQUIRE(create(&other, GENERIC_ALL, NULL) == NT_OK);
    SetEvent(event);
    CHECK_OK(PostQueuedCompletionStatus(port, 33, 0x11, (OVERLAPPED *)0x22));
    CHECK_EQ(join(NULL), NT_OK);
    CHECK_EQ(associate(other, port, event, (void *)0x11, (void *)0x22, 0, 33, NULL), NT_OK);
    CHECK_EQ(cancel(packet, TRUE), NT_OK);
    CHECK_EQ(cancel(other, TRUE), NT_OK); /* the last one */
    CHECK_OK(PostQueuedCompletionStatus(port, 33, 0x11, (OVERLAPPED *)0x22));
    check_packet();
    check_packet();
    check_none(0);
}

TEST(closing_cancels) {
    begin(FALSE);
    CHECK_EQ(join(NULL), NT_OK);
    CloseHandle(packet);
    SetEvent(event);
    check_none(SHORT_WAIT_MS);
    CHECK_SIGNALLED(event);
}

TEST(errors) {
    begin(TRUE);
    CHECK_EQ(associate(event, port, event, NULL, NULL, 0, 0, NULL), NT_TYPE_MISMATCH);
    CHECK_EQ(associate(packet, event, event, NULL, NULL, 0, 0, NULL), NT_TYPE_MISMATCH);
    CHECK_EQ(associate(packet, port, NULL, NULL, NULL, 0, 0, NULL), NT_INVALID_HANDLE);
    CHECK_EQ(associate(NULL, port, event, NULL, NULL, 0, 0, NULL), NT_INVALID_HANDLE);
    CHECK_EQ(cancel(event, FALSE), NT_TYPE_MISMATCH);
    CHECK_EQ(cancel(NULL, FALSE), NT_INVALID_HANDLE);
}
