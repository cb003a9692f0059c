core_sources += \
	loader/console_event.c loader/console_event.h loader/main.c loader/loader.h loader/status.h loader/check.c loader/check.h \
	loader/image.c loader/image.h loader/map.c loader/map.h loader/reloc.c loader/import.c loader/import.h loader/export.c \
	loader/missing.c loader/thunk.h loader/thunk.c loader/symbol.h loader/symbol.c loader/call_trace.c loader/call_trace.h loader/call_trace_x64.S loader/module.c loader/module.h loader/builtin.c loader/apiset.c loader/name.c loader/name.h \
	loader/link.c loader/link.h loader/search.c loader/tls.c loader/drives.c loader/drives.h \
	loader/startup.c loader/startup.h loader/params.c loader/run.c loader/run.h loader/native.c \
	loader/command_line.c loader/command_line.h loader/linux_program.c loader/linux_program.h loader/pump.c loader/pump.h
