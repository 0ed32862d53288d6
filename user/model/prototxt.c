// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A strict reader of protobuf's text format. It walks the descriptors that
 * protobuf-c generates from caffe.proto, so the schema is written once; it
 * fills the same structs that unpacking a .caffemodel does.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/prototxt.h"
#include "lib/array.h"

#define MAX_DEPTH	32
#define MAX_TOKEN	4096

enum token_type {
	TOKEN_END,
	TOKEN_WORD,			/* identifier or number: letters, digits, _ + - . */
	TOKEN_STRING,
	TOKEN_SYMBOL,			/* text[0] */
};

struct parser {
	const char *path;
	const char *p, *end;
	int line;			/* of the current token's end */
	enum token_type type;
	size_t length;
	char text[MAX_TOKEN + 1];
	struct synergy_protobuf_memory *memory;
	struct synergy_prototxt *out;
	struct synergy_error *err;
	locale_t c_locale;
};

/* Text names that differ from the generated C member. */
static const struct {
	const char *text, *field;
} aliases[] = {
	{ "base", "base_" },
};

static int fail(struct parser *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct parser *s, const char *fmt, ...)
{
	char text[300];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return synergy_error_set(s->err, EINVAL, "%s:%d: %s", s->path, s->line, text);
}

static void skip_blanks(struct parser *s)
{
	for (; s->p < s->end; s->p++) {
		if (*s->p == '#') {
			while (s->p < s->end && *s->p != '\n')
				s->p++;
			if (s->p == s->end)
				return;
		}
		if (*s->p == '\n')
			s->line++;
		else if (*s->p != ' ' && *s->p != '\t' && *s->p != '\r' && *s->p != '\f')
			return;
	}
}

static int put_char(struct parser *s, char c)
{
	if (s->length == MAX_TOKEN)
		return fail(s, "a token is longer than %d bytes", MAX_TOKEN);
	s->text[s->length++] = c;
	return 0;
}

static int escape(struct parser *s)
{
	static const char from[] = "nrtabfv\\'\"?", to[] = "\n\r\t\a\b\f\v\\'\"?";
	const char *e;
	int value = 0, digits = 0;
	char c;

	if (s->p == s->end)
		return fail(s, "a string does not end");
	c = *s->p++;
	e = c ? strchr(from, c) : NULL;
	if (e)
		return put_char(s, to[e - from]);
	if (c == 'x' || c == 'X') {
		for (; digits < 2 && s->p < s->end && isxdigit((unsigned char)*s->p); digits++, s->p++)
			value = 16 * value + (isdigit((unsigned char)*s->p) ?
					      *s->p - '0' : (*s->p | 0x20) - 'a' + 10);
	} else {
		s->p--;
		for (; digits < 3 && s->p < s->end && *s->p >= '0' && *s->p <= '7'; digits++, s->p++)
			value = 8 * value + *s->p - '0';
	}
	if (!digits || value == 0 || value > 255)
		return fail(s, "a string has a bad escape");
	return put_char(s, (char)value);
}

static int string(struct parser *s)
{
	char quote;

	s->length = 0;
	/* Strings that follow each other are one. */
	while (s->p < s->end && (*s->p == '"' || *s->p == '\'')) {
		quote = *s->p++;
		for (;;) {
			if (s->p == s->end || *s->p == '\n')
				return fail(s, "a string does not end");
			if (*s->p == quote)
				break;
			if (*s->p == '\0')
				return fail(s, "a string has a zero byte");
			if (*s->p == '\\') {
				s->p++;
				if (escape(s))
					return -1;
			} else if (put_char(s, *s->p++)) {
				return -1;
			}
		}
		s->p++;
		skip_blanks(s);
	}
	s->text[s->length] = '\0';
	s->type = TOKEN_STRING;
	return 0;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '+' || c == '-';
}

static int next(struct parser *s)
{
	skip_blanks(s);
	s->length = 0;
	s->text[0] = '\0';
	if (s->p == s->end) {
		s->type = TOKEN_END;
		return 0;
	}
	if (*s->p == '"' || *s->p == '\'')
		return string(s);
	if (is_word(*s->p)) {
		while (s->p < s->end && is_word(*s->p))
			if (put_char(s, *s->p++))
				return -1;
		s->type = TOKEN_WORD;
	} else if (strchr("{}<>[]:,;", *s->p) && *s->p) {
		put_char(s, *s->p++);
		s->type = TOKEN_SYMBOL;
	} else {
		return fail(s, "unexpected character 0x%02x", (unsigned char)*s->p);
	}
	s->text[s->length] = '\0';
	return 0;
}

