// SPDX-License-Identifier: GPL-3.0-or-later
/* See csv.h. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "layers/csv.h"

int synergy_csv_open(struct synergy_csv *csv, const char *text, size_t length, const char *name,
		     struct synergy_error *err)
{
	*csv = (struct synergy_csv){ .name = name, .text = text, .end = text + length,
				     .next_line = 1 };
	if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		csv->text += 3;
	csv->buffer = malloc(SYNERGY_CSV_MAX_RECORD + 1);
	if (!csv->buffer)
		return synergy_error_set(err, ENOMEM, "%s: out of memory", name);
	return 0;
}

void synergy_csv_close(struct synergy_csv *csv)
{
	size_t i;

	for (i = 0; i < csv->n_header; i++)
		free(csv->header[i]);
	csv->n_header = 0;
	free(csv->buffer);
	csv->buffer = NULL;
}

static int bad(const struct synergy_csv *csv, struct synergy_error *err, const char *what)
{
	return synergy_error_set(err, EINVAL, "%s:%zu: %s", csv->name, csv->line, what);
}

/* A comment line up to its end. */
static int take_comment(struct synergy_csv *csv, struct synergy_error *err)
{
	const char *stop = memchr(csv->text, '\n', (size_t)(csv->end - csv->text));
	size_t n;

	if (!stop)
		stop = csv->end;
	n = (size_t)(stop - csv->text) - 1;
	if (n > SYNERGY_CSV_MAX_RECORD)
		return bad(csv, err, "a line too long");
	memcpy(csv->buffer, csv->text + 1, n);
	if (n && csv->buffer[n - 1] == '\r')
		n--;
	csv->buffer[n] = '\0';
	csv->comment = csv->buffer;
	csv->text = stop < csv->end ? stop + 1 : stop;
	csv->next_line++;
	return 1;
}

/*
 * One field into the buffer from *used on. Leaves text at the comma, the line's
 * end or the end of the file.
 */
static int take_field(struct synergy_csv *csv, size_t *used, struct synergy_error *err)
{
	int quoted = csv->text < csv->end && *csv->text == '"';
	size_t start = *used;

	if (quoted)
		csv->text++;
	for (;; csv->text++) {
		int c = csv->text < csv->end ? (unsigned char)*csv->text : EOF;

		if (c == EOF && quoted)
			return bad(csv, err, "a quoted field without an end");
		if (c == '"' && quoted) {
			if (csv->text + 1 < csv->end && csv->text[1] == '"') {
				csv->text++;
			} else {
				csv->text++;
				break;
			}
		} else if (!quoted && (c == EOF || c == ',' || c == '\n')) {
			break;
		} else if (!quoted && c == '"') {
			return bad(csv, err, "a quote inside a field that is not quoted");
		}
		if (c == '\0')
			return bad(csv, err, "a NUL byte");
		if (c == '\n')
			csv->next_line++;
		if (*used >= SYNERGY_CSV_MAX_RECORD - SYNERGY_CSV_MAX_FIELDS)
			return bad(csv, err, "a record too long");
		csv->buffer[(*used)++] = (char)c;
	}
	if (!quoted && *used > start && csv->buffer[*used - 1] == '\r' &&
	    (csv->text == csv->end || *csv->text == '\n'))
		(*used)--;
	if (quoted && csv->text < csv->end && *csv->text == '\r')
		csv->text++;
	if (csv->text < csv->end && *csv->text != ',' && *csv->text != '\n')
		return bad(csv, err, "text after a closing quote");
	csv->buffer[(*used)++] = '\0';
	csv->fields[csv->n++] = csv->buffer + start;
	return 0;
}

static void skip_empty_lines(struct synergy_csv *csv)
{
	while (csv->text < csv->end) {
		if (*csv->text == '\n')
			csv->text++;
		else if (*csv->text == '\r' && csv->text + 1 < csv->end && csv->text[1] == '\n')
			csv->text += 2;
		else
			return;
		csv->next_line++;
	}
}

