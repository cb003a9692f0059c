arena_sources = libs/arena/arena.h libs/arena/arena.c libs/arena/cell.c libs/arena/handle.c libs/arena/lock.h libs/arena/lock.c \
	libs/arena/wait.h libs/arena/wait.c libs/arena/wait_all.c libs/arena/dispatch.h libs/arena/dispatch.c libs/arena/object.h libs/arena/object.c libs/arena/port.h libs/arena/port.c libs/arena/job.h libs/arena/job.c \
	libs/arena/sweep.c libs/arena/step.h \
	libs/arena/pipe_state.h libs/arena/pipe_state.c libs/arena/ring.h libs/arena/ring.c \
	libs/arena/mailslot.h libs/arena/mailslot.c libs/arena/mail_ring.h libs/arena/mail_ring.c
arena_sources += libs/arena/file_kind.h libs/arena/memfd.h libs/arena/memfd.c libs/arena/name.h libs/arena/name.c libs/arena/data.h libs/arena/data.c libs/arena/apc.h libs/arena/apc.c libs/arena/life.c libs/arena/key.h libs/arena/key.c \
	libs/arena/fcb.h libs/arena/fcb.c libs/arena/file_lock.c
security_sources = libs/security/sid.h libs/security/sid.c libs/security/acl.h libs/security/acl.c libs/security/token.h libs/security/token.c \
	libs/security/access.h libs/security/access.c libs/security/inherit.c libs/security/mapping.c libs/security/object.c
core_sources += $(arena_sources) $(security_sources) \
	libs/base/export_table.c libs/base/export_table.h
core_sources += libs/host/guard.c libs/host/guard.h
core_sources += libs/base/call_log.h libs/base/call_log.c
core_sources += libs/host/std_fds.c libs/host/std_fds.h
core_sources += \
	libs/base/utf.c libs/base/utf.h
core_sources += libs/host/futex.c libs/host/futex.h libs/host/spawn.c libs/host/spawn.h
core_sources += libs/base/unicode.h
libs/base/unicode_tables.c: $(srcdir)/tools/unicodegen.py
	$(AM_V_GEN)mkdir -p $(@D) && $(PYTHON) $< > $@.tmp && mv $@.tmp $@
CLEANFILES += libs/base/unicode_tables.c

# what the server needs of libs/base as well
common_sources = libs/base/trace.c libs/base/trace.h \
	libs/protocol/protocol.h libs/protocol/message.c libs/protocol/session.h libs/protocol/session.c
core_sources += $(common_sources) \
	libs/protocol/exchange.h libs/protocol/client.h libs/protocol/client.c libs/protocol/start.h libs/protocol/start.c
core_generated = libs/protocol/requests.c libs/protocol/requests.h libs/protocol/requests_client.c
BUILT_SOURCES += libs/protocol/requests.h
CLEANFILES += libs/protocol/requests.c libs/protocol/requests.h libs/protocol/requests_client.c libs/protocol/requests_server.c \
	libs/protocol/requests.dict
EXTRA_DIST += libs/protocol/requests.list libs/protocol/README.md

# what two builds must have in common to share a session
layout_inputs = $(addprefix $(srcdir)/,libs/protocol/requests.list libs/protocol/protocol.h libs/arena/arena.h libs/arena/lock.h libs/arena/name.h \
	libs/arena/pipe_state.h libs/arena/port.h libs/arena/ring.h libs/arena/mailslot.h libs/arena/mail_ring.h libs/arena/file_kind.h libs/arena/memfd.h libs/arena/job.h libs/arena/data.h libs/arena/key.h libs/arena/fcb.h libs/security/token.h)
libs/protocol/layout.h: $(layout_inputs) $(srcdir)/tools/layoutgen.py
	$(AM_V_GEN)mkdir -p $(@D) && $(PYTHON) $(srcdir)/tools/layoutgen.py $(layout_inputs) > $@.tmp && mv $@.tmp $@
BUILT_SOURCES += libs/protocol/layout.h
CLEANFILES += libs/protocol/layout.h

PROTOGEN = $(AM_V_GEN)mkdir -p $(@D) && $(PYTHON) $(srcdir)/tools/protogen.py
protogen_inputs = libs/protocol/requests.list tools/protogen.py
libs/protocol/requests.h: $(protogen_inputs)
	$(PROTOGEN) header $(srcdir)/libs/protocol/requests.list > $@.tmp && mv $@.tmp $@
libs/protocol/requests.c: $(protogen_inputs)
	$(PROTOGEN) source $(srcdir)/libs/protocol/requests.list > $@.tmp && mv $@.tmp $@
libs/protocol/requests_client.c: $(protogen_inputs)
	$(PROTOGEN) client $(srcdir)/libs/protocol/requests.list > $@.tmp && mv $@.tmp $@
libs/protocol/requests_server.c: $(protogen_inputs)
	$(PROTOGEN) server $(srcdir)/libs/protocol/requests.list > $@.tmp && mv $@.tmp $@
libs/protocol/requests.dict: $(protogen_inputs)
	$(PROTOGEN) dict $(srcdir)/libs/protocol/requests.list > $@.tmp && mv $@.tmp $@
core_sources += libs/base/normalize.c libs/base/normalize.h
core_sources += libs/base/due_queue.c libs/base/due_queue.h
