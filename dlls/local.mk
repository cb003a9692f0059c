include dlls/ntdll/local.mk
include dlls/kernel32/local.mk
