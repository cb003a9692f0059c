/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* C++ threads, each of which throws and catches: std::thread where the thread model has it, Windows threads otherwise. */
#include <cstdio>
#include <stdexcept>
#include <string>
#include <windows.h>
#ifdef _GLIBCXX_HAS_GTHREADS
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#endif

static thread_local int own = 1;

static int work(int number) {
    int caught = 0;

    for (int i = 0; i < 500; i++) {
        try {
            own++;
            if (i % 2)
                throw std::runtime_error(std::to_string(number));
            throw number;
        } catch (const std::exception &e) {
            caught += std::stoi(e.what()) == number;
        } catch (int n) {
            caught += n == number;
        }
    }
    return caught + own;
}

#ifdef _GLIBCXX_HAS_GTHREADS
static int run_all() {
    std::mutex mutex;
    std::condition_variable changed;
    int total = 0, ended = 0;
    std::thread threads[4];

    for (int i = 0; i < 4; i++)
        threads[i] = std::thread([&, i] {
            const int result = work(i);
            std::lock_guard<std::mutex> lock(mutex);
            total += result;
            ended++;
            changed.notify_one();
        });
    {
        std::unique_lock<std::mutex> lock(mutex);
        changed.wait(lock, [&] { return ended == 4; });
    }
    for (auto &thread : threads)
        thread.join();
    std::future<int> failing = std::async(std::launch::async, []() -> int { throw std::out_of_range("from a thread"); });
    try {
        failing.get();
    } catch (const std::out_of_range &) {
        return total;
    }
    return -1;
}
#else
static DWORD WINAPI run_one(void *param) {
    return static_cast<DWORD>(work(static_cast<int>(reinterpret_cast<INT_PTR>(param))));
}

static int run_all() {
    HANDLE threads[4];
    int total = 0;

    for (int i = 0; i < 4; i++)
        threads[i] = CreateThread(nullptr, 0, run_one, reinterpret_cast<void *>(static_cast<INT_PTR>(i)), 0, nullptr);
    WaitForMultipleObjects(4, threads, TRUE, INFINITE);
    for (HANDLE thread : threads) {
        DWORD code = 0;
        GetExitCodeThread(thread, &code);
        total += static_cast<int>(code);
        CloseHandle(thread);
    }
    return total;
}
#endif

int main() {
    std::printf("total %d, own %d\n", run_all(), own);
    return 3;
}
