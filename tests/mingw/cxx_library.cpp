/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* C++: exceptions through frames with destructors, by type, rethrown, from constructors and callbacks; streams, containers, RTTI. */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

struct noisy {
    std::string name;
    explicit noisy(std::string n) : name(std::move(n)) {}
    ~noisy() { std::cout << "~" << name << "\n"; }
};

struct own_error : std::runtime_error {
    int code;
    own_error(const std::string &what, int c) : std::runtime_error(what), code(c) {}
};

static int depth(int n) {
    noisy here("depth" + std::to_string(n));
    if (n == 0)
        throw own_error("bottom", 17);
    return depth(n - 1) + 1;
}

struct half_made {
    noisy member{"member"};
    half_made() { throw std::string("constructor"); }
};

static void rethrow() {
    try {
        depth(1);
    } catch (const std::exception &e) {
        std::cout << "passing on " << e.what() << "\n";
        throw;
    }
}

static double average(const std::vector<double> &values) {
    if (values.empty())
        throw 42;
    double sum = 0;
    for (double v : values)
        sum += v;
    return sum / static_cast<double>(values.size());
}

static int compare_throws(const void *, const void *) {
    throw std::logic_error("through the C library");
}

int main() {
    try {
        depth(3);
    } catch (const own_error &e) {
        std::cout << "caught " << e.what() << " " << e.code << "\n";
    }
    try {
        half_made never;
    } catch (const std::string &s) {
        std::cout << "caught " << s << "\n";
    }
    try {
        rethrow();
    } catch (const std::runtime_error &e) {
        std::cout << "rethrown " << e.what() << "\n";
    }
    try {
        std::cout << average({1, 2, 6}) << "\n";
        average({});
    } catch (int number) {
        std::cout << "number " << number << "\n";
    }
    try {
        std::cout << std::map<std::string, int>{{"a", 1}}.at("b");
    } catch (const std::out_of_range &) {
        std::cout << "out of range\n";
    }
    try {
        std::function<void()> f = [] { throw std::bad_alloc(); };
        f();
    } catch (...) {
        std::cout << "anything\n";
    }
    try {
        int two[2] = {2, 1};
        std::qsort(two, 2, sizeof(int), compare_throws);
    } catch (const std::logic_error &e) {
        std::cout << "came " << e.what() << "\n";
    }
    std::vector<int> v{3, 1, 2};
    std::sort(v.begin(), v.end());
    std::ostringstream out;
    out << v[0] << v[1] << v[2] << " " << 1.25 << " " << std::boolalpha << true;
    std::cout << out.str() << "\n";
    std::unique_ptr<std::exception> base(new own_error("x", 1));
    std::cout << (dynamic_cast<own_error *>(base.get()) != nullptr) << (dynamic_cast<std::logic_error *>(base.get()) != nullptr) << "\n";
    int caught = 0;
    for (int i = 0; i < 10000; i++) {
        try {
            throw i;
        } catch (int n) {
            caught += n == i;
        }
    }
    std::printf("%d of 10000\n", caught);
    return 3;
}
