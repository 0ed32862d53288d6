// SPDX-License-Identifier: GPL-3.0-or-later
/* Intervals as CSV: name, begin_UNIT, end_UNIT and perhaps process, thread; see intervals.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers/csv.h"
#include "report/intervals.h"

#define NO_COLUMN	SIZE_MAX
#define MOST_NS		9.2e18L		/* of an int64_t */

struct columns {
	size_t name, begin, end, process, thread;
	long double begin_unit, end_unit;	/* ns */
};

/* The column whose name is this and a unit. */
static int find_time(struct synergy_csv *csv, const char *what, size_t *column, long double *unit,
		     struct synergy_error *error)
{
	static const struct {
		const char *suffix;
		long double ns;
	} units[] = { { "_ns", 1 }, { "_us", 1e3L }, { "_ms", 1e6L }, { "_s", 1e9L } };
	size_t i, k, n = strlen(what);

	for (i = 0; i < csv->n; i++)
		for (k = 0; k < sizeof(units) / sizeof(units[0]); k++)
			if (!strncmp(csv->fields[i], what, n) &&
			    !strcmp(csv->fields[i] + n, units[k].suffix)) {
				*column = i;
				*unit = units[k].ns;
				return 0;
			}
	return synergy_error_set(error, EINVAL,
		"%s:%zu: no column %s_s, %s_ms, %s_us or %s_ns (CSV of intervals: name,begin_UNIT,end_UNIT[,process][,thread])",
		csv->name, csv->line, what, what, what, what);
}

static size_t find_column(const struct synergy_csv *csv, const char *what)
{
	size_t i;

	for (i = 0; i < csv->n; i++)
		if (!strcmp(csv->fields[i], what))
			return i;
	return NO_COLUMN;
}

static int read_header(struct synergy_csv *csv, struct columns *c, struct synergy_error *error)
{
	c->name = find_column(csv, "name");
	c->process = find_column(csv, "process");
	c->thread = find_column(csv, "thread");
	if (c->name == NO_COLUMN)
		return synergy_error_set(error, EINVAL,
			"%s:%zu: no column name (CSV of intervals: name,begin_UNIT,end_UNIT[,process][,thread])",
			csv->name, csv->line);
	if (find_time(csv, "begin", &c->begin, &c->begin_unit, error) ||
	    find_time(csv, "end", &c->end, &c->end_unit, error))
		return -1;
	if (synergy_csv_header(csv))
		return synergy_error_set(error, ENOMEM, "%s: no memory", csv->name);
	return 0;
}

/* long double: nanoseconds since 1970 have 19 digits, a double's are 16. */
static int read_time(const struct synergy_csv *csv, size_t column, long double unit, int64_t *ns,
		     struct synergy_error *error)
{
	char *end;
	long double v;

	errno = 0;
	v = strtold(csv->fields[column], &end) * unit;
	if (end == csv->fields[column] || *end || !isfinite(v) || fabsl(v) > MOST_NS)
		return synergy_csv_error(csv, column, error, "no time");
	*ns = (int64_t)llrintl(v);
	return 0;
}

static int read_line(struct synergy_csv *csv, const struct columns *c,
		     struct synergy_interval_list *list, struct synergy_error *error)
{
	struct synergy_interval v = { .tgid = 1, .tid = 1 };

	if (csv->n != csv->n_header)
		return synergy_csv_error(csv, 0, error, "%zu fields, not %zu", csv->n, csv->n_header);
	if (read_time(csv, c->begin, c->begin_unit, &v.begin_ns, error) ||
	    read_time(csv, c->end, c->end_unit, &v.end_ns, error))
		return -1;
	if (v.end_ns < v.begin_ns)
		return synergy_csv_error(csv, c->end, error, "before its begin, '%s'",
					 csv->fields[c->begin]);
	if (c->thread != NO_COLUMN)
		v.tid = synergy_intervals_task(csv->fields[c->thread]);
	v.tgid = c->process != NO_COLUMN ? synergy_intervals_task(csv->fields[c->process]) : v.tid;
	if (!*csv->fields[c->name])
		return synergy_csv_error(csv, c->name, error, "empty");
	if (synergy_intervals_name(list, csv->fields[c->name], &v.name) ||
	    synergy_intervals_add(list, &v))
		return synergy_error_set(error, ENOMEM, "%s: no memory", csv->name);
	return 0;
}

int synergy_intervals_csv(const char *text, size_t length, const char *path,
			  struct synergy_interval_list *list, struct synergy_error *error)
{
	struct columns columns;
	struct synergy_csv csv;
	int result, header = 0;

	if (synergy_csv_open(&csv, text, length, path, error))
		return -1;
	while ((result = synergy_csv_next(&csv, error)) == 1) {
		if (csv.comment)
			continue;
		result = header ? read_line(&csv, &columns, list, error) :
			read_header(&csv, &columns, error);
		if (result)
			break;
		header = 1;
	}
	synergy_csv_close(&csv);
	return result;
}
