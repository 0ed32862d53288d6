// SPDX-License-Identifier: GPL-3.0-or-later
/* See frequency.h. */
#include "fit/frequency.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "fit/part.h"
#include "layers/csv.h"
#include "lib/array.h"

#define MOST_BYTES	(256U << 20)
#define WORST_CI	0.10		/* layers less well known say nothing about the model */
#define SAME_SHARE	0.005		/* a clock by its rounded number: 1734MHz is 1734000 kHz or so */
#define NONE		SIZE_MAX

/* ---- operating points ---- */

static int parse_point(const char *word, struct synergy_operating_point *p)
{
	static const struct {
		const char *unit;
		double khz;
	} units[] = { { "kHz:", 1 }, { "MHz:", 1e3 }, { "GHz:", 1e6 } };
	double value, volts;
	char *end, *last;
	size_t i;

	value = strtod(word, &end);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strncasecmp(end, units[i].unit, 4))
			continue;
		volts = strtod(end + 4, &last);
		if (!(value > 0) || isinf(value) || last == end + 4 || *last || !(volts > 0.1) ||
		    !(volts < 10))
			return -1;
		*p = (struct synergy_operating_point){ value * units[i].khz, volts };
		return 0;
	}
	return -1;
}

static size_t find_point(const struct synergy_frequency_data *d, double khz)
{
	size_t i;

	for (i = 0; i < d->n_points; i++)
		if (fabs(d->points[i].khz - khz) <= SAME_SHARE * khz)
			return i;
	return NONE;
}

int synergy_frequency_volts(const char *list, struct synergy_frequency_data *d,
			    struct synergy_error *error)
{
	char *copy = strdup(list), *rest = copy, *word;
	struct synergy_operating_point p;
	int result = 0;

	if (!copy)
		return synergy_error_set(error, ENOMEM, "operating points: no memory");
	while (!result && (word = strsep(&rest, ","))) {
		if (parse_point(word, &p))
			result = synergy_error_set(error, EINVAL, "operating point '%s': not FREQUENCY:VOLTS, as 1.73GHz:1.1",
						   word);
		else if (find_point(d, p.khz) != NONE)
			result = synergy_error_set(error, EINVAL, "operating point '%s': this frequency is there twice",
						   word);
		else if (d->n_points == SYNERGY_OPERATING_POINTS)
			result = synergy_error_set(error, EINVAL, "more than %d operating points",
						   SYNERGY_OPERATING_POINTS);
		else
			d->points[d->n_points++] = p;
	}
	free(copy);
	return result;
}

/* ---- reading ---- */

enum { KHZ, NETWORK, INDEX, TIME, ENERGY, CI, SIMD, BUS, INST, COLUMNS };

struct reading {
	struct synergy_frequency_data *d;
	struct synergy_csv csv;
	size_t at[COLUMNS];
};

/* A column by its name, or the first that has the text in it. */
static int find_column(const struct synergy_csv *csv, const char *name, const char *part,
		       size_t *at, struct synergy_error *error)
{
	for (*at = 0; *at < csv->n; ++*at)
		if (name ? !strcmp(csv->fields[*at], name) :
			   strcasestr(csv->fields[*at], part) != NULL)
			return 0;
	return synergy_error_set(error, EINVAL, "%s: no column %s%s (results.csv of synergy-sweep, with --events, is wanted)",
				 csv->name, name ? name : part, name ? "" : " in any name");
}

static int find_columns(struct reading *r, const struct synergy_dataset_options *o,
			struct synergy_error *error)
{
	struct synergy_csv *csv = &r->csv;
	char energy[96] = "energy_uj";

	if (o->rail)
		snprintf(energy, sizeof(energy), "%s_uj", o->rail);
	if (find_column(csv, "khz", NULL, &r->at[KHZ], error) ||
	    find_column(csv, "network", NULL, &r->at[NETWORK], error) ||
	    find_column(csv, "index", NULL, &r->at[INDEX], error) ||
	    find_column(csv, "time_us", NULL, &r->at[TIME], error) ||
	    find_column(csv, energy, NULL, &r->at[ENERGY], error) ||
	    find_column(csv, "energy_ci95_uj", NULL, &r->at[CI], error) ||
	    find_column(csv, o->simd, "ase_spec", &r->at[SIMD], error) ||
	    find_column(csv, o->bus, "bus_access", &r->at[BUS], error) ||
	    find_column(csv, o->inst, "inst_retired", &r->at[INST], error))
		return -1;
	return synergy_csv_header(csv) ? synergy_error_set(error, ENOMEM, "%s: no memory", csv->name) : 0;
}

static int find_network(struct synergy_frequency_data *d, const char *name, size_t *network)
{
	for (*network = 0; *network < d->n_networks; ++*network)
		if (!strcmp(d->networks[*network], name))
			return 0;
	if (synergy_array_grow(&d->networks, d->n_networks, sizeof(*d->networks)))
		return -1;
	d->networks[d->n_networks] = strdup(name);
	if (!d->networks[d->n_networks])
		return -1;
	d->n_networks++;
	return 0;
}

