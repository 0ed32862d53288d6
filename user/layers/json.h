/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON (RFC 8259): a strict reader into a tree and the few helpers that writers
 * need. Strict means: UTF-8, no duplicate keys, no trailing text, bounded depth.
 * The text is in memory, so its size is the caller's to bound. Not for streams.
 */
#ifndef SYNERGY_LAYERS_JSON_H
#define SYNERGY_LAYERS_JSON_H

#include <stddef.h>
#include <stdio.h>

#include "lib/error.h"

#define SYNERGY_JSON_MAX_DEPTH	32

enum synergy_json_type {
	SYNERGY_JSON_NULL, SYNERGY_JSON_FALSE, SYNERGY_JSON_TRUE, SYNERGY_JSON_NUMBER,
	SYNERGY_JSON_STRING, SYNERGY_JSON_ARRAY, SYNERGY_JSON_OBJECT,
};

struct synergy_json {
	enum synergy_json_type type;
	size_t line;			/* where it began, for messages */
	double number;
	char *string;			/* UTF-8, no NUL inside */
	size_t n;			/* elements or members */
	struct synergy_json *items;
	char **keys;			/* OBJECT: the members' names */
};

/* Errors: EINVAL (the message names file, line and what), ENOMEM. */
int synergy_json_parse(const char *text, size_t length, const char *name,
		       struct synergy_json **out, struct synergy_error *err);
void synergy_json_free(struct synergy_json *json);	/* NULL is fine */

/* A member of an object, or NULL (also when it is no object). */
const struct synergy_json *synergy_json_get(const struct synergy_json *object, const char *key);

/*
 * Writers: a string with its quotes, escaped, U+FFFD for a byte that is no UTF-8; a
 * number, null for NaN and infinities.
 */
void synergy_json_put_string(FILE *out, const char *s);
void synergy_json_put_number(FILE *out, double v, int digits);

#endif