static bool is_symbol(const struct parser *s, char c)
{
	return s->type == TOKEN_SYMBOL && s->text[0] == c;
}

/* --- values --------------------------------------------------------------- */

static int integer(struct parser *s, const char *name, long long min, long long max,
		   long long *value)
{
	char *end;

	errno = 0;
	*value = strtoll(s->text, &end, 0);
	if (s->type != TOKEN_WORD || *end || end == s->text)
		return fail(s, "%s: '%.60s' is not an integer", name, s->text);
	if (errno || *value < min || *value > max)
		return fail(s, "%s: %.40s is out of range %lld to %lld", name, s->text, min, max);
	return 0;
}

/* Decimal numbers as the C locale reads them, whatever the process's locale is. */
static int real(struct parser *s, const char *name, double *value)
{
	size_t n = s->length;
	char *end;

	if (s->type == TOKEN_WORD && n > 1 && (s->text[n - 1] | 0x20) == 'f' &&
	    (isdigit((unsigned char)s->text[n - 2]) || s->text[n - 2] == '.'))
		s->text[n - 1] = '\0';
	*value = strtod_l(s->text, &end, s->c_locale);
	if (s->type != TOKEN_WORD || *end || end == s->text)
		return fail(s, "%s: '%.60s' is not a number", name, s->text);
	if (isnan(*value))
		return fail(s, "%s: '%.60s' is not a number", name, s->text);
	return 0;
}

static int boolean(struct parser *s, const char *name, protobuf_c_boolean *value)
{
	static const char *const words[2][4] = {
		{ "false", "f", "0", "False" }, { "true", "t", "1", "True" },
	};
	size_t v, i;

	for (v = 0; v < 2; v++)
		for (i = 0; i < 4; i++)
			if (s->type == TOKEN_WORD && !strcmp(s->text, words[v][i])) {
				*value = (protobuf_c_boolean)v;
				return 0;
			}
	return fail(s, "%s: '%.60s' is neither true nor false", name, s->text);
}

static int enumeration(struct parser *s, const ProtobufCFieldDescriptor *field, int *value)
{
	const ProtobufCEnumDescriptor *type = field->descriptor;
	const ProtobufCEnumValue *known = NULL;
	char *end;
	long n;

	if (s->type == TOKEN_WORD) {
		known = protobuf_c_enum_descriptor_get_value_by_name(type, s->text);
		if (!known) {
			n = strtol(s->text, &end, 10);
			if (!*end && n >= INT_MIN && n <= INT_MAX)
				known = protobuf_c_enum_descriptor_get_value(type, (int)n);
		}
	}
	if (!known)
		return fail(s, "%s: '%.60s' is not a known value", field->name, s->text);
	*value = known->value;
	return 0;
}

static char *copy_text(struct parser *s)
{
	char *p = s->memory->allocator.alloc(s->memory, s->length + 1);

	if (p)
		memcpy(p, s->text, s->length + 1);
	return p;
}

/* The scalar in the current token into *member, whose C type the field names. */
static int scalar(struct parser *s, const ProtobufCFieldDescriptor *field, void *member)
{
	long long n;
	double d;

	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
		if (integer(s, field->name, INT32_MIN, INT32_MAX, &n))
			return -1;
		*(int32_t *)member = (int32_t)n;
		return 0;
	case PROTOBUF_C_TYPE_UINT32:
		if (integer(s, field->name, 0, UINT32_MAX, &n))
			return -1;
		*(uint32_t *)member = (uint32_t)n;
		return 0;
	case PROTOBUF_C_TYPE_INT64:
		if (integer(s, field->name, INT64_MIN, INT64_MAX, &n))
			return -1;
		*(int64_t *)member = n;
		return 0;
	case PROTOBUF_C_TYPE_FLOAT:
		if (real(s, field->name, &d))
			return -1;
		*(float *)member = (float)d;
		return 0;
	case PROTOBUF_C_TYPE_DOUBLE:
		return real(s, field->name, member);
	case PROTOBUF_C_TYPE_BOOL:
		return boolean(s, field->name, member);
	case PROTOBUF_C_TYPE_ENUM:
		return enumeration(s, field, member);
	case PROTOBUF_C_TYPE_STRING:
		if (s->type != TOKEN_STRING)
			return fail(s, "%s: '%.60s' is not a string in quotes", field->name, s->text);
		*(char **)member = copy_text(s);
		return *(char **)member ? 0 : fail(s, "out of memory");
	default:
		return fail(s, "%s: cannot be given in a text file", field->name);
	}
}

