/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON within a page, beside what layers/json.h has: arrays of many numbers as base64,
 * and text that can stand within a script element. Values are new references, or NULL:
 * no memory. Jansson's _new functions take NULL as a failure, so that a builder checks
 * once, where it is done.
 */
#ifndef SYNERGY_REPORT_PAGE_JSON_H
#define SYNERGY_REPORT_PAGE_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "layers/json.h"

json_t *synergy_json_base64(const void *bytes, size_t n);
json_t *synergy_json_pair(const char *key, const char *value);	/* [key, value] */

/* In one line, "<" escaped. -1 with errno ENOMEM, or what out took. */
int synergy_json_write_inline(const json_t *value, FILE *out);

#endif /* SYNERGY_REPORT_PAGE_JSON_H */
