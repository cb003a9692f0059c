winipcd_SOURCES = libs/base/linger.h $(arena_sources) $(security_sources) $(common_sources) libs/protocol/dispatch.h libs/protocol/dispatch.c \
	server/main.c server/server.h server/session.c server/takeover.c server/client.c server/process.c server/directory.c server/path.c server/name_store.c server/named.h \
	server/object.c server/named_pipe.c server/mailslot.c server/ring_memory.c server/descriptor.c server/shm_view.h server/shm_view.c libs/base/shm_view.h server/job.h server/job.c server/job_port.c server/job_time.c server/timer.c server/security.c
winipcd_SOURCES += server/registry.h server/registry.c server/registry_security.c server/registry_value.c server/registry_key.c server/registry_path.c server/registry_watch.c \
	server/registry_store.h server/registry_store.c server/registry_load.c server/registry_compact.c server/registry_default.c \
	libs/base/regtext.h libs/base/regtext_read.c libs/base/regtext_write.c libs/base/utf.c
nodist_winipcd_SOURCES = libs/protocol/requests.c libs/protocol/requests.h libs/protocol/requests_server.c libs/base/unicode_tables.c
winipcd_CFLAGS = $(AM_CFLAGS)
winipcd_LDFLAGS = $(AM_LDFLAGS) $(SERVER_LDFLAGS)
