winipc_SOURCES = programs/output.h libs/base/linger.h programs/winipc/main.c programs/winipc/look.h programs/winipc/look.c programs/winipc/look_object.c programs/winipc/look_security.c programs/winipc/ls.c \
	programs/winipc/ps.c programs/winipc/handles.c programs/winipc/kill.c programs/winipc/sibling.c programs/winipc/trace.h programs/winipc/trace.c programs/winipc/trace_print.c \
	libs/arena/arena.c libs/arena/memfd.c libs/arena/name.c libs/base/utf.c libs/protocol/session.c $(security_sources) libs/arena/data.c
winipc_CFLAGS = $(AM_CFLAGS)
winipc_LDFLAGS = $(EXEFLAGS)
winipc_LDADD = libwinipc.so
winipc_DEPENDENCIES = libwinipc.so
winipc_reg_SOURCES = programs/output.h programs/reg/reg.h programs/reg/main.c programs/reg/query.c programs/reg/import.c \
	libs/base/regtext.h libs/base/regtext_read.c libs/base/regtext_write.c libs/base/utf.c
winipc_reg_CFLAGS = $(AM_CFLAGS)
winipc_reg_LDFLAGS = $(EXEFLAGS)
winipc_reg_LDADD = advapi32.so libwinipc.so
winipc_reg_DEPENDENCIES = advapi32.so libwinipc.so
winipc_section_SOURCES = programs/output.h programs/section/main.c
winipc_section_CFLAGS = $(AM_CFLAGS)
winipc_section_LDFLAGS = $(EXEFLAGS)
winipc_section_LDADD = libwinipc.so
winipc_section_DEPENDENCIES = libwinipc.so
winipc_service_SOURCES = programs/output.h programs/service/main.c
winipc_service_CFLAGS = $(AM_CFLAGS)
winipc_service_LDFLAGS = $(EXEFLAGS)
winipc_service_LDADD = advapi32.so libwinipc.so
winipc_service_DEPENDENCIES = advapi32.so libwinipc.so
winipc_bridge_SOURCES = programs/bridge/bridge.h programs/bridge/main.c programs/bridge/config.c programs/bridge/link.c programs/bridge/pipe.c \
	programs/bridge/socket.c
winipc_bridge_CFLAGS = $(AM_CFLAGS)
winipc_bridge_LDFLAGS = $(EXEFLAGS)
winipc_bridge_LDADD = advapi32.so libwinipc.so
winipc_bridge_DEPENDENCIES = advapi32.so libwinipc.so

systemduserdir = $(prefix)/lib/systemd/user
nodist_systemduser_DATA = programs/bridge/winipc-bridge.service
programs/bridge/winipc-bridge.service: programs/bridge/winipc-bridge.service.in
	$(AM_V_GEN)mkdir -p $(@D) && sed 's,[@]bindir[@],$(bindir),' $< > $@.tmp && mv $@.tmp $@
CLEANFILES += programs/bridge/winipc-bridge.service
EXTRA_DIST += programs/bridge/winipc-bridge.service.in
