// SPDX-License-Identifier: LGPL-2.1-or-later
/* See text.h. */
#include "lib/text.h"

#include <errno.h>
#include <stdio.h>

char *synergy_text_line(const char *fmt, va_list args)
{
	char *text, *c;

	if (vasprintf(&text, fmt, args) < 0) {
		errno = ENOMEM;
		return NULL;
	}
	for (c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return text;
}
