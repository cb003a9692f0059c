# The benchmark: "make bench" builds and runs it, and is no part of "all"; docs/benchmark.md.
bench_programs = bench/raw bench/traffic
if HAVE_MINGW
bench_programs += bench/windows.exe bench/traffic.exe
endif
EXTRA_DIST += bench/run bench/targets.tsv bench/windows.c bench/raw.c
EXTRA_DIST += bench/pipes bench/figure.py bench/measure.py bench/traffic.c bench/traffic.h bench/traffic_linux.c bench/traffic_windows.c
EXTRA_DIST += docs/benchmark.md docs/performance.md docs/performance.svg docs/performance.tsv

bench-programs: $(bench_programs)
bench: all bench-programs
	$(PYTHON) $(srcdir)/bench/run --build $(abs_builddir) $(BENCH)
bench-pipes: all bench-programs
	$(PYTHON) $(srcdir)/bench/pipes --build $(abs_builddir)
.PHONY: bench bench-pipes bench-programs

bench_link = $(AM_V_CCLD)mkdir -p $(@D) && $(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra $(WERROR_FLAGS) -o $@ $(filter %.c,$^) -pthread
bench_link_exe = $(AM_V_CCLD)mkdir -p $(@D) && $(MINGW_CC) $(MINGW_FLAGS) -o $@ $(filter %.c,$^)
bench/raw: bench/raw.c
	$(bench_link)
bench/windows.exe: bench/windows.c
	$(bench_link_exe)
bench/traffic: bench/traffic.c bench/traffic_linux.c bench/traffic.h
	$(bench_link)
bench/traffic.exe: bench/traffic.c bench/traffic_windows.c bench/traffic.h
	$(bench_link_exe)
