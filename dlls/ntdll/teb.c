/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dlls/ntdll/teb.h"
