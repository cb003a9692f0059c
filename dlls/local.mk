include dlls/ntdll/local.mk
include dlls/kernel32/local.mk
include dlls/shell32/local.mk
include dlls/oleaut32/local.mk
include dlls/bcrypt/local.mk
include dlls/bcryptprimitives/local.mk
include dlls/userenv/local.mk
include dlls/ole32/local.mk
