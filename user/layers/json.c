// SPDX-License-Identifier: GPL-3.0-or-later
/* See json.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers/csv.h"
#include "layers/json.h"

/* ---- reading ---- */

json_t *synergy_json_parse(const char *text, size_t length, const char *name,
			   struct synergy_error *err)
{
	json_error_t why;
	json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY |
				   JSON_DECODE_INT_AS_REAL, &why);

	if (value)
		return value;
	/* Only jansson 2.11 and later has a code for it. */
	if (strstr(why.text, "memory"))
		synergy_error_set(err, ENOMEM, "%s: out of memory", name);
	else
		synergy_error_set(err, EINVAL, "%s:%d: %s", name, why.line < 1 ? 1 : why.line,
				  why.text);
	return NULL;
}

json_t *synergy_json_read(const char *path, size_t max, struct synergy_error *err)
{
	size_t length;
	json_t *value;
	char *text;
	int saved;

	if (synergy_csv_slurp(path, max, &text, &length, err))
		return NULL;
	value = synergy_json_parse(text, length, path, err);
	saved = errno;
	free(text);
	errno = saved;
	return value;
}

/* ---- values ---- */

json_t *synergy_json_number(double v)
{
	if (!isfinite(v))
		return json_null();
	if (v == rint(v) && fabs(v) < 1e15)
		return json_integer((json_int_t)v);
	return json_real(v);
}

/* Bytes of the UTF-8 character that s begins with, of at most n; 0: it is none. */
static size_t character(const char *s, size_t n)
{
	size_t length;

	for (length = 1; length <= n && length <= 4; length++) {
		json_t *is = json_stringn(s, length);

		json_decref(is);
		if (is)
			return length;
	}
	return 0;
}

json_t *synergy_json_string(const char *s)
{
	static const char replacement[] = "\xef\xbf\xbd";	/* U+FFFD */
	json_t *value = s ? json_string(s) : json_null();
	size_t left, used = 0;
	char *text;

	if (value)
		return value;
	left = strlen(s);
	text = malloc(3 * left + 1);
	while (text && left) {
		size_t n = character(s, left);

		if (n)
			memcpy(text + used, s, n);
		else
			memcpy(text + used, replacement, 3);
		used += n ? n : 3;
		s += n ? n : 1;
		left -= n ? n : 1;
	}
	value = text ? json_stringn(text, used) : NULL;
	free(text);
	return value;
}

/* ---- writing ---- */

void synergy_json_begin(struct synergy_json_writer *w, FILE *out, int digits)
{
	*w = (struct synergy_json_writer){ .out = out, .digits = digits };
	fputc('{', out);
}

int synergy_json_end(struct synergy_json_writer *w)
{
	fputs(w->filled[0] ? "\n}\n" : "}\n", w->out);
	if (ferror(w->out))
		return -1;
	if (w->failed)
		errno = ENOMEM;
	return w->failed ? -1 : 0;
}

/* A new line and, in an object, the name of what follows. */
static void begin_line(struct synergy_json_writer *w, const char *key)
{
	json_t *name;

	fprintf(w->out, "%s\n%*s", w->filled[w->depth] ? "," : "", 2 * (w->depth + 1), "");
	w->filled[w->depth] = true;
	if (!key)
		return;
	name = synergy_json_string(key);
	if (!name || json_dumpf(name, w->out, JSON_ENCODE_ANY))
		w->failed = true;
	json_decref(name);
	fputs(": ", w->out);
}

void synergy_json_open(struct synergy_json_writer *w, const char *key, char bracket)
{
	begin_line(w, key);
	fputc(bracket, w->out);
	w->filled[++w->depth] = false;
}

void synergy_json_close(struct synergy_json_writer *w, char bracket)
{
	w->depth--;
	if (w->filled[w->depth + 1])
		fprintf(w->out, "\n%*s", 2 * (w->depth + 1), "");
	fputc(bracket, w->out);
}

void synergy_json_put(struct synergy_json_writer *w, const char *key, json_t *value)
{
	begin_line(w, key);
	if (!value || json_dumpf(value, w->out, JSON_ENCODE_ANY | JSON_REAL_PRECISION(w->digits)))
		w->failed = true;
	json_decref(value);
}

void synergy_json_set(struct synergy_json_writer *w, json_t *object, const char *key,
		      json_t *value)
{
	json_t *name = synergy_json_string(key);

	if (!name)
		json_decref(value);
	if (!name || json_object_set_new(object, json_string_value(name), value))
		w->failed = true;
	json_decref(name);
}

void synergy_json_append(struct synergy_json_writer *w, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		w->failed = true;
}
