# The examples, as Windows programs and as Linux programs, out of the same sources; but for those that are Linux programs alone.
linux_examples = $(srcdir)/examples/counter_watch.c
example_sources = $(filter-out $(linux_examples),$(wildcard $(srcdir)/examples/*.c))
example_programs = $(patsubst $(srcdir)/%.c,%.elf,$(example_sources) $(linux_examples))
if HAVE_MINGW
example_programs += $(patsubst $(srcdir)/%.c,%.exe,$(example_sources))
endif
examples: $(example_programs)
.PHONY: examples

examples/counter_watch.elf: examples/counter_watch.c libwinipc.so
	$(AM_V_CCLD)mkdir -p $(@D) && $(CC) $(SANITIZE_FLAGS) -g -O2 -Wall -Wextra -I$(top_srcdir)/include -MMD -MP -MF $@.d -o $@ $< -L. -Wl,-rpath,$(abs_builddir) -l:libwinipc.so
examples/%.elf: examples/%.c libwinipc.so
	$(AM_V_CCLD)mkdir -p $(@D) && $(CC) $(NATIVE_FLAGS) -MMD -MP -MF $@.d -o $@ $< $(NATIVE_LIBS) 2>$@.log || echo "  not linked: $@"
examples/%.exe: examples/%.c
	$(AM_V_CCLD)mkdir -p $(@D) && $(MINGW_CC) $(MINGW_FLAGS) -MMD -MP -MF $@.d -o $@ $<
