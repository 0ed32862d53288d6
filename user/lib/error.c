// SPDX-License-Identifier: LGPL-2.1-or-later
/* See error.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/error.h"

int synergy_error_set(struct synergy_error *e, int errno_value, const char *fmt, ...)
{
	va_list args;

	if (e) {
		va_start(args, fmt);
		vsnprintf(e->message, sizeof(e->message), fmt, args);
		va_end(args);
	}
	errno = errno_value;
	return -1;
}