static int add_row(struct reading *r, struct synergy_error *error)
{
	struct synergy_frequency_data *d = r->d;
	struct synergy_frequency_row row;
	struct synergy_csv *csv = &r->csv;
	double khz, ci;

	if (csv->n != csv->n_header)
		return synergy_csv_error(csv, 0, error, "%zu fields, the header has %zu", csv->n,
					 csv->n_header);
	if (!*csv->fields[r->at[INDEX]])
		return 0;	/* the whole inference, or what lies between layers */
	if (synergy_csv_double(csv, r->at[KHZ], 0, &khz, error) ||
	    synergy_csv_double(csv, r->at[TIME], 0, &row.time_us, error) ||
	    synergy_csv_double(csv, r->at[ENERGY], -INFINITY, &row.energy_uj, error) ||
	    synergy_csv_double(csv, r->at[CI], 0, &ci, error) ||
	    synergy_csv_double(csv, r->at[SIMD], 0, &row.simd, error) ||
	    synergy_csv_double(csv, r->at[BUS], 0, &row.bus, error) ||
	    synergy_csv_double(csv, r->at[INST], 0, &row.inst, error))
		return -1;
	if (isnan(khz)) {
		d->no_clock++;
		return 0;
	}
	row.point = find_point(d, khz);
	if (row.point == NONE)
		return synergy_csv_error(csv, r->at[KHZ], error, "the voltage of this frequency is not given");
	if (!(row.energy_uj > 0) || !(ci <= WORST_CI * row.energy_uj) ||
	    isnan(row.simd + row.bus + row.inst + row.time_us)) {
		d->vague++;
		return 0;
	}
	if (find_network(d, csv->fields[r->at[NETWORK]], &row.network) ||
	    synergy_array_grow(&d->rows, d->n_rows, sizeof(*d->rows)))
		return synergy_error_set(error, ENOMEM, "%s: no memory", csv->name);
	d->rows[d->n_rows++] = row;
	return 0;
}

int synergy_frequency_add(struct synergy_frequency_data *d, const char *path,
			  const struct synergy_dataset_options *o, struct synergy_error *error)
{
	struct reading r = { .d = d };
	size_t length;
	char *text;
	int got, result = 0;

	if (synergy_csv_slurp(path, MOST_BYTES, &text, &length, error))
		return -1;
	if (synergy_csv_open(&r.csv, text, length, path, error)) {
		free(text);
		return -1;
	}
	while (!result && (got = synergy_csv_next(&r.csv, error))) {
		if (got < 0)
			result = -1;
		else if (!r.csv.comment)
			result = r.csv.n_header ? add_row(&r, error) : find_columns(&r, o, error);
	}
	synergy_csv_close(&r.csv);
	free(text);
	return result;
}

void synergy_frequency_free(struct synergy_frequency_data *d)
{
	size_t i;

	for (i = 0; i < d->n_networks; i++)
		free(d->networks[i]);
	free(d->networks);
	free(d->rows);
	memset(d, 0, sizeof(*d));
}

/* ---- fitting ---- */

static const enum synergy_feature columns[] = {
	SYNERGY_F_SIMD_V2, SYNERGY_F_BUS_V2, SYNERGY_F_INST_V2, SYNERGY_F_BUS, SYNERGY_F_TIME_V,
	SYNERGY_F_TIME,
};

#define N_COLUMNS	(sizeof(columns) / sizeof(columns[0]))

void synergy_frequency_features(const struct synergy_frequency_row *row, double volts, double *f)
{
	size_t k;

	for (k = 0; k < SYNERGY_FEATURE_COUNT; k++)
		f[k] = NAN;
	f[SYNERGY_F_SIMD_V2] = row->simd * volts * volts;
	f[SYNERGY_F_BUS_V2] = row->bus * volts * volts;
	f[SYNERGY_F_INST_V2] = row->inst * volts * volts;
	f[SYNERGY_F_BUS] = row->bus;
	f[SYNERGY_F_TIME_V] = row->time_us * volts;
	f[SYNERGY_F_TIME] = row->time_us;
}

struct rows {
	size_t *network;
	double *x, *y;
};

