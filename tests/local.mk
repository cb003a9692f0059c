# Tests find themselves: a new source in tests/unit (…_test.c), tests/conformance, tests/mingw or tests/system/programs is built by "make tests",
# and tests/run.py runs it.  Unit tests take from an archive what they need of libs/, the DLLs and the server.
unit_programs = $(patsubst $(srcdir)/%.c,%,$(wildcard $(srcdir)/tests/unit/*_test.c))
conformance_topics = $(filter-out tests/conformance/harness,$(patsubst $(srcdir)/%.c,%,$(wildcard $(srcdir)/tests/conformance/*.c)))
conformance_native = $(addsuffix .elf,$(conformance_topics))
test_programs = $(conformance_native)
# Each program of tests/system/programs is an .exe; these are ELF programs as well.
system_native = bridge_end control family hostile numbers swarm
system_programs = $(patsubst $(srcdir)/%.c,%,$(wildcard $(srcdir)/tests/system/programs/*.c))
test_programs += $(patsubst %,tests/system/programs/%.elf,$(system_native))
fuzz_programs = $(patsubst $(srcdir)/%.c,%,$(wildcard $(srcdir)/tests/fuzz/*_fuzz.c))
test_programs += $(fuzz_programs)
if HAVE_CHECK
test_programs += $(unit_programs)
endif
if HAVE_MINGW
test_programs += $(addsuffix .exe,$(conformance_topics))
test_programs += $(addsuffix .exe,$(system_programs))
endif
tests: $(test_programs) examples mingw-tests bench-programs
.PHONY: tests

# Each program of tests/mingw in four forms: both thread models, with the compiler's DLLs inside and beside it.
mingw_names = $(basename $(notdir $(wildcard $(srcdir)/tests/mingw/*.expected)))
if HAVE_MINGW
mingw-tests: $(foreach form,win32 win32-static posix posix-static,$(addprefix tests/mingw/$(form)/,$(addsuffix .exe,$(mingw_names))))
else
mingw-tests:
endif
.PHONY: mingw-tests

# $(call mingw_build,MODEL,gcc or g++,options): nothing is made where that compiler is not installed
mingw_build = $(AM_V_CCLD)mkdir -p $(@D); compiler=x86_64-w64-mingw32-$(2)-$(1); command -v $$compiler >/dev/null || exit 0; \
	$$compiler -O2 -g -Wall -Wextra $(WERROR_FLAGS) $(3) $(if $(findstring wide,$@),-municode) -o $@ $<
mingw_dlls = compiler=x86_64-w64-mingw32-g++-$(1); command -v $$compiler >/dev/null || exit 0; \
	for dll in libgcc_s_seh-1.dll libstdc++-6.dll libwinpthread-1.dll; do \
	path=`$$compiler -print-file-name=$$dll`; \
	[ -f "$$path" ] || path=`$$compiler -print-sysroot`/x86_64-w64-mingw32/lib/$$dll; \
	[ -f "$$path" ] || path=/usr/x86_64-w64-mingw32/lib/$$dll; \
	[ ! -f "$$path" ] || ln -sf "$$path" $(@D)/$$dll; done

check-local: tests
	$(PYTHON) $(srcdir)/tests/run.py --build $(abs_builddir)

TEST_COMPILE = $(CC) $(DEFS) $(AM_CPPFLAGS) $(CPPFLAGS) $(AM_CFLAGS) $(CFLAGS) -MMD -MP
MINGW_FLAGS = -std=gnu11 -O2 -g -Wall -Wextra $(WERROR_FLAGS) -D_WIN32_WINNT=0x0A00
# What pkg-config gives a user of the build tree; the tests take the same way.
NATIVE_FLAGS = -std=gnu11 -O2 -g -Wall -Wextra $(WERROR_FLAGS) $(SANITIZE_FLAGS) -pthread -fshort-wchar -D_WIN32_WINNT=0x0A00 -DDECLSPEC_HIDDEN= \
	-isystem $(WINE_HEADERS)
NATIVE_LIBS = -L. -Wl,-rpath,$(abs_builddir) $(NATIVE_DLLS)

tests/unit/core.a: $(libwinipc_so_OBJECTS) $(winipcd_OBJECTS) $(msvcrt_so_OBJECTS) $(shell32_so_OBJECTS) $(oleaut32_so_OBJECTS) \
		$(ole32_so_OBJECTS) $(user32_so_OBJECTS) $(ws2_32_so_OBJECTS) $(advapi32_so_OBJECTS)
	$(AM_V_AR)mkdir -p $(@D) && rm -f $@ && $(AR) cq $@ $^
$(unit_programs) $(fuzz_programs): %: %.c tests/unit/core.a
	$(AM_V_CCLD)mkdir -p $(@D) && $(TEST_COMPILE) -MF $@.d $(CHECK_CFLAGS) -o $@ $< tests/unit/core.a $(SANITIZE_FLAGS) $(CHECK_LIBS) -lm -lpthread

# A server that dies at its labelled steps (libs/arena/step.h).
test_programs += tests/system/winipcd-steps
steps_sources = $(filter %.c,$(winipcd_SOURCES))
tests/system/winipcd-steps: $(steps_sources) tests/system/steps.c $(filter %.o,$(winipcd_OBJECTS))
	$(AM_V_CCLD)mkdir -p $(@D) && $(TEST_COMPILE) -MF $@.d -DARENA_STEPS -o $@ $(addprefix $(srcdir)/,$(steps_sources) tests/system/steps.c) \
		libs/protocol/requests.c libs/protocol/requests_server.c libs/base/unicode_tables.c $(SANITIZE_FLAGS) -lpthread

tests/conformance/%.elf: tests/conformance/%.c tests/conformance/harness.c $(dll_PROGRAMS)
	$(AM_V_CCLD)mkdir -p $(@D) && $(CC) $(NATIVE_FLAGS) -MMD -MP -MF $@.d -o $@ $< $(srcdir)/tests/conformance/harness.c $(NATIVE_LIBS) 2>$@.log || echo "  not linked: $@"
tests/conformance/%.exe: tests/conformance/%.c tests/conformance/harness.c
	$(AM_V_CCLD)mkdir -p $(@D) && $(MINGW_CC) $(MINGW_FLAGS) -MMD -MP -MF $@.d -o $@ $< $(srcdir)/tests/conformance/harness.c
tests/system/programs/%.elf: tests/system/programs/%.c libwinipc.so
	$(AM_V_CCLD)mkdir -p $(@D) && $(CC) $(NATIVE_FLAGS) -iquote $(srcdir) -MMD -MP -MF $@.d -o $@ $< $(NATIVE_LIBS)
tests/system/programs/%.exe: tests/system/programs/%.c
	$(AM_V_CCLD)mkdir -p $(@D) && $(MINGW_CC) $(MINGW_FLAGS) -MMD -MP -MF $@.d -o $@ $<
tests/mingw/win32/%.exe: tests/mingw/%.c
	$(call mingw_build,win32,gcc,)
	@$(call mingw_dlls,win32)
tests/mingw/win32/%.exe: tests/mingw/%.cpp
	$(call mingw_build,win32,g++,)
	@$(call mingw_dlls,win32)
tests/mingw/win32-static/%.exe: tests/mingw/%.c
	$(call mingw_build,win32,gcc,-static)
tests/mingw/win32-static/%.exe: tests/mingw/%.cpp
	$(call mingw_build,win32,g++,-static)
tests/mingw/posix/%.exe: tests/mingw/%.c
	$(call mingw_build,posix,gcc,)
	@$(call mingw_dlls,posix)
tests/mingw/posix/%.exe: tests/mingw/%.cpp
	$(call mingw_build,posix,g++,)
	@$(call mingw_dlls,posix)
tests/mingw/posix-static/%.exe: tests/mingw/%.c
	$(call mingw_build,posix,gcc,-static)
tests/mingw/posix-static/%.exe: tests/mingw/%.cpp
	$(call mingw_build,posix,g++,-static)
-include $(wildcard tests/unit/*.d tests/fuzz/*.d tests/conformance/*.d tests/system/programs/*.d examples/*.d)

clean-local:
	-rm -rf tests/unit tests/fuzz tests/conformance tests/system tests/mingw examples/*.exe examples/*.elf examples/*.d
