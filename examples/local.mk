# The examples, as Windows programs and as Linux programs, out of the same sources.
example_sources = $(wildcard $(srcdir)/examples/*.c)
example_programs = $(patsubst $(srcdir)/%.c,%.elf,$(example_sources))
if HAVE_MINGW
example_programs += $(patsubst $(srcdir)/%.c,%.exe,$(example_sources))
endif
examples: $(example_programs)
.PHONY: examples

examples/%.elf: examples/%.c libwinipc.so
	$(AM_V_CCLD)mkdir -p $(@D) && $(CC) $(NATIVE_FLAGS) -MMD -MP -MF $@.d -o $@ $< $(NATIVE_LIBS) 2>$@.log || echo "  not linked: $@"
examples/%.exe: examples/%.c
	$(AM_V_CCLD)mkdir -p $(@D) && $(MINGW_CC) $(MINGW_FLAGS) -MMD -MP -MF $@.d -o $@ $<
