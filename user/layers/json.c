// SPDX-License-Identifier: GPL-3.0-or-later
/* See json.h. A recursive descent parser; the depth is bounded. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers/json.h"

struct parser {
	const char *name, *p, *end;
	size_t line;
	struct synergy_error *err;
};

static int parse_value(struct parser *s, struct synergy_json *v, int depth);

static int bad(struct parser *s, const char *what)
{
	return synergy_error_set(s->err, EINVAL, "%s:%zu: %s", s->name, s->line, what);
}

static int nomem(struct parser *s)
{
	return synergy_error_set(s->err, ENOMEM, "%s: out of memory", s->name);
}

static void skip_space(struct parser *s)
{
	for (; s->p < s->end; s->p++) {
		if (*s->p == '\n')
			s->line++;
		else if (*s->p != ' ' && *s->p != '\t' && *s->p != '\r')
			return;
	}
}

static int take(struct parser *s, char c)
{
	skip_space(s);
	if (s->p >= s->end || *s->p != c)
		return 0;
	s->p++;
	return 1;
}

static int hex4(struct parser *s, unsigned int *code)
{
	int i;

	*code = 0;
	for (i = 0; i < 4; i++, s->p++) {
		int c = s->p < s->end ? *s->p : 0;

		if (c >= '0' && c <= '9')
			c -= '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			c = (c | 0x20) - 'a' + 10;
		else
			return bad(s, "\\u needs four hexadecimal digits");
		*code = *code << 4 | (unsigned int)c;
	}
	return 0;
}

static char *put_utf8(char *to, unsigned int code)
{
	if (code < 0x80) {
		*to++ = (char)code;
	} else if (code < 0x800) {
		*to++ = (char)(0xc0 | code >> 6);
		*to++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*to++ = (char)(0xe0 | code >> 12);
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
		*to++ = (char)(0x80 | (code & 0x3f));
	} else {
		*to++ = (char)(0xf0 | code >> 18);
		*to++ = (char)(0x80 | (code >> 12 & 0x3f));
		*to++ = (char)(0x80 | (code >> 6 & 0x3f));
		*to++ = (char)(0x80 | (code & 0x3f));
	}
	return to;
}

static int take_unicode(struct parser *s, char **to)
{
	unsigned int code, low;

	if (hex4(s, &code))
		return -1;
	if (code >= 0xd800 && code < 0xdc00) {
		if (s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u')
			return bad(s, "half a surrogate pair");
		s->p += 2;
		if (hex4(s, &low))
			return -1;
		if (low < 0xdc00 || low > 0xdfff)
			return bad(s, "half a surrogate pair");
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	} else if ((code >= 0xdc00 && code < 0xe000) || !code) {
		return bad(s, "a character that is not allowed in a string");
	}
	*to = put_utf8(*to, code);
	return 0;
}

static int take_escape(struct parser *s, char **to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (s->p >= s->end)
		return bad(s, "a string without an end");
	if (*s->p == 'u') {
		s->p++;
		return take_unicode(s, to);
	}
	at = *s->p ? strchr(from, *s->p) : NULL;
	if (!at)
		return bad(s, "an unknown escape in a string");
	*(*to)++ = into[at - from];
	s->p++;
	return 0;
}

/* Bytes of the UTF-8 character that s begins with, of at most n; 0: it is none. */
static size_t utf8_length(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t length = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 :
		u[0] < 0xf5 ? 4 : 0, i;

	if (length > n)
		return 0;
	for (i = 1; i < length; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	/* too long for its code, half a surrogate pair, beyond the last code */
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return length;
}

/* The opening quote has been taken. */
static int parse_string(struct parser *s, char **out)
{
	const char *stop = s->p;
	char *to;

	while (stop < s->end && *stop != '"')
		stop += *stop == '\\' && stop + 1 < s->end ? 2 : 1;
	*out = to = malloc((size_t)(stop - s->p) + 1);
	if (!to)
		return nomem(s);
	for (;;) {
		if (s->p >= s->end)
			return bad(s, "a string without an end");
		if (*s->p == '"')
			break;
		if ((unsigned char)*s->p < 0x20)
			return bad(s, "a control character in a string");
		if (*s->p == '\\') {
			s->p++;
			if (take_escape(s, &to))
				return -1;
		} else {
			size_t n = utf8_length(s->p, (size_t)(s->end - s->p));

			if (!n)
				return bad(s, "a string that is not UTF-8");
			memcpy(to, s->p, n);
			to += n;
			s->p += n;
		}
	}
	s->p++;
	*to = '\0';
	return 0;
}

static size_t digits(struct parser *s)
{
	size_t n = 0;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9') {
		s->p++;
		n++;
	}
	return n;
}

static int parse_number(struct parser *s, struct synergy_json *v)
{
	const char *start = s->p;
	char text[64];
	size_t n;

	if (*s->p == '-')
		s->p++;
	n = digits(s);
	if (!n || (n > 1 && *(s->p - n) == '0'))
		return bad(s, "not a number");
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (!digits(s))
			return bad(s, "a number that ends with its point");
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (!digits(s))
			return bad(s, "a number without an exponent after its e");
	}
	if ((size_t)(s->p - start) >= sizeof(text))
		return bad(s, "a number too long");
	memcpy(text, start, (size_t)(s->p - start));
	text[s->p - start] = '\0';
	v->type = SYNERGY_JSON_NUMBER;
	v->number = strtod(text, NULL);
	if (!isfinite(v->number))
		return bad(s, "a number too great");
	return 0;
}