/* --- messages ------------------------------------------------------------- */

static size_t member_size(const ProtobufCFieldDescriptor *field)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	default:
		return 4;
	}
}

/* Room for one more element of a repeated field; its count grows by the caller. */
static void *repeated_slot(struct parser *s, ProtobufCMessage *message,
			   const ProtobufCFieldDescriptor *field)
{
	size_t *n = (size_t *)((char *)message + field->quantifier_offset);
	void **array = (void **)((char *)message + field->offset);
	size_t size = member_size(field);
	void *bigger;

	/* Capacity is the next power of two. */
	if (*n == 0 || !(*n & (*n - 1))) {
		bigger = s->memory->allocator.alloc(s->memory, (*n ? 2 * *n : 1) * size);
		if (!bigger)
			return NULL;
		if (*n)
			memcpy(bigger, *array, *n * size);
		s->memory->allocator.free(s->memory, *array);
		*array = bigger;
	}
	return (char *)*array + *n * size;
}

static bool already_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	const char *base = (const char *)message;

	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return *(void *const *)(base + field->offset) != NULL;
	if (field->type == PROTOBUF_C_TYPE_STRING)
		return *(const void *const *)(base + field->offset) != field->default_value;
	return *(const protobuf_c_boolean *)(base + field->quantifier_offset);
}

static int message_body(struct parser *s, ProtobufCMessage *message, char close, int depth);

static int record_line(struct parser *s, const ProtobufCFieldDescriptor *field)
{
	struct synergy_prototxt *out = s->out;

	if (strcmp(field->name, "layer") && strcmp(field->name, "layers"))
		return 0;
	if (synergy_array_grow(&out->layer_lines, out->n_lines, sizeof(*out->layer_lines)))
		return fail(s, "out of memory");
	out->layer_lines[out->n_lines++] = s->line;
	return 0;
}

/* Current token: { or <. */
static int sub_message(struct parser *s, ProtobufCMessage *message,
		       const ProtobufCFieldDescriptor *field, void **member, int depth)
{
	const ProtobufCMessageDescriptor *type = field->descriptor;
	char close = is_symbol(s, '{') ? '}' : '>';
	ProtobufCMessage *sub;

	if (!is_symbol(s, '{') && !is_symbol(s, '<'))
		return fail(s, "%s: expected {, found '%.60s'", field->name, s->text);
	if (depth >= MAX_DEPTH)
		return fail(s, "%s: messages are nested deeper than %d", field->name, MAX_DEPTH);
	if (depth == 0 && record_line(s, field))
		return -1;
	sub = s->memory->allocator.alloc(s->memory, type->sizeof_message);
	if (!sub)
		return fail(s, "out of memory");
	protobuf_c_message_init(type, sub);
	*member = sub;
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		++*(size_t *)((char *)message + field->quantifier_offset);
	if (next(s))
		return -1;
	return message_body(s, sub, close, depth + 1);
}

/* One value of a field, from the current token on; leaves the token after it. */
static int value(struct parser *s, ProtobufCMessage *message,
		 const ProtobufCFieldDescriptor *field, int depth)
{
	bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
	void *member;

	if (repeated)
		member = repeated_slot(s, message, field);
	else
		member = (char *)message + field->offset;
	if (!member)
		return fail(s, "out of memory");
	if (!repeated && already_set(message, field))
		return fail(s, "%s: given twice in one %s", field->name,
			    message->descriptor->short_name);
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return sub_message(s, message, field, member, depth);
	if (scalar(s, field, member))
		return -1;
	if (repeated)
		++*(size_t *)((char *)message + field->quantifier_offset);
	else if (field->type != PROTOBUF_C_TYPE_STRING)
		*(protobuf_c_boolean *)((char *)message + field->quantifier_offset) = 1;
	return next(s);
}

