// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Error messages; the contract is in error.h. It must not print.
 */
#include "lib/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int synergy_error_set(struct synergy_error *e, int errno_value, const char *fmt, ...)
{
	char line[sizeof(e->message)];	/* the arguments may lie in e->message itself */
	unsigned char *c;
	va_list args;

	if (e) {
		va_start(args, fmt);
		vsnprintf(line, sizeof(line), fmt, args);
		va_end(args);
		memcpy(e->message, line, sizeof(line));
		for (c = (unsigned char *)e->message; *c; c++)
			if (*c < 0x20 || *c == 0x7f)
				*c = '?';
	}
	errno = errno_value;
	return -1;
}
