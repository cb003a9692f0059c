/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The start-up code, and what else Microsoft's static library would bring, for programs of this folder. */
int main(void);
void exit(int status);

int _fltused = 1;
__asm__(".data\n.globl \"??_7type_info@@6B@\"\n\"??_7type_info@@6B@\": .quad 0\n.text\n");

/* No object with a static life that is to be destroyed matters here. */
int atexit(void (*call)(void)) {
    return !call;
}

void __std_terminate(void) {
    exit(99);
}

void start(void) {
    exit(main());
}
