/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How libraries tell what went wrong: errno plus one line of text, filled in
 * by the function that failed and printed, if at all, by main(). A message
 * names the file or object, the field and the value.
 */
#ifndef SYNERGY_LIB_ERROR_H
#define SYNERGY_LIB_ERROR_H

struct synergy_error {
	char message[512];
};

/* Set errno and, if e is not NULL, the message (cut to fit). Returns -1. */
int synergy_error_set(struct synergy_error *e, int errno_value, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
