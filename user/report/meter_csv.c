// SPDX-License-Identifier: GPL-3.0-or-later
/* A meter's trace from CSV; see meter.h. */
#include "report/meter.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layers/csv.h"
#include "lib/array.h"

#define MOST_BYTES	(1ULL << 32)
#define NO_COLUMN	SIZE_MAX
#define GAP_PERIODS	3.0	/* after so many the meter was not there: no mean since the row before */
#define STEP_SHARE	0.2	/* of the changes, that are one step, where there are steps */
#define STEP_WIDTH	1.1	/* of values that count as one: a current's step by the voltage */
#define LEAST_CHANGES	10

struct column {
	size_t value, voltage;		/* the latter where value is a current */
	double scale, voltage_scale;	/* to uW; to uA and V */
	bool energy;			/* to uJ */
};

struct reader {
	struct synergy_csv csv;
	struct synergy_meter *m;
	size_t time, room;
	long double time_unit;		/* ns */
	struct column columns[SYNERGY_METER_RAILS];
};

/* Does it end in _SUFFIX? The length before that, else 0. */
static size_t stem(const char *field, const char *suffix)
{
	size_t n = strlen(field), m = strlen(suffix);

	return n > m + 1 && field[n - m - 1] == '_' && !strcmp(field + n - m, suffix) ? n - m - 1 : 0;
}

static bool find_time(struct reader *r, size_t i)
{
	static const struct { const char *name; long double ns; } units[] = {
		{ "s", 1e9L }, { "ms", 1e6L }, { "us", 1e3L }, { "ns", 1 },
	};
	static const struct { const char *name; enum synergy_meter_clock clock; } clocks[] = {
		{ "time", SYNERGY_METER_OWN }, { "t", SYNERGY_METER_OWN },
		{ "monotonic", SYNERGY_METER_MONOTONIC }, { "realtime", SYNERGY_METER_REALTIME },
	};
	const char *field = r->csv.fields[i];
	size_t k, c, n;

	for (k = 0; k < sizeof(units) / sizeof(units[0]); k++) {
		n = stem(field, units[k].name);
		for (c = 0; n && c < sizeof(clocks) / sizeof(clocks[0]); c++)
			if (n == strlen(clocks[c].name) && !strncmp(field, clocks[c].name, n)) {
				r->time = i;
				r->time_unit = units[k].ns;
				r->m->clock = clocks[c].clock;
				return true;
			}
	}
	return false;
}

static size_t find_voltage(const struct reader *r, const char *field, size_t n, double *scale)
{
	size_t i;

	for (i = 0; i < r->csv.n; i++) {
		const char *other = r->csv.fields[i];

		*scale = stem(other, "v") ? 1 : stem(other, "mv") ? 1e-3 : 0;
		if (*scale > 0 && !strncmp(field, other, n) && other[n] == '_')
			return i;
	}
	return NO_COLUMN;
}

static bool find_rail(const struct reader *r, size_t i, struct column *c, size_t *n)
{
	static const struct { const char *name; double scale; char what; } units[] = {
		{ "w", 1e6, 'p' }, { "mw", 1e3, 'p' }, { "uw", 1, 'p' },
		{ "j", 1e6, 'e' }, { "mj", 1e3, 'e' }, { "uj", 1, 'e' },
		{ "a", 1e6, 'c' }, { "ma", 1e3, 'c' }, { "ua", 1, 'c' },
	};
	const char *field = r->csv.fields[i];
	size_t k;

	for (k = 0; k < sizeof(units) / sizeof(units[0]); k++) {
		*n = stem(field, units[k].name);
		if (!*n)
			continue;
		*c = (struct column){ i, NO_COLUMN, units[k].scale, 1, units[k].what == 'e' };
		if (units[k].what == 'c')
			c->voltage = find_voltage(r, field, *n, &c->voltage_scale);
		return units[k].what != 'c' || c->voltage != NO_COLUMN;
	}
	return false;
}

static int read_header(struct reader *r, struct synergy_error *error)
{
	struct synergy_meter *m = r->m;
	struct column c;
	size_t i, n;
	char *at;

	r->time = NO_COLUMN;
	for (i = 0; i < r->csv.n; i++) {
		if (r->time == NO_COLUMN && find_time(r, i))
			continue;
		if (!find_rail(r, i, &c, &n) || m->n_rails == SYNERGY_METER_RAILS)
			continue;
		r->columns[m->n_rails] = c;
		m->rails[m->n_rails].counted = c.energy;
		snprintf(m->rails[m->n_rails].label, SYNERGY_LABEL_LEN, "%.*s",
			 (int)(n < SYNERGY_LABEL_LEN ? n : SYNERGY_LABEL_LEN - 1), r->csv.fields[i]);
		for (at = m->rails[m->n_rails].label; *at; at++)
			if (*at == ',' || *at == '"' || (unsigned char)*at < 0x20)
				*at = '_';
		m->n_rails++;
	}
	if (r->time == NO_COLUMN)
		return synergy_error_set(error, EINVAL,
			"%s:%zu: no column time_s (or t_, monotonic_, realtime_; _ms, _us, _ns)",
			r->csv.name, r->csv.line);
	if (!m->n_rails)
		return synergy_error_set(error, EINVAL,
			"%s:%zu: no column with power: NAME_w, NAME_mw, NAME_uj, or NAME_v with NAME_a",
			r->csv.name, r->csv.line);
	return synergy_csv_header(&r->csv) ?
		synergy_error_set(error, ENOMEM, "%s: no memory", r->csv.name) : 0;
}

