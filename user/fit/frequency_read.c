// SPDX-License-Identifier: GPL-3.0-or-later
/* See frequency.h: operating points, and rows of results.csv. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/frequency.h"
#include "layers/csv.h"
#include "layers/layers.h"
#include "lib/array.h"

#define MOST_BYTES	(256U << 20)
#define WORST_CI	0.10		/* layers less well known say nothing about the model */
#define SAME_SHARE	0.005		/* a clock by its rounded number: 1734MHz is 1734000 kHz or so */
#define NONE		SIZE_MAX

/* ---- operating points ---- */

double synergy_frequency_parse(const char *word, const char **end)
{
	static const struct {
		const char *unit;
		double khz;
	} units[] = { { "kHz", 1 }, { "MHz", 1e3 }, { "GHz", 1e6 } };
	char *rest;
	double value = strtod(word, &rest);
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strncasecmp(rest, units[i].unit, 3)) {
			*end = rest + 3;
			return value > 0 && !isinf(value) ? value * units[i].khz : NAN;
		}
	*end = rest;
	return NAN;
}

static int parse_point(const char *word, struct synergy_operating_point *p)
{
	const char *end;
	char *last;

	p->khz = synergy_frequency_parse(word, &end);
	if (isnan(p->khz) || *end != ':')
		return -1;
	p->volts = strtod(end + 1, &last);
	return last == end + 1 || *last || !(p->volts > 0.1) || !(p->volts < 10) ? -1 : 0;
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

/* Columns that decide what a layer executes, beside the clock. */
static const char *const alike[] = { "network", "index", "threads", "backend", "conv", "batch" };

#define N_ALIKE	(sizeof(alike) / sizeof(alike[0]))

struct reading {
	struct synergy_frequency_data *d;
	struct synergy_csv csv;
	size_t at[COLUMNS];
	size_t op, mac, features[SYNERGY_FEATURE_METHOD], alike[N_ALIKE];	/* NONE: no such column */
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

static size_t find_name(const struct synergy_csv *csv, const char *name)
{
	size_t i;

	for (i = 0; i < csv->n; i++)
		if (!strcmp(csv->fields[i], name))
			return i;
	return NONE;
}

/* Results of before these columns have none: then nothing is learnt of counts. */
static void find_features(struct reading *r)
{
	size_t i;

	r->op = find_name(&r->csv, "op");
	r->mac = find_name(&r->csv, "mac");
	for (i = 0; i < SYNERGY_FEATURE_METHOD; i++)
		r->features[i] = find_name(&r->csv, synergy_feature_names[i]);
	for (i = 0; i < N_ALIKE; i++)
		r->alike[i] = find_name(&r->csv, alike[i]);
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
	find_features(r);
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

static int read_features(struct reading *r, struct synergy_layers_row *row,
			 struct synergy_error *error)
{
	double mac;
	uint64_t v;
	int i;

	row->op = r->csv.fields[r->op];
	row->layer = row->op;
	if (synergy_csv_double(&r->csv, r->mac, 0, &mac, error))
		return -1;
	row->mac = mac < 1e18 ? (uint64_t)mac : 0;
	for (i = 0; i < SYNERGY_FEATURE_METHOD; i++) {
		*synergy_layers_feature_slot(&row->features, i) = -1;
		if (r->features[i] == NONE || !*r->csv.fields[r->features[i]])
			continue;
		if (synergy_csv_u64(&r->csv, r->features[i], INT64_MAX, &v, error))
			return -1;
		*synergy_layers_feature_slot(&row->features, i) = (int64_t)v;
	}
	return 0;
}

static char *make_key(const struct reading *r)
{
	size_t i, size = 1;
	char *key, *to;

	for (i = 0; i < N_ALIKE; i++)
		size += 1 + (r->alike[i] == NONE ? 0 : strlen(r->csv.fields[r->alike[i]]));
	key = to = malloc(size);
	for (i = 0; key && i < N_ALIKE; i++)
		to += sprintf(to, "%s\n", r->alike[i] == NONE ? "" : r->csv.fields[r->alike[i]]);
	return key;
}

/* The layer's counts, where the file says what layer it is. */
static int add_counted(struct reading *r, const struct synergy_frequency_row *row, double khz,
		       double ci, struct synergy_error *error)
{
	struct synergy_frequency_data *d = r->d;
	struct synergy_layers_row layer = { 0 };
	struct synergy_counted_layer *l;
	double mhz = khz / 1e3;
	int type;

	if (r->op == NONE || r->mac == NONE || r->features[SYNERGY_FEATURE_BYTES_IN] == NONE)
		return 0;
	if (read_features(r, &layer, error))
		return -1;
	type = synergy_layer_type_of(&layer);
	if (type < 0)
		return synergy_csv_error(&r->csv, r->op, error, "of no known layer type");
	if (synergy_array_grow(&d->counted, d->n_counted, sizeof(*d->counted)))
		return synergy_error_set(error, ENOMEM, "%s: no memory", r->csv.name);
	l = &d->counted[d->n_counted];
	*l = (struct synergy_counted_layer){ .key = make_key(r), .network = row->network,
					     .point = row->point, .type = (enum synergy_layer_type)type,
					     .energy_uj = row->energy_uj, .ci95_uj = ci };
	if (!l->key)
		return synergy_error_set(error, ENOMEM, "%s: no memory", r->csv.name);
	d->n_counted++;
	synergy_layer_features_of(&layer, l->f);
	l->f[SYNERGY_F_TRAFFIC_MHZ] = synergy_layer_traffic(l->f) * mhz;
	l->f[SYNERGY_F_SIMD] = row->simd;
	l->f[SYNERGY_F_BUS] = row->bus;
	l->f[SYNERGY_F_INST] = row->inst;
	l->f[SYNERGY_F_CYCLES] = row->time_us * mhz;
	return 0;
}

static int add_layer(struct reading *r, struct synergy_frequency_row *row, double khz, double ci,
		     struct synergy_error *error)
{
	struct synergy_frequency_data *d = r->d;

	row->point = find_point(d, khz);
	if (row->point == NONE)
		return synergy_csv_error(&r->csv, r->at[KHZ], error, "the voltage of this frequency is not given");
	if (find_network(d, r->csv.fields[r->at[NETWORK]], &row->network))
		return synergy_error_set(error, ENOMEM, "%s: no memory", r->csv.name);
	if (!isnan(row->energy_uj))
		d->layers_uj += row->energy_uj;
	if (add_counted(r, row, khz, ci, error))
		return -1;
	if (!(row->energy_uj > 0) || !(ci <= WORST_CI * row->energy_uj) ||
	    isnan(row->simd + row->bus + row->inst + row->time_us)) {
		d->vague++;
		return 0;
	}
	if (synergy_array_grow(&d->rows, d->n_rows, sizeof(*d->rows)))
		return synergy_error_set(error, ENOMEM, "%s: no memory", r->csv.name);
	d->rows[d->n_rows++] = *row;
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
	if (synergy_csv_double(csv, r->at[KHZ], 0, &khz, error) ||
	    synergy_csv_double(csv, r->at[ENERGY], -INFINITY, &row.energy_uj, error))
		return -1;
	if (!*csv->fields[r->at[INDEX]]) {	/* the whole inference, or what lies between layers */
		if (r->op != NONE && !strcmp(csv->fields[r->op], SYNERGY_LAYERS_BETWEEN) &&
		    !isnan(khz) && !isnan(row.energy_uj))
			d->between_uj += row.energy_uj;
		return 0;
	}
	if (synergy_csv_double(csv, r->at[TIME], 0, &row.time_us, error) ||
	    synergy_csv_double(csv, r->at[CI], 0, &ci, error) ||
	    synergy_csv_double(csv, r->at[SIMD], 0, &row.simd, error) ||
	    synergy_csv_double(csv, r->at[BUS], 0, &row.bus, error) ||
	    synergy_csv_double(csv, r->at[INST], 0, &row.inst, error))
		return -1;
	if (isnan(khz)) {
		d->no_clock++;
		return 0;
	}
	return add_layer(r, &row, khz, ci, error);
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
	for (i = 0; i < d->n_counted; i++)
		free(d->counted[i].key);
	free(d->counted);
	memset(d, 0, sizeof(*d));
}
