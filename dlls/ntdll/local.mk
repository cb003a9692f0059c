core_specs += dlls/ntdll/ntdll.spec
core_sources += \
	dlls/ntdll/page_cache.c dlls/ntdll/page_cache.h dlls/ntdll/teb.c dlls/ntdll/teb.h
core_sources += \
	dlls/ntdll/object.c dlls/ntdll/object.h dlls/ntdll/named.c dlls/ntdll/named_known.c dlls/ntdll/object_directory.c dlls/ntdll/named.h dlls/ntdll/sync.c dlls/ntdll/keyed_event.c dlls/ntdll/apc.c dlls/ntdll/apc.h \
	dlls/ntdll/wait.c dlls/ntdll/wait.h dlls/ntdll/wait_packet.c dlls/ntdll/wait_packet.h
core_sources += dlls/ntdll/error.c dlls/ntdll/error_table.h dlls/ntdll/heap.c dlls/ntdll/heap.h
core_sources += dlls/ntdll/thread_start.c
core_sources += dlls/ntdll/suspend.c dlls/ntdll/suspend.h dlls/ntdll/suspend_place.c dlls/ntdll/suspend_place.h dlls/ntdll/helper_thread.c dlls/ntdll/helper_thread.h dlls/ntdll/remote.c dlls/ntdll/remote.h dlls/ntdll/own_place.h \
	dlls/ntdll/memory_elsewhere.c dlls/ntdll/memory_elsewhere.h dlls/ntdll/thread_context.c dlls/ntdll/thread.c dlls/ntdll/thread.h dlls/ntdll/session.c dlls/ntdll/session.h
core_sources += dlls/ntdll/critical_section.c dlls/ntdll/srwlock.c dlls/ntdll/run_once.c dlls/ntdll/address_wait.c dlls/ntdll/slist.c
core_sources += dlls/ntdll/env.c dlls/ntdll/env.h dlls/ntdll/env_unix.c dlls/ntdll/case.c
core_sources += \
	dlls/ntdll/console_read.c dlls/ntdll/console_wait.c dlls/ntdll/console_wait.h dlls/ntdll/directory.c dlls/ntdll/directory_scan.h dlls/ntdll/drive.c dlls/ntdll/file.c dlls/ntdll/file.h dlls/ntdll/file_native.h dlls/ntdll/file_fd.c dlls/ntdll/file_info.c \
	dlls/ntdll/file_open.c dlls/ntdll/file_attributes.h dlls/ntdll/file_attributes.c dlls/ntdll/file_control.h dlls/ntdll/file_control.c dlls/ntdll/file_share.h dlls/ntdll/file_share.c dlls/ntdll/file_lock.h dlls/ntdll/file_lock.c dlls/ntdll/file_stat.c dlls/ntdll/file_stat.h dlls/ntdll/file_volume.c dlls/ntdll/file_volume.h dlls/ntdll/notify.h dlls/ntdll/notify.c dlls/ntdll/notify_watch.c dlls/ntdll/io.c dlls/ntdll/path.c \
	dlls/ntdll/case_cache.h dlls/ntdll/case_cache.c dlls/ntdll/unix_name.c dlls/ntdll/unix_path.c dlls/ntdll/unix_path.h dlls/ntdll/user_name.h dlls/ntdll/wildcard.c \
	dlls/ntdll/wildcard.h
core_sources += dlls/ntdll/object_query.c dlls/ntdll/duplicate.c dlls/ntdll/descriptor.c dlls/ntdll/descriptor.h
core_sources += dlls/ntdll/slots.h dlls/ntdll/tls.c dlls/ntdll/fls.c dlls/ntdll/encode.c
core_sources += dlls/ntdll/ldr.c dlls/ntdll/ldr_notice.c dlls/ntdll/delay_load.c dlls/ntdll/image.c
core_sources += dlls/ntdll/c_handler.c dlls/ntdll/context.c dlls/ntdll/context.h dlls/ntdll/context_x64.S \
	dlls/ntdll/exception.c dlls/ntdll/exception.h dlls/ntdll/exception_report.c dlls/ntdll/exception_stack.c dlls/ntdll/function_table.c \
	dlls/ntdll/instruction.c dlls/ntdll/instruction.h dlls/ntdll/signal.c dlls/ntdll/unwind.c dlls/ntdll/unwind.h \
	dlls/ntdll/unwind_elf.c dlls/ntdll/unwind_target.c dlls/ntdll/vectored.c dlls/ntdll/vectored.h
