/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * C++ exceptions as Microsoft's compiler does them: built by clang for its ABI.  Prints what is caught and destroyed,
 * in order; tests/system/cxx_exceptions.test holds what that must be.
 */
extern "C" int printf(const char *, ...);
extern "C" int fflush(void *);
extern "C" void RaiseException(unsigned, unsigned, unsigned, void *);
int depth;
struct D {
    const char *n;
    D(const char *n) : n(n) {
    }
    ~D() {
        printf("~%s ", n);
    }
};
struct Base {
    int a;
    virtual int id() {
        return 1;
    }
    Base(int a) : a(a) {
    }
    Base(const Base &o) : a(o.a) {
        printf("copy ");
    }
    virtual ~Base() {
        printf("~Base%d ", a);
    }
};
struct Other {
    int pad[3];
    virtual void f() {
    }
};
struct Derived : Other, virtual Base {
    Derived(int a) : Base(a) {
    }
    int id() override {
        return 2;
    }
};
__attribute__((noinline)) void thrower(int k) {
    D d("thrower");
    switch (k) {
    case 0: throw 42;
    case 1: throw "text";
    case 2: throw Base(7);
    case 3: throw Derived(9);
    case 4: {
        static Derived x(5);
        throw(Base *) & x;
    }
    case 5: {
        static Derived x(6);
        throw &x;
    }
    }
}
__attribute__((noinline)) void middle(int k) {
    D d("middle");
    thrower(k);
}
void test(int k) {
    printf("[%d] ", k);
    try {
        D a("try");
        middle(k);
        printf("not thrown ");
    } catch (int i) {
        printf("int %d ", i);
    } catch (const char *s) {
        printf("str %s ", s);
    } catch (Base *p) {
        printf("ptr %d %d ", p->id(), p->a);
    } catch (Base b) {
        printf("base %d %d ", b.id(), b.a);
    }
    printf("\n");
}
void test_ref(int k) {
    try {
        middle(k);
    } catch (Base &b) {
        printf("ref %d %d ", b.id(), b.a);
    } catch (...) {
        printf("any ");
    }
    printf("after\n");
}
void nested() {
    try {
        try {
            middle(2);
        } catch (Base &b) {
            D d("incatch");
            printf("first %d ", b.a);
            throw;
        }
    } catch (Base &b) {
        printf("second %d ", b.a);
    }
    printf("after\n");
}
void nested2() {
    int local = 5;
    try {
        try {
            middle(0);
        } catch (int i) {
            D d("incatch");
            local++;
            try {
                thrower(2);
            } catch (Base &b) {
                printf("inner %d local %d ", b.a, local);
            }
            printf("outer still %d ", i);
            throw 1.5;
        }
    } catch (double d) {
        printf("double %d local %d ", (int)(d * 10), local);
    }
    printf("after\n");
}
void nested3() {
    try {
        middle(3);
    } catch (Base &b) {
        try {
            try {
                throw;
            } catch (Derived &d) {
                printf("derived %d ", d.a);
                throw;
            }
        } catch (Base &c) {
            printf("same %d ", &c == &b);
        }
        printf("alive %d ", b.a);
    }
    printf("after\n");
}
void loop() {
    int sum = 0;
    for (int i = 0; i < 1000; i++) {
        try {
            try {
                throw i;
            } catch (int x) {
                if (x & 1)
                    throw(long) x;
                sum += x;
                continue;
            }
        } catch (long l) {
            sum -= (int)l;
            if (l > 990)
                break;
        }
    }
    printf("sum %d\n", sum);
}
int recurse(int n) {
    try {
        if (!n)
            throw 0;
        return recurse(n - 1);
    } catch (int d) {
        if (n == 3)
            return d;
        throw d + 1;
    }
}
void ret_from_catch() {
    try {
        middle(1);
    } catch (...) {
        printf("returning ");
        return;
    }
}
void foreign() {
    try {
        D d("foreign");
        RaiseException(0xE0001234, 0, 0, 0);
    } catch (...) {
        printf("any foreign\n");
    }
}
extern "C" int main() {
    for (int k = 0; k < 6; k++)
        test(k);
    for (int k = 0; k < 4; k++)
        test_ref(k);
    nested();
    nested2();
    nested3();
    loop();
    printf("recurse %d\n", recurse(20));
    ret_from_catch();
    printf("\n");
    fflush(0);
    foreign();
    return 0;
}
