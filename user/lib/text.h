/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formatted text in memory, for all of user space; not installed. */
#ifndef SYNERGY_LIB_TEXT_H
#define SYNERGY_LIB_TEXT_H

#include <stdarg.h>

/**
 * synergy_text_line - a formatted text of one line
 * @fmt: as for printf; control characters in what it makes become spaces
 * @args: its arguments
 *
 * The text is the caller's to free(). NULL: ENOMEM.
 */
char *synergy_text_line(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

#endif /* SYNERGY_LIB_TEXT_H */
