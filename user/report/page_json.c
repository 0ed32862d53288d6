// SPDX-License-Identifier: GPL-3.0-or-later
/* See page_json.h. */
#include "report/page_json.h"

#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>

json_t *synergy_json_base64(const void *bytes, size_t n)
{
	unsigned char *text = n < INT_MAX / 2 ? malloc(4 * ((n + 2) / 3) + 1) : NULL;
	json_t *value;
	int length;

	if (!text)
		return NULL;
	length = EVP_EncodeBlock(text, bytes, (int)n);
	value = json_stringn_nocheck((char *)text, (size_t)length);
	free(text);
	return value;
}

json_t *synergy_json_pair(const char *key, const char *value)
{
	json_t *pair = json_array();

	if (json_array_append_new(pair, synergy_json_string(key)) ||
	    json_array_append_new(pair, synergy_json_string(value))) {
		json_decref(pair);
		return NULL;
	}
	return pair;
}

static int put(const char *text, size_t size, void *arg)
{
	FILE *out = arg;
	size_t i, from = 0;

	for (i = 0; i < size; i++) {
		if (text[i] != '<')
			continue;
		fwrite(text + from, 1, i - from, out);
		fputs("\\u003c", out);
		from = i + 1;
	}
	fwrite(text + from, 1, size - from, out);
	return ferror(out) ? -1 : 0;
}

int synergy_json_write_inline(const json_t *value, FILE *out)
{
	errno = 0;
	if (!json_dump_callback(value, put, out, JSON_COMPACT | JSON_REAL_PRECISION(7)))
		return 0;
	errno = errno ? errno : ENOMEM;
	return -1;
}
