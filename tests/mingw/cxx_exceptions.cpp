// SPDX-License-Identifier: LGPL-2.1-or-later
// C++ exceptions: across frames, rethrown, nested, through our qsort, while registers are in use, and in threads where the compiler has them.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>
#ifdef _GLIBCXX_HAS_GTHREADS
#include <exception>
#include <thread>
#endif

static int failures, destroyed;

#define CHECK(what)                                                                                                    \
    do {                                                                                                               \
        if (!(what)) {                                                                                                 \
            std::printf("line %d: %s\n", __LINE__, #what);                                                             \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

struct counted {
    ~counted() { destroyed++; }
};

static int deep(int depth) {
    counted c;
    if (!depth)
        throw std::runtime_error("deep");
    return deep(depth - 1) + 1;
}

static void across_frames() {
    destroyed = 0;
    try {
        deep(20);
        CHECK(false);
    } catch (const std::exception &e) {
        CHECK(std::string("deep") == e.what());
    }
    CHECK(destroyed == 21);
}

static int compare_throwing(const void *a, const void *b) {
    counted c;
    if (*static_cast<const int *>(a) == 9 || *static_cast<const int *>(b) == 9)
        throw 42;
    return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}

static void through_qsort() {
    int numbers[] = {5, 3, 9, 1};
    volatile double a = 1.5, b = 2.5;
    double product = a * b; // lives in a register that must survive
    destroyed = 0;
    try {
        counted c;
        std::qsort(numbers, 4, sizeof *numbers, compare_throwing);
        CHECK(false);
    } catch (int i) {
        CHECK(i == 42);
    }
    CHECK(destroyed >= 2);
    CHECK(product == 3.75);
}

static void rethrow() {
    try {
        counted c;
        throw std::string("again");
    } catch (std::string &s) {
        CHECK(s == "again");
        throw;
    }
}

static void rethrown() {
    try {
        rethrow();
        CHECK(false);
    } catch (const std::string &s) {
        CHECK(s == "again");
    }
}

struct throws_inside {
    ~throws_inside() {
        try {
            throw 1;
        } catch (int) {
            destroyed++;
        }
    }
};

static void nested() {
    destroyed = 0;
    try {
        throws_inside t;
        try {
            throw 1;
        } catch (int) {
            throw 2.5;
        }
    } catch (double d) {
        CHECK(d == 2.5);
    }
    CHECK(destroyed == 1);
    try {
        std::vector<int>().at(5);
        CHECK(false);
    } catch (const std::out_of_range &) {
    }
}

static void many() {
    long sum = 0;
    for (int i = 0; i < 20000; i++) {
        try {
            throw i;
        } catch (int k) {
            sum += k;
        }
    }
    CHECK(sum == 199990000);
}

#ifdef _GLIBCXX_HAS_GTHREADS
static void in_threads() {
    std::vector<std::thread> threads;
    std::exception_ptr carried[4];
    for (int i = 0; i < 4; i++)
        threads.emplace_back([i, &carried] {
            many();
            try {
                deep(i);
            } catch (...) {
                carried[i] = std::current_exception();
            }
        });
    for (auto &t : threads)
        t.join();
    for (auto &c : carried) {
        try {
            std::rethrow_exception(c);
        } catch (const std::runtime_error &e) {
            CHECK(std::string("deep") == e.what());
        }
    }
}
#else
static void in_threads() {}
#endif

int main() {
    across_frames();
    through_qsort();
    rethrown();
    nested();
    many();
    in_threads();
    std::printf("%d failures\n", failures);
    return failures != 0;
}
