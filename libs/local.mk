arena_sources = libs/arena/arena.h libs/arena/pipe_state.h
core_sources += $(arena_sources) \
	libs/base/export_table.c libs/base/export_table.h