static int value_list(struct parser *s, ProtobufCMessage *message,
		      const ProtobufCFieldDescriptor *field, int depth)
{
	if (field->label != PROTOBUF_C_LABEL_REPEATED)
		return fail(s, "%s: a list, but the field has one value", field->name);
	if (next(s))
		return -1;
	if (is_symbol(s, ']'))
		return next(s);
	for (;;) {
		if (value(s, message, field, depth))
			return -1;
		if (is_symbol(s, ']'))
			return next(s);
		if (!is_symbol(s, ','))
			return fail(s, "%s: expected , or ] in a list, found '%.60s'", field->name,
				    s->text);
		if (next(s))
			return -1;
	}
}

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessage *message,
						  const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (!strcmp(name, aliases[i].text))
			name = aliases[i].field;
		else if (!strcmp(name, aliases[i].field))
			return NULL;
	}
	return protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
}

/* Fields up to the closing symbol, or to the end of the file when close is 0. */
static int message_body(struct parser *s, ProtobufCMessage *message, char close, int depth)
{
	const ProtobufCFieldDescriptor *field;
	bool colon;

	for (;;) {
		if (close && is_symbol(s, close))
			return next(s);
		if (s->type == TOKEN_END) {
			if (!close)
				return 0;
			return fail(s, "the file ends inside %s", message->descriptor->short_name);
		}
		if (s->type != TOKEN_WORD)
			return fail(s, "expected a field name, found '%.60s'", s->text);
		field = find_field(message, s->text);
		if (!field)
			return fail(s, "unknown field '%.60s' in %s", s->text,
				    message->descriptor->short_name);
		if (next(s))
			return -1;
		colon = is_symbol(s, ':');
		if (colon && next(s))
			return -1;
		if (!colon && field->type != PROTOBUF_C_TYPE_MESSAGE)
			return fail(s, "%s: expected :, found '%.60s'", field->name, s->text);
		if (is_symbol(s, '[') ? value_list(s, message, field, depth) :
					value(s, message, field, depth))
			return -1;
		if ((is_symbol(s, ',') || is_symbol(s, ';')) && next(s))
			return -1;
	}
}

int synergy_prototxt_parse(const char *path, const char *text, size_t size,
			   struct synergy_protobuf_memory *memory, struct synergy_prototxt *out,
			   struct synergy_error *err)
{
	const ProtobufCMessageDescriptor *type = &caffe__net_parameter__descriptor;
	struct parser *s;
	int ret = -1;

	*out = (struct synergy_prototxt){ 0 };
	if (size > SYNERGY_PROTOTXT_MAX_BYTES)
		return synergy_error_set(err, EFBIG, "%s: has %zu bytes, limit %u", path, size,
					 SYNERGY_PROTOTXT_MAX_BYTES);
	s = calloc(1, sizeof(*s));
	out->net = memory->allocator.alloc(memory, type->sizeof_message);
	if (!s || !out->net) {
		free(s);
		free(out->net);
		return synergy_error_set(err, ENOMEM, "%s: out of memory", path);
	}
	protobuf_c_message_init(type, out->net);
	*s = (struct parser){ .path = path, .p = text, .end = text + size, .line = 1,
			      .memory = memory, .out = out, .err = err,
			      .c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0) };
	if (!s->c_locale)
		fail(s, "out of memory");
	else if (!next(s))
		ret = message_body(s, &out->net->base, '\0', 0);
	if (s->c_locale)
		freelocale(s->c_locale);
	free(s);
	if (ret)
		synergy_prototxt_free(out, memory);
	return ret;
}

void synergy_prototxt_free(struct synergy_prototxt *prototxt,
			   struct synergy_protobuf_memory *memory)
{
	int saved = errno;

	protobuf_c_message_free_unpacked(&prototxt->net->base, &memory->allocator);
	free(prototxt->layer_lines);
	*prototxt = (struct synergy_prototxt){ 0 };
	errno = saved;
}