static struct synergy_json *grow(struct parser *s, struct synergy_json *v, size_t *room)
{
	if (v->n == *room) {
		size_t n = *room ? 2 * *room : 8;
		struct synergy_json *items = realloc(v->items, n * sizeof(*items));
		char **keys;

		if (!items)
			goto fail;
		v->items = items;
		keys = realloc(v->keys, n * sizeof(*keys));
		if (!keys)
			goto fail;
		v->keys = keys;
		*room = n;
	}
	memset(&v->items[v->n], 0, sizeof(v->items[v->n]));
	v->keys[v->n] = NULL;
	return &v->items[v->n++];
fail:
	nomem(s);
	return NULL;
}

static int parse_array(struct parser *s, struct synergy_json *v, int depth)
{
	size_t room = 0;

	v->type = SYNERGY_JSON_ARRAY;
	if (take(s, ']'))
		return 0;
	do {
		struct synergy_json *item = grow(s, v, &room);

		if (!item || parse_value(s, item, depth + 1))
			return -1;
	} while (take(s, ','));
	return take(s, ']') ? 0 : bad(s, "an array without its ]");
}

static int parse_object(struct parser *s, struct synergy_json *v, int depth)
{
	size_t room = 0, i;

	v->type = SYNERGY_JSON_OBJECT;
	if (take(s, '}'))
		return 0;
	do {
		struct synergy_json *item = grow(s, v, &room);

		if (!item)
			return -1;
		if (!take(s, '"'))
			return bad(s, "a member's name must be a string");
		if (parse_string(s, &v->keys[v->n - 1]))
			return -1;
		for (i = 0; i + 1 < v->n; i++)
			if (!strcmp(v->keys[i], v->keys[v->n - 1]))
				return bad(s, "a member that is there twice");
		if (!take(s, ':'))
			return bad(s, "a colon must follow a member's name");
		if (parse_value(s, item, depth + 1))
			return -1;
	} while (take(s, ','));
	return take(s, '}') ? 0 : bad(s, "an object without its }");
}

static int parse_word(struct parser *s, const char *word, struct synergy_json *v,
		      enum synergy_json_type type)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n))
		return bad(s, "not a value");
	s->p += n;
	v->type = type;
	return 0;
}

static int parse_value(struct parser *s, struct synergy_json *v, int depth)
{
	skip_space(s);
	v->line = s->line;
	if (depth > SYNERGY_JSON_MAX_DEPTH)
		return bad(s, "nested too deeply");
	if (s->p >= s->end)
		return bad(s, "the text ends where a value must be");
	switch (*s->p) {
	case '{':
		s->p++;
		return parse_object(s, v, depth);
	case '[':
		s->p++;
		return parse_array(s, v, depth);
	case '"':
		s->p++;
		v->type = SYNERGY_JSON_STRING;
		return parse_string(s, &v->string);
	case 't':
		return parse_word(s, "true", v, SYNERGY_JSON_TRUE);
	case 'f':
		return parse_word(s, "false", v, SYNERGY_JSON_FALSE);
	case 'n':
		return parse_word(s, "null", v, SYNERGY_JSON_NULL);
	default:
		return parse_number(s, v);
	}
}

static void free_inside(struct synergy_json *v)
{
	size_t i;

	for (i = 0; i < v->n; i++) {
		free_inside(&v->items[i]);
		free(v->keys[i]);
	}
	free(v->items);
	free(v->keys);
	free(v->string);
}

void synergy_json_free(struct synergy_json *json)
{
	if (!json)
		return;
	free_inside(json);
	free(json);
}

int synergy_json_parse(const char *text, size_t length, const char *name,
		       struct synergy_json **out, struct synergy_error *err)
{
	struct parser s = { .name = name, .p = text, .end = text + length, .line = 1, .err = err };
	struct synergy_json *v = calloc(1, sizeof(*v));

	*out = NULL;
	if (!v)
		return nomem(&s);
	if (parse_value(&s, v, 0))
		goto fail;
	skip_space(&s);
	if (s.p < s.end) {
		bad(&s, "text after the end");
		goto fail;
	}
	*out = v;
	return 0;
fail:
	synergy_json_free(v);
	return -1;
}

const struct synergy_json *synergy_json_get(const struct synergy_json *object, const char *key)
{
	size_t i;

	if (!object || object->type != SYNERGY_JSON_OBJECT)
		return NULL;
	for (i = 0; i < object->n; i++)
		if (!strcmp(object->keys[i], key))
			return &object->items[i];
	return NULL;
}

void synergy_json_put_string(FILE *out, const char *s)
{
	size_t left = strlen(s), n;

	fputc('"', out);
	for (; left; s += n, left -= n) {
		unsigned char c = (unsigned char)*s;

		n = utf8_length(s, left);
		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else if (n)
			fwrite(s, 1, n, out);
		else
			fputs("\\ufffd", out);
		n = n ? n : 1;
	}
	fputc('"', out);
}

void synergy_json_put_number(FILE *out, double v, int digits)
{
	if (!isfinite(v))
		fputs("null", out);
	else if (v == rint(v) && fabs(v) < 1e15)
		fprintf(out, "%.0f", v);
	else
		fprintf(out, "%.*g", digits, v);
}
