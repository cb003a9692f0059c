arena_sources = libs/arena/arena.h libs/arena/arena.c libs/arena/cell.c libs/arena/handle.c libs/arena/lock.h libs/arena/lock.c \
	libs/arena/wait.h libs/arena/wait.c libs/arena/object.h libs/arena/object.c libs/arena/sweep.c libs/arena/step.h \
	libs/arena/pipe_state.h libs/arena/pipe_state.c libs/arena/ring.h libs/arena/ring.c
core_sources += $(arena_sources) \
	libs/base/export_table.c libs/base/export_table.h
core_sources += libs/host/guard.c libs/host/guard.h
core_sources += \
	libs/base/utf.c libs/base/utf.h
core_sources += libs/host/futex.c libs/host/futex.h
core_sources += libs/base/unicode.h
libs/base/unicode_tables.c: $(srcdir)/tools/unicodegen.py
	$(AM_V_GEN)mkdir -p $(@D) && $(PYTHON) $< > $@.tmp && mv $@.tmp $@
CLEANFILES += libs/base/unicode_tables.c
