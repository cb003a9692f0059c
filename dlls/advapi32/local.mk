dll_PROGRAMS += advapi32.so
advapi32_so_SOURCES = dlls/advapi32/random.c dlls/advapi32/token.c dlls/advapi32/privilege.c dlls/advapi32/impersonate.c dlls/advapi32/access.c dlls/advapi32/private_object.c dlls/advapi32/audit.c dlls/advapi32/security_info.c dlls/advapi32/trustee.c dlls/advapi32/logon.c dlls/advapi32/sid.c dlls/advapi32/well_known.c dlls/advapi32/acl.c dlls/advapi32/descriptor.c dlls/advapi32/sddl.c dlls/advapi32/security.h dlls/advapi32/sid_text.c dlls/advapi32/event.c
advapi32_so_SOURCES += dlls/advapi32/registry.h dlls/advapi32/registry_root.c dlls/advapi32/registry_key.c dlls/advapi32/registry_classes.c dlls/advapi32/registry_value.c dlls/advapi32/registry_enum.c \
	dlls/advapi32/registry_get.c dlls/advapi32/registry_tree.c dlls/advapi32/registry_save.c libs/base/regtext.h libs/base/regtext_read.c libs/base/regtext_write.c libs/base/utf.c dlls/advapi32/registry_ansi.c dlls/advapi32/event_log.c
advapi32_so_SOURCES += dlls/advapi32/service.h dlls/advapi32/service_config.c dlls/advapi32/service_config2.c dlls/advapi32/service_control.c dlls/advapi32/service_create.c dlls/advapi32/service_create_ansi.c dlls/advapi32/service_process.h dlls/advapi32/service_dispatch.c dlls/advapi32/service_handler.c dlls/advapi32/service_enum.c dlls/advapi32/service_handle.c dlls/advapi32/service_notify.c dlls/advapi32/service_pack.c dlls/advapi32/service_pipe.c dlls/advapi32/service_record.c dlls/advapi32/service_security.c dlls/advapi32/service_start.c dlls/advapi32/service_store.c
nodist_advapi32_so_SOURCES = dlls/advapi32/advapi32.exports.s
advapi32_so_LDFLAGS = $(DLLFLAGS) -Wl,-soname,advapi32.so -Wl,--version-script=dlls/advapi32/advapi32.map
advapi32_so_LDADD = libwinipc.so
EXTRA_advapi32_so_DEPENDENCIES = dlls/advapi32/advapi32.map