/* Leave a point or a network out (NONE: neither). */
static int fit_without(const struct synergy_frequency_data *d, struct rows *w, size_t point,
		       size_t network, struct synergy_model_part *part, struct synergy_error *error)
{
	struct synergy_part_data q = { .name = "volts", .scope = "clock", .target = "energy_uj",
				       .p = N_COLUMNS, .columns = columns, .x = w->x, .y = w->y,
				       .network = w->network, .weighted = 1, .nonnegative = 1 };
	double f[SYNERGY_FEATURE_COUNT];
	size_t i, k;

	for (i = 0; i < d->n_rows; i++) {
		const struct synergy_frequency_row *row = &d->rows[i];

		if (row->point == point || row->network == network)
			continue;
		synergy_frequency_features(row, d->points[row->point].volts, f);
		for (k = 0; k < N_COLUMNS; k++)
			w->x[q.n * N_COLUMNS + k] = f[columns[k]];
		w->y[q.n] = row->energy_uj;
		w->network[q.n++] = row->network;
	}
	return synergy_part_fit(&q, part, error);
}

/* A network at a frequency: all its layers that are known, in all runs together. */
static double error_of(const struct synergy_frequency_data *d, const struct synergy_model_part *part,
		       size_t point, size_t network)
{
	double f[SYNERGY_FEATURE_COUNT], predicted = 0, measured = 0;
	size_t i;

	for (i = 0; i < d->n_rows; i++) {
		const struct synergy_frequency_row *row = &d->rows[i];

		if (row->point != point || row->network != network)
			continue;
		synergy_frequency_features(row, d->points[point].volts, f);
		predicted += synergy_part_predict(part, f);
		measured += row->energy_uj;
	}
	return measured > 0 ? fabs(predicted / measured - 1) : NAN;
}

static void add_error(struct synergy_left_out *o, double error)
{
	if (isnan(error))
		return;
	o->mean = (o->mean * (double)o->n + error) / (double)(o->n + 1);
	o->worst = fmax(o->worst, error);
	o->n++;
}

static int leave_out(const struct synergy_frequency_data *d, struct rows *w,
		     struct synergy_frequency_fit *fit)
{
	struct synergy_model_part part;
	struct synergy_error why;
	size_t i, k;

	for (i = 0; i < d->n_points; i++) {
		struct synergy_left_out *o = &fit->frequencies[fit->n_frequencies];

		*o = (struct synergy_left_out){ .which = i };
		for (k = 0; k < d->n_rows && d->rows[k].point != i; k++)
			;
		if (k == d->n_rows)
			continue;	/* a voltage that is given, and not measured at */
		fit->n_frequencies++;
		if (fit_without(d, w, i, NONE, &part, &why)) {
			if (errno == ENOMEM)
				return -1;
			continue;
		}
		for (k = 0; k < d->n_networks; k++)
			add_error(o, error_of(d, &part, i, k));
	}
	for (k = 0; k < d->n_networks; k++) {
		struct synergy_left_out *o = &fit->networks[fit->n_networks++];

		*o = (struct synergy_left_out){ .which = k };
		if (fit_without(d, w, NONE, k, &part, &why)) {
			if (errno == ENOMEM)
				return -1;
			continue;
		}
		for (i = 0; i < d->n_points; i++)
			add_error(o, error_of(d, &part, i, k));
	}
	return 0;
}

static int regress(const struct synergy_frequency_data *d, struct rows *w,
		   struct synergy_frequency_fit *fit, struct synergy_error *error)
{
	size_t k, active = 0;
	double sum = 0;

	if (fit_without(d, w, NONE, NONE, &fit->part, error))
		return -1;
	for (k = 0; k < N_COLUMNS; k++)
		active += fit->part.se[k] > 0;
	for (k = 0; k < N_COLUMNS; k++)
		fit->half[k] = fit->part.se[k] * gsl_cdf_tdist_Pinv(0.975, (double)(d->n_rows - active));
	if (leave_out(d, w, fit))
		return synergy_error_set(error, ENOMEM, "frequencies: no memory");
	if (fit->n_frequencies < 2)
		return synergy_error_set(error, EDOM, "all was measured at one frequency: what depends on it cannot be fitted");
	for (k = 0; k < fit->n_networks; k++) {
		sum += fit->networks[k].mean;
		fit->part.loo_n += fit->networks[k].n > 0;
	}
	if (fit->part.loo_n)
		fit->part.loo_mean = sum / (double)fit->part.loo_n;
	return 0;
}

int synergy_frequency_regress(const struct synergy_frequency_data *d,
			      struct synergy_frequency_fit *fit, struct synergy_error *error)
{
	struct rows w = {
		.network = malloc((d->n_rows + 1) * sizeof(*w.network)),
		.x = malloc((d->n_rows + 1) * N_COLUMNS * sizeof(*w.x)),
		.y = malloc((d->n_rows + 1) * sizeof(*w.y)),
	};
	int result;

	memset(fit, 0, sizeof(*fit));
	fit->networks = calloc(d->n_networks + 1, sizeof(*fit->networks));
	result = w.network && w.x && w.y && fit->networks ? regress(d, &w, fit, error) :
		synergy_error_set(error, ENOMEM, "frequencies: no memory");
	free(w.network);
	free(w.x);
	free(w.y);
	if (result) {
		free(fit->networks);
		fit->networks = NULL;
	}
	return result;
}
