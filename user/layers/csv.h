/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A strict CSV reader over text in memory, for layers.csv and for the published
 * per-network tables. RFC 4180 quoting; lines beginning with # are comments; a
 * NUL byte, a stray quote, a record longer than a limit are errors. Not a
 * general CSV library.
 */
#ifndef SYNERGY_LAYERS_CSV_H
#define SYNERGY_LAYERS_CSV_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/error.h"

#define SYNERGY_CSV_MAX_FIELDS	300
#define SYNERGY_CSV_MAX_RECORD	65536	/* bytes */

struct synergy_csv {
	const char *name;		/* for messages; the caller's */
	const char *text, *end;		/* what is left */
	size_t line;			/* of the current record's begin, from 1 */
	size_t next_line;
	size_t n;			/* fields of the current record */
	char *fields[SYNERGY_CSV_MAX_FIELDS];
	char *comment;			/* text after '#'; NULL: this is a record */
	char *header[SYNERGY_CSV_MAX_FIELDS];	/* column names for messages, or NULL */
	size_t n_header;
	char *buffer;
};

/* text stays the caller's and must live until close. ENOMEM. */
int synergy_csv_open(struct synergy_csv *csv, const char *text, size_t length, const char *name,
		     struct synergy_error *err);
void synergy_csv_close(struct synergy_csv *csv);

/* The next record or comment: 1, 0 at the end, -1 EINVAL. Empty lines are skipped. */
int synergy_csv_next(struct synergy_csv *csv, struct synergy_error *err);

/* Keep the current record as column names. -1: ENOMEM. */
int synergy_csv_header(struct synergy_csv *csv);

/* Fields of the current record. An empty one is NaN (double), an error (u64). */
int synergy_csv_u64(const struct synergy_csv *csv, size_t column, uint64_t max, uint64_t *value,
		    struct synergy_error *err);
int synergy_csv_double(const struct synergy_csv *csv, size_t column, double min, double *value,
		       struct synergy_error *err);

/* "FILE:LINE: column NAME: value 'V': ..." with errno EINVAL. Returns -1. */
int synergy_csv_error(const struct synergy_csv *csv, size_t column, struct synergy_error *err,
		      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A whole regular file or pipe in memory, NUL-ended. -1: errno of open or read, EFBIG. */
int synergy_csv_slurp(const char *path, size_t max, char **text, size_t *length,
		      struct synergy_error *err);

/* Write a field, quoted where it must be. */
void synergy_csv_put(FILE *out, const char *s);

#endif
