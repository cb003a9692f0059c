# The benchmark: "make bench" builds and runs it, and is no part of "all"; docs/benchmark.md.
bench_programs = bench/raw
if HAVE_MINGW
bench_programs += bench/windows.exe
endif
EXTRA_DIST += bench/run bench/targets.tsv bench/windows.c bench/raw.c

bench-programs: $(bench_programs)
bench: all bench-programs
	$(PYTHON) $(srcdir)/bench/run --build $(abs_builddir) $(BENCH)
.PHONY: bench bench-programs

bench/raw: bench/raw.c
	$(AM_V_CCLD)mkdir -p $(@D) && $(CC) -std=gnu11 -D_GNU_SOURCE -O2 -g -Wall -Wextra $(WERROR_FLAGS) -o $@ $<
bench/windows.exe: bench/windows.c
	$(AM_V_CCLD)mkdir -p $(@D) && $(MINGW_CC) $(MINGW_FLAGS) -o $@ $<
