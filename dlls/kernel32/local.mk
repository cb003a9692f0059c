core_specs += dlls/kernel32/kernel32.spec
core_sources += \
	dlls/kernel32/error.c dlls/kernel32/job.c dlls/kernel32/change.c
core_sources += dlls/kernel32/error.h dlls/kernel32/global.c dlls/kernel32/heap.c
core_sources += dlls/kernel32/sync_local.c
core_sources += dlls/kernel32/environment.c dlls/kernel32/codepage.c dlls/kernel32/codepage.h dlls/kernel32/codepage_table.c \
	dlls/kernel32/codepage_utf7.c
core_sources += \
	dlls/kernel32/object_name.c dlls/kernel32/private_namespace.c dlls/kernel32/object_name.h dlls/kernel32/sync.c dlls/kernel32/handle.c
core_sources += dlls/kernel32/fiber.c
core_sources += dlls/kernel32/module.c dlls/kernel32/resource.c
core_sources += dlls/kernel32/bad_pointer.c dlls/kernel32/exception.c
core_sources += dlls/kernel32/memory.c dlls/kernel32/memory_range.c dlls/kernel32/working_set.c
core_sources += dlls/kernel32/string_type.c dlls/kernel32/string_map.c dlls/kernel32/sort.c dlls/kernel32/sort.h dlls/kernel32/locale.c \
	dlls/kernel32/locale.h dlls/kernel32/locale_data.c
core_sources += dlls/kernel32/console_ctrl.c
core_sources += dlls/kernel32/version.c dlls/kernel32/system.c
core_sources += dlls/kernel32/time.c
core_sources += dlls/kernel32/message.h dlls/kernel32/message.c dlls/kernel32/message_find.c dlls/kernel32/message_format.c dlls/kernel32/message_text.h
core_sources += dlls/kernel32/lstr.c
core_sources += \
	dlls/kernel32/directory.c dlls/kernel32/file.c dlls/kernel32/file_info.c dlls/kernel32/file_name.c dlls/kernel32/find.c \
	dlls/kernel32/path.c dlls/kernel32/path_text.c dlls/kernel32/path_text.h dlls/kernel32/std_handle.c dlls/kernel32/temp.c \
	dlls/kernel32/volume.c
core_sources += dlls/kernel32/pipe.c dlls/kernel32/pipe_info.c dlls/kernel32/mailslot.c dlls/kernel32/pipe_name.c dlls/kernel32/overlapped.c dlls/kernel32/completion.c
core_sources += dlls/kernel32/thread.c dlls/kernel32/token.c dlls/kernel32/process.c dlls/kernel32/create_process.c
core_sources += \
	dlls/kernel32/console.c dlls/kernel32/console.h dlls/kernel32/console_attach.c dlls/kernel32/console_input.c \
	dlls/kernel32/console_screen.c
core_sources += dlls/kernel32/process_old.c dlls/kernel32/scheduling.c dlls/kernel32/scheduling.h dlls/kernel32/process_attributes.c dlls/kernel32/process_attributes.h dlls/kernel32/debug.c dlls/kernel32/toolhelp.c dlls/kernel32/toolhelp_heap.c dlls/kernel32/process_modules.c dlls/kernel32/process_modules.h dlls/kernel32/thread_name.c dlls/kernel32/resource_enum.c dlls/kernel32/resource.h
core_sources += dlls/kernel32/mapping.c
core_sources += dlls/kernel32/timer.c dlls/kernel32/threadpool.c
core_sources += dlls/kernel32/locale_format.c
core_sources += dlls/kernel32/muldiv.c
core_sources += dlls/kernel32/wer.c dlls/kernel32/usage.c
core_sources += dlls/kernel32/normalize.c
core_sources += dlls/kernel32/ioctl.c