static int grow(struct synergy_meter *m)
{
	size_t i;

	if (synergy_array_grow(&m->begin_ns, m->n, sizeof(*m->begin_ns)) ||
	    synergy_array_grow(&m->end_ns, m->n, sizeof(*m->end_ns)))
		return -1;
	for (i = 0; i < m->n_rails; i++)
		if (synergy_array_grow(&m->rails[i].power_uw, m->n, sizeof(double)))
			return -1;
	return 0;
}

static int read_value(const struct reader *r, size_t column, double *value, struct synergy_error *error)
{
	if (synergy_csv_double(&r->csv, column, -1e15, value, error))
		return -1;
	return isnan(*value) ? synergy_csv_error(&r->csv, column, error, "empty") : 0;
}

static int read_row(struct reader *r, struct synergy_error *error)
{
	struct synergy_meter *m = r->m;
	double value, volts;
	long double t;
	char *end;
	size_t i;

	if (r->csv.n != r->csv.n_header)
		return synergy_csv_error(&r->csv, 0, error, "%zu fields, not %zu", r->csv.n,
					 r->csv.n_header);
	/* Of nanoseconds since 1970 a double has not all digits. */
	t = strtold(r->csv.fields[r->time], &end) * r->time_unit;
	if (end == r->csv.fields[r->time] || *end || !isfinite(t) || fabsl(t) > 9e18L)
		return synergy_csv_error(&r->csv, r->time, error, "no time");
	if (grow(m))
		return synergy_error_set(error, ENOMEM, "%s: no memory", r->csv.name);
	if (!m->n)
		m->first_ns = t;
	m->end_ns[m->n] = (double)(t - m->first_ns);
	if (m->n && !(m->end_ns[m->n] > m->end_ns[m->n - 1]))
		return synergy_csv_error(&r->csv, r->time, error, "not after the row before");
	for (i = 0; i < m->n_rails; i++) {
		const struct column *c = &r->columns[i];

		if (read_value(r, c->value, &value, error))
			return -1;
		value *= c->scale;
		if (c->voltage != NO_COLUMN) {
			if (read_value(r, c->voltage, &volts, error))
				return -1;
			value *= volts * c->voltage_scale;
		}
		/* Energies are of the time since the row before; there is none before the first. */
		if (c->energy)
			value = m->n ? value / (m->end_ns[m->n] - m->end_ns[m->n - 1]) * 1e9 : NAN;
		m->rails[i].power_uw[m->n] = value;
	}
	m->n++;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * Where most changes from row to row are of one size, that is a step: values of a converter
 * change by one now and then, and by many seldom.
 */
static double find_step(const double *v, size_t n, double *change)
{
	size_t i, k, best = 0, at = 0, changes = 0;

	for (i = 1; i < n; i++)
		if (v[i] != v[i - 1] && !isnan(v[i - 1]))
			change[changes++] = fabs(v[i] - v[i - 1]);
	if (changes < LEAST_CHANGES)
		return 0;
	qsort(change, changes, sizeof(*change), by_value);
	for (i = 0, k = 0; k < changes; k++) {
		while (change[k] > STEP_WIDTH * change[i])
			i++;
		if (k - i + 1 > best) {
			best = k - i + 1;
			at = i;
		}
	}
	return (double)best < STEP_SHARE * (double)changes ? 0 : change[at + best / 2];
}

/* What each row is a mean of; the first row's is not known, so it goes. */
static int settle(struct synergy_meter *m, const char *path, struct synergy_error *error)
{
	double *work;
	size_t i;

	if (m->n < 3)
		return synergy_error_set(error, EINVAL, "%s: %zu rows: too few", path, m->n);
	work = malloc(m->n * sizeof(*work));
	if (!work)
		return synergy_error_set(error, ENOMEM, "%s: no memory", path);
	for (i = 1; i < m->n; i++)
		work[i - 1] = m->end_ns[i] - m->end_ns[i - 1];
	qsort(work, m->n - 1, sizeof(*work), by_value);
	m->period_ns = work[(m->n - 1) / 2];
	m->begin_ns[0] = m->end_ns[0] - m->period_ns;
	for (i = 1; i < m->n; i++) {
		double from = m->end_ns[i - 1];

		m->begin_ns[i] = m->end_ns[i] - from > GAP_PERIODS * m->period_ns ?
			m->end_ns[i] - m->period_ns : from;
	}
	for (i = 0; i < m->n_rails; i++) {
		m->rails[i].lsb_uw = find_step(m->rails[i].power_uw, m->n, work);
		if (isnan(m->rails[i].power_uw[0]))
			m->rails[i].power_uw[0] = m->rails[i].power_uw[1];
	}
	free(work);
	return 0;
}

int synergy_meter_read(const char *path, struct synergy_meter *meter, struct synergy_error *error)
{
	struct reader r = { .m = meter };
	int result, header = 0;
	size_t length;
	char *text;

	memset(meter, 0, sizeof(*meter));
	if (synergy_csv_slurp(path, MOST_BYTES, &text, &length, error))
		return -1;
	if (synergy_csv_open(&r.csv, text, length, path, error)) {
		free(text);
		return -1;
	}
	while ((result = synergy_csv_next(&r.csv, error)) == 1) {
		if (r.csv.comment)
			continue;
		result = header ? read_row(&r, error) : read_header(&r, error);
		if (result)
			break;
		header = 1;
	}
	synergy_csv_close(&r.csv);
	free(text);
	return result ? -1 : settle(meter, path, error);
}

void synergy_meter_free(struct synergy_meter *meter)
{
	size_t i;

	free(meter->begin_ns);
	free(meter->end_ns);
	for (i = 0; i < meter->n_rails; i++)
		free(meter->rails[i].power_uw);
	memset(meter, 0, sizeof(*meter));
}
