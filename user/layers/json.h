/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What jansson leaves to its user: a reader's message that names the file, numbers
 * that may be unknown, strings that may be no UTF-8, and members written one by one,
 * so that a large table never is a tree as a whole.
 */
#ifndef SYNERGY_LAYERS_JSON_H
#define SYNERGY_LAYERS_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/error.h"

/*
 * A text as a value, to be given back by json_decref(). Strict: UTF-8, no member
 * twice, no text after the end. Every number is read as a real one. name is for the
 * message, FILE:LINE: what. NULL with errno EINVAL, ENOMEM.
 */
json_t *synergy_json_parse(const char *text, size_t length, const char *name,
			   struct synergy_error *err);
/* The same of a file of at most max bytes; also NULL with errno of open or read, EFBIG. */
json_t *synergy_json_read(const char *path, size_t max, struct synergy_error *err);

/* null for NaN and infinities, an integer where v is whole. NULL: no memory, here and below. */
json_t *synergy_json_number(double v);
/* null for NULL; U+FFFD for each byte that is no UTF-8. */
json_t *synergy_json_string(const char *s);

/*
 * A text written member by member. Whatever fails, be it memory or the stream, is
 * remembered, and synergy_json_end() gives -1 with errno.
 */
struct synergy_json_writer {
	FILE *out;
	int digits;			/* significant ones of a number */
	bool failed;
	int depth;
	bool filled[8];			/* at this depth there is a member or element already */
};

void synergy_json_begin(struct synergy_json_writer *w, FILE *out, int digits);
int synergy_json_end(struct synergy_json_writer *w);
/* In an object key is the member's name; in an array it is NULL. */
void synergy_json_open(struct synergy_json_writer *w, const char *key, char bracket);
void synergy_json_close(struct synergy_json_writer *w, char bracket);
/* A value on a line of its own; the reference is taken. NULL: it could not be made. */
void synergy_json_put(struct synergy_json_writer *w, const char *key, json_t *value);

/* Members of a value that is still being made; the reference is taken. */
void synergy_json_set(struct synergy_json_writer *w, json_t *object, const char *key,
		      json_t *value);
void synergy_json_append(struct synergy_json_writer *w, json_t *array, json_t *value);

#endif