int synergy_csv_next(struct synergy_csv *csv, struct synergy_error *err)
{
	size_t used = 0;

	csv->n = 0;
	csv->comment = NULL;
	skip_empty_lines(csv);
	csv->line = csv->next_line;
	if (csv->text >= csv->end)
		return 0;
	if (*csv->text == '#')
		return take_comment(csv, err);
	for (;;) {
		if (csv->n == SYNERGY_CSV_MAX_FIELDS)
			return bad(csv, err, "more fields than 300");
		if (take_field(csv, &used, err))
			return -1;
		if (csv->text >= csv->end)
			return 1;
		if (*csv->text++ == '\n') {
			csv->next_line++;
			return 1;
		}
	}
}

int synergy_csv_header(struct synergy_csv *csv)
{
	for (csv->n_header = 0; csv->n_header < csv->n; csv->n_header++) {
		csv->header[csv->n_header] = strdup(csv->fields[csv->n_header]);
		if (!csv->header[csv->n_header])
			return -1;
	}
	return 0;
}

int synergy_csv_error(const struct synergy_csv *csv, size_t column, struct synergy_error *err,
		      const char *fmt, ...)
{
	const char *name = column < csv->n_header ? csv->header[column] : NULL;
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (name)
		return synergy_error_set(err, EINVAL, "%s:%zu: column %s: value '%.60s': %s",
					 csv->name, csv->line, name,
					 column < csv->n ? csv->fields[column] : "", text);
	return synergy_error_set(err, EINVAL, "%s:%zu: column %zu: value '%.60s': %s", csv->name,
				 csv->line, column + 1,
				 column < csv->n ? csv->fields[column] : "", text);
}

int synergy_csv_u64(const struct synergy_csv *csv, size_t column, uint64_t max, uint64_t *value,
		    struct synergy_error *err)
{
	const char *s = csv->fields[column];
	unsigned long long v;
	char *end;

	if (*s < '0' || *s > '9')
		return synergy_csv_error(csv, column, err, "not a whole number");
	errno = 0;
	v = strtoull(s, &end, 10);
	if (*end)
		return synergy_csv_error(csv, column, err, "not a whole number");
	if (errno || v > max)
		return synergy_csv_error(csv, column, err, "greater than %llu",
					 (unsigned long long)max);
	*value = v;
	return 0;
}

int synergy_csv_double(const struct synergy_csv *csv, size_t column, double min, double *value,
		       struct synergy_error *err)
{
	const char *s = csv->fields[column];
	char *end;
	double v;

	if (!*s) {
		*value = NAN;
		return 0;
	}
	/* strtod alone would take "nan", "inf", blanks and hexadecimal, too. */
	if (s[strspn(s, "0123456789+-.eE")])
		return synergy_csv_error(csv, column, err, "not a number");
	v = strtod(s, &end);
	if (*end || end == s || !isfinite(v))
		return synergy_csv_error(csv, column, err, "not a finite number");
	if (v < min)
		return synergy_csv_error(csv, column, err, "less than %g", min);
	*value = v;
	return 0;
}

int synergy_csv_slurp(const char *path, size_t max, char **text, size_t *length,
		      struct synergy_error *err)
{
	size_t n = 0, room = 0;
	char *buffer = NULL, *grown;
	FILE *in = fopen(path, "re");

	if (!in)
		return synergy_error_set(err, errno, "%s: %s", path, strerror(errno));
	for (;;) {
		if (n + 1 >= room) {
			room = room ? 2 * room : 65536;
			grown = realloc(buffer, room);
			if (!grown)
				goto fail;
			buffer = grown;
		}
		errno = 0;
		n += fread(buffer + n, 1, room - n - 1, in);
		if (ferror(in))
			goto fail;
		if (n > max) {
			errno = EFBIG;
			goto fail;
		}
		if (feof(in))
			break;
	}
	fclose(in);
	buffer[n] = '\0';
	*text = buffer;
	*length = n;
	return 0;
fail:
	synergy_error_set(err, errno ? errno : EIO, "%s: %s", path, strerror(errno ? errno : EIO));
	n = (size_t)errno;
	free(buffer);
	fclose(in);
	errno = (int)n;
	return -1;
}

void synergy_csv_put(FILE *out, const char *s)
{
	if (!s[strcspn(s, ",\"\r\n")] && *s != '#') {
		fputs(s, out);
		return;
	}
	fputc('"', out);
	for (; *s; s++) {
		if (*s == '"')
			fputc('"', out);
		fputc(*s, out);
	}
	fputc('"', out);
}
