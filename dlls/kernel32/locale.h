/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the locale functions share: which locales there are, and their data (locale_data.c). */
#ifndef WINIPC_KERNEL32_LOCALE_H
#define WINIPC_KERNEL32_LOCALE_H

#include <windows.h>

struct locale;

/* The locale of a name (NULL: the user's; "": the invariant one) or an LCID (LOCALE_USER_DEFAULT and its like too); NULL: there is none. */
const struct locale *locale_by_name(const WCHAR *name);
const struct locale *locale_by_id(LCID id);

/* The locale's text for an LCTYPE without flags; NULL: no such type. */
const WCHAR *locale_text(const struct locale *locale, LCTYPE type);

/* Whether a type is a number, whose text has this base (10 or 16); 0: it is a text. */
int locale_number_base(LCTYPE type);

/* The locales one after the other, *at starting at 0; NULL at the end. */
const struct locale *locale_next(unsigned *at);

LCID locale_id(const struct locale *locale);

#endif