core_sources += dlls/ntdll/user.c dlls/ntdll/user.h
core_sources += dlls/ntdll/virtual.h dlls/ntdll/virtual.c dlls/ntdll/virtual_region.h dlls/ntdll/virtual_foreign.c dlls/ntdll/memory.c
core_sources += dlls/ntdll/version.h dlls/ntdll/version.c dlls/ntdll/clock.h dlls/ntdll/clock.c dlls/ntdll/user_shared_data.c dlls/ntdll/system.h dlls/ntdll/system.c dlls/ntdll/system_query.c dlls/ntdll/system_process.c
core_sources += dlls/ntdll/attributes.h dlls/ntdll/attributes.c
core_sources += dlls/ntdll/time.c dlls/ntdll/timezone.h dlls/ntdll/timezone.c
core_sources += dlls/ntdll/ace.h dlls/ntdll/acl.c dlls/ntdll/security_descriptor.c dlls/ntdll/sid.c dlls/ntdll/token.c dlls/ntdll/token.h \
	dlls/ntdll/token_query.c dlls/ntdll/token_change.c dlls/ntdll/token_derive.c dlls/ntdll/impersonate.c dlls/ntdll/access_check.h dlls/ntdll/access_check.c \
	dlls/ntdll/security.h dlls/ntdll/security.c dlls/ntdll/security_object.c dlls/ntdll/security_private.h dlls/ntdll/security_private.c dlls/ntdll/security_file.h dlls/ntdll/security_file.c
core_sources += \
	dlls/ntdll/pipe.c dlls/ntdll/pipe.h dlls/ntdll/pipe_step.c dlls/ntdll/pipe_queue.c dlls/ntdll/io_queue.h dlls/ntdll/io_queue.c dlls/ntdll/io_deadline.c dlls/ntdll/pipe_open.c dlls/ntdll/pipe_known.c dlls/ntdll/pipe_root.c dlls/ntdll/pipe_info.c dlls/ntdll/pipe_volume.c dlls/ntdll/pipe_client.c \
	dlls/ntdll/pipe_anonymous.h dlls/ntdll/io_spin.h
core_sources += dlls/ntdll/mailslot.h dlls/ntdll/mailslot.c dlls/ntdll/mailslot_open.c dlls/ntdll/mailslot_info.c
core_sources += dlls/ntdll/process.c dlls/ntdll/process.h dlls/ntdll/process_create.c dlls/ntdll/process_image.c dlls/ntdll/process_spawn.c dlls/ntdll/job.c dlls/ntdll/process_suspend.c dlls/ntdll/scheduling.c dlls/ntdll/scheduling.h
core_sources += dlls/ntdll/string.c dlls/ntdll/string_convert.c dlls/ntdll/number.c dlls/ntdll/bitmap.c dlls/ntdll/crt.c
core_sources += dlls/ntdll/section.c dlls/ntdll/placeholder.c dlls/ntdll/memory_query.c dlls/ntdll/write_watch.c dlls/ntdll/write_watch.h dlls/ntdll/virtual_reserve.c dlls/ntdll/section.h dlls/ntdll/section_shm.c dlls/ntdll/section_image.c dlls/ntdll/view.c libs/base/shm_view.h
core_sources += dlls/ntdll/key.h dlls/ntdll/key.c dlls/ntdll/key_query.c dlls/ntdll/key_value.c dlls/ntdll/key_user.c
core_sources += dlls/ntdll/completion.c dlls/ntdll/timer.h dlls/ntdll/timer.c
core_sources += dlls/ntdll/pool.h dlls/ntdll/pool.c dlls/ntdll/pool_object.c dlls/ntdll/pool_wait.c dlls/ntdll/pool_rtl.c
