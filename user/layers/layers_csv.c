// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * layers.csv: writer and strict reader, and the short form that travels in
 * recordings. The format is described in layers.h. A file is untrusted: every field
 * is checked, and an error names file, line, column and value.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layers/csv.h"
#include "layers/layers.h"

#define N_FIXED		11
#define SENSOR		"sensor_u95_uj"	/* after the features; older files lack it */

static const char *const fixed[N_FIXED] = {
	"network", "index", "layer", "op", "mac", "time_us", "energy_uj", "energy_ci95_uj",
	"power_mw", "samples", "resolved",
};

/* Behind it, in tables that have calls. */
#define N_CALLS		6

static const char *const calls_names[N_CALLS] = {
	"calls", "parent", "inclusive_time_us", "inclusive_uj", "inclusive_ci95_uj",
	"shared_time_us",
};

/* ---- writing ---- */

static void put_number(FILE *out, double v)
{
	if (isnan(v))
		return;
	if (v == rint(v) && fabs(v) < 1e15)
		fprintf(out, "%.0f", v);
	else
		fprintf(out, "%.9g", v);
}

static void put_integer(FILE *out, int64_t v)
{
	if (v >= 0)
		fprintf(out, "%lld", (long long)v);
}

void synergy_layers_put_features(const struct synergy_layer_features *f, FILE *out)
{
	int i;

	for (i = 0; i < SYNERGY_FEATURE_METHOD; i++) {
		fputc(',', out);
		put_integer(out, synergy_layers_feature(f, i));
	}
	fputc(',', out);
	synergy_csv_put(out, f->method);
}

static void put_calls(FILE *out, const struct synergy_layers_calls *c)
{
	const double values[] = { c->inclusive_us, c->inclusive_uj, c->inclusive_ci95_uj,
				  c->shared_us };
	size_t i;

	fputc(',', out);
	put_number(out, c->calls);
	fprintf(out, ",%u", c->parent);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		fputc(',', out);
		put_number(out, values[i]);
	}
}

static void put_row(FILE *out, const struct synergy_layers *t, const struct synergy_layers_row *r)
{
	const double measured[] = { r->time_us, r->energy_uj, r->energy_ci95_uj, r->power_mw,
				    r->samples };
	size_t i;

	synergy_csv_put(out, r->network);
	fprintf(out, ",%u,", r->index);
	synergy_csv_put(out, r->layer);
	fputc(',', out);
	synergy_csv_put(out, r->op);
	fprintf(out, ",%llu", (unsigned long long)r->mac);
	for (i = 0; i < sizeof(measured) / sizeof(measured[0]); i++) {
		fputc(',', out);
		put_number(out, measured[i]);
	}
	fputc(',', out);
	put_integer(out, r->resolved);
	for (i = 0; i < t->n_rails; i++) {
		fputc(',', out);
		put_number(out, r->rail_uj[i]);
	}
	for (i = 0; i < t->n_events; i++) {
		fputc(',', out);
		put_number(out, r->events[i]);
	}
	synergy_layers_put_features(&r->features, out);
	fputc(',', out);
	put_number(out, r->sensor_u95_uj);
	if (t->has_calls)
		put_calls(out, &r->calls);
	fputc('\n', out);
}

int synergy_layers_write_csv(const struct synergy_layers *t, FILE *out)
{
	return synergy_layers_write_csv_all(&t, 1, out);
}

int synergy_layers_write_csv_all(const struct synergy_layers *const *all, size_t n, FILE *out)
{
	const struct synergy_layers *t = all[0];
	size_t i, k;

	fprintf(out, "# format: %s\n", SYNERGY_LAYERS_FORMAT);
	for (i = 0; i < t->n_meta; i++)
		if (strcmp(t->meta[i].key, "format"))
			fprintf(out, "# %s: %s\n", t->meta[i].key, t->meta[i].value);
	for (i = 0; i < N_FIXED; i++)
		fprintf(out, "%s%s", i ? "," : "", fixed[i]);
	for (i = 0; i < t->n_rails; i++) {
		char *name;

		if (asprintf(&name, "%s_uj", t->rails[i]) < 0)
			return -1;
		fputc(',', out);
		synergy_csv_put(out, name);
		free(name);
	}
	for (i = 0; i < t->n_events; i++) {
		fputc(',', out);
		synergy_csv_put(out, t->events[i]);
	}
	for (i = 0; i < SYNERGY_FEATURES; i++)
		fprintf(out, ",%s", synergy_feature_names[i]);
	fprintf(out, ",%s", SENSOR);
	for (i = 0; t->has_calls && i < N_CALLS; i++)
		fprintf(out, ",%s", calls_names[i]);
	fputc('\n', out);
	for (k = 0; k < n; k++)
		for (i = 0; i < all[k]->n_rows; i++)
			put_row(out, t, &all[k]->rows[i]);
	return ferror(out) ? -1 : 0;
}

int synergy_layers_write_static(const struct synergy_layers *t, FILE *out)
{
	size_t i;

	fputs("index,layer,op,mac", out);
	for (i = 0; i < SYNERGY_FEATURES; i++)
		fprintf(out, ",%s", synergy_feature_names[i]);
	fputc('\n', out);
	for (i = 0; i < t->n_rows; i++) {
		const struct synergy_layers_row *r = &t->rows[i];

		if (!synergy_layers_is_layer(r))
			continue;
		fprintf(out, "%u,", r->index);
		synergy_csv_put(out, r->layer);
		fputc(',', out);
		synergy_csv_put(out, r->op);
		fprintf(out, ",%llu", (unsigned long long)r->mac);
		synergy_layers_put_features(&r->features, out);
		fputc('\n', out);
	}
	return ferror(out) ? -1 : 0;
}

/* ---- reading ---- */

int64_t *synergy_layers_feature_slot(struct synergy_layer_features *f, int i)
{
	int64_t *const slots[] = {
		&f->params, &f->bytes_in, &f->bytes_out, &f->kernel_h, &f->kernel_w,
		&f->stride_h, &f->stride_w, &f->group, &f->channels_in, &f->channels_out,
	};

	return slots[i];
}

static int read_feature(struct synergy_csv *csv, size_t column, int i,
			struct synergy_layer_features *f, struct synergy_error *err)
{
	const char *s = csv->fields[column];
	uint64_t v;

	if (i == SYNERGY_FEATURE_METHOD) {
		if (strlen(s) >= sizeof(f->method))
			return synergy_csv_error(csv, column, err, "longer than %zu characters",
						 sizeof(f->method) - 1);
		strcpy(f->method, s);
		return 0;
	}
	if (!*s)
		return 0;
	if (synergy_csv_u64(csv, column, INT64_MAX, &v, err))
		return -1;
	*synergy_layers_feature_slot(f, i) = (int64_t)v;
	return 0;
}

struct layout {
	size_t n_rails, n_events;
	int has_features, has_sensor, has_calls;
	const char **rails, **events;	/* into the header's fields */
};

static int is_rail(const char *s)
{
	size_t n = strlen(s);

	return n > 3 && !strcmp(s + n - 3, "_uj");
}

/* What may follow the sensor's column: all of these or none. */
static int read_calls_header(struct synergy_csv *csv, size_t i, struct layout *l,
			     struct synergy_error *err)
{
	size_t k;

	if (i == csv->n)
		return 0;
	l->has_calls = 1;
	for (k = 0; k < N_CALLS; k++, i++)
		if (i >= csv->n || strcmp(csv->fields[i], calls_names[k]))
			return synergy_csv_error(csv, i < csv->n ? i : csv->n - 1, err,
						 "column %zu must be '%s'", i + 1, calls_names[k]);
	if (i < csv->n)
		return synergy_csv_error(csv, i, err, "a column after '%s'",
					 calls_names[N_CALLS - 1]);
	return 0;
}

/* Check the header and say where what is. The "_uj" is cut off the rails' names. */
static int read_header(struct synergy_csv *csv, struct layout *l, struct synergy_error *err)
{
	size_t i, k;

	if (csv->n < N_FIXED)
		return synergy_csv_error(csv, csv->n - 1, err,
					 "the header ends here; column '%s' must follow",
					 fixed[csv->n]);
	for (i = 0; i < N_FIXED; i++)
		if (strcmp(csv->fields[i], fixed[i]))
			return synergy_csv_error(csv, i, err, "column %zu must be '%s'", i + 1,
						 fixed[i]);
	for (; i < csv->n && is_rail(csv->fields[i]); i++) {
		csv->fields[i][strlen(csv->fields[i]) - 3] = '\0';
		l->rails[l->n_rails++] = csv->fields[i];
	}
	for (; i < csv->n && strcmp(csv->fields[i], synergy_feature_names[0]); i++)
		l->events[l->n_events++] = csv->fields[i];
	if (i == csv->n)
		return 0;
	l->has_features = 1;
	for (k = 0; k < SYNERGY_FEATURES; k++, i++) {
		if (i >= csv->n)
			return synergy_csv_error(csv, csv->n - 1, err,
						 "the header ends here; column '%s' must follow",
						 synergy_feature_names[k]);
		if (strcmp(csv->fields[i], synergy_feature_names[k]))
			return synergy_csv_error(csv, i, err, "column %zu must be '%s'", i + 1,
						 synergy_feature_names[k]);
	}
	if (i == csv->n)
		return 0;
	if (strcmp(csv->fields[i], SENSOR))
		return synergy_csv_error(csv, i, err, "only '%s' may follow '%s'", SENSOR,
					 synergy_feature_names[SYNERGY_FEATURES - 1]);
	l->has_sensor = 1;
	return read_calls_header(csv, i + 1, l, err);
}

static int read_identity(struct synergy_csv *csv, size_t first, uint32_t *index, uint64_t *mac,
			 struct synergy_error *err)
{
	uint64_t v;

	if (synergy_csv_u64(csv, first, UINT32_MAX, &v, err) ||
	    synergy_csv_u64(csv, first + 3, UINT64_MAX, mac, err))
		return -1;
	*index = (uint32_t)v;
	if (!*csv->fields[first + 1])
		return synergy_csv_error(csv, first + 1, err, "a layer without a name");
	if (!*csv->fields[first + 2])
		return synergy_csv_error(csv, first + 2, err, "a layer without an operator");
	return 0;
}

static int read_measured(struct synergy_csv *csv, struct synergy_layers *t,
			 struct synergy_layers_row *row, struct synergy_error *err)
{
	uint64_t resolved;
	size_t i;

	if (synergy_csv_double(csv, 5, 0, &row->time_us, err) ||
	    synergy_csv_double(csv, 6, -HUGE_VAL, &row->energy_uj, err) ||
	    synergy_csv_double(csv, 7, 0, &row->energy_ci95_uj, err) ||
	    synergy_csv_double(csv, 8, -HUGE_VAL, &row->power_mw, err) ||
	    synergy_csv_double(csv, 9, 0, &row->samples, err))
		return -1;
	if (*csv->fields[10]) {
		if (synergy_csv_u64(csv, 10, 1, &resolved, err))
			return -1;
		row->resolved = (int)resolved;
	}
	for (i = 0; i < t->n_rails; i++)
		if (synergy_csv_double(csv, N_FIXED + i, -HUGE_VAL, &row->rail_uj[i], err))
			return -1;
	for (i = 0; i < t->n_events; i++)
		if (synergy_csv_double(csv, N_FIXED + t->n_rails + i, 0, &row->events[i], err))
			return -1;
	return 0;
}

static int read_calls(struct synergy_csv *csv, size_t first, struct synergy_layers_calls *c,
		      struct synergy_error *err)
{
	uint64_t parent;

	if (synergy_csv_double(csv, first, 0, &c->calls, err) ||
	    synergy_csv_u64(csv, first + 1, UINT32_MAX, &parent, err) ||
	    synergy_csv_double(csv, first + 2, 0, &c->inclusive_us, err) ||
	    synergy_csv_double(csv, first + 3, -HUGE_VAL, &c->inclusive_uj, err) ||
	    synergy_csv_double(csv, first + 4, 0, &c->inclusive_ci95_uj, err) ||
	    synergy_csv_double(csv, first + 5, 0, &c->shared_us, err))
		return -1;
	c->parent = (uint32_t)parent;
	return 0;
}

static int read_row(struct synergy_csv *csv, struct synergy_layers *t, const struct layout *l,
		    struct synergy_error *err)
{
	size_t features = N_FIXED + t->n_rails + t->n_events;
	struct synergy_layers_row *row;
	uint32_t index;
	uint64_t mac;
	int i;

	if (!*csv->fields[0])
		return synergy_csv_error(csv, 0, err, "a row without a network");
	if (read_identity(csv, 1, &index, &mac, err))
		return -1;
	row = synergy_layers_add(t, csv->fields[0], index, csv->fields[2], csv->fields[3], mac);
	if (!row)
		return synergy_csv_error(csv, 0, err, "%s", strerror(errno));
	if (read_measured(csv, t, row, err))
		return -1;
	for (i = 0; l->has_features && i < SYNERGY_FEATURES; i++)
		if (read_feature(csv, features + (size_t)i, i, &row->features, err))
			return -1;
	features += SYNERGY_FEATURES;
	if (l->has_sensor && synergy_csv_double(csv, features, 0, &row->sensor_u95_uj, err))
		return -1;
	return l->has_calls ? read_calls(csv, features + 1, &row->calls, err) : 0;
}

/* One word, or one of these with what it is about: "rail VDD_CPU". */
static int is_key(const char *key)
{
	static const char *const about[] = { "chip ", "rail ", "event ", "source " };
	size_t i;

	for (i = 0; i < sizeof(about) / sizeof(about[0]); i++)
		if (!strncmp(key, about[i], strlen(about[i])))
			return 1;
	return !strchr(key, ' ');
}

/* "# key: value"; other comments are allowed and forgotten. */
static int read_comment(struct synergy_layers *t, const struct synergy_csv *csv,
			struct synergy_error *err)
{
	const char *s = csv->comment, *colon;
	char key[128];
	size_t n;

	while (*s == ' ')
		s++;
	colon = strstr(s, ": ");
	if (!colon || colon == s || (size_t)(colon - s) >= sizeof(key))
		return 0;
	n = (size_t)(colon - s);
	memcpy(key, s, n);
	key[n] = '\0';
	if (!is_key(key))
		return 0;
	if (!strcmp(key, "format") && strcmp(colon + 2, SYNERGY_LAYERS_FORMAT))
		return synergy_error_set(err, EINVAL, "%s:%zu: format '%.40s': this reader knows '%s'",
					 csv->name, csv->line, colon + 2, SYNERGY_LAYERS_FORMAT);
	if (!strcmp(key, "format"))
		return 0;
	if (synergy_layers_meta(t, key))
		return 0;
	if (synergy_layers_set_meta(t, key, "%s", colon + 2))
		return synergy_error_set(err, ENOMEM, "%s: out of memory", csv->name);
	return 0;
}

static int same_layer_twice(const struct synergy_layers *t)
{
	const struct synergy_layers_row *a, *b;

	if (t->n_rows < 2)
		return 0;
	a = &t->rows[t->n_rows - 2];
	b = &t->rows[t->n_rows - 1];
	return a->index == b->index && !strcmp(a->network, b->network) &&
	       (synergy_layers_is_layer(a) && synergy_layers_is_layer(b) ? 1 : !strcmp(a->op, b->op));
}

/* Provenance comes before the header is known, so it is kept in a table apart. */
static int parse(struct synergy_csv *csv, struct synergy_layers *meta,
		 struct synergy_layers **table, struct synergy_error *err)
{
	/* As many as a header can name; a table takes fewer, and says so. */
	const char *rails[SYNERGY_CSV_MAX_FIELDS], *events[SYNERGY_CSV_MAX_FIELDS];
	struct layout l = { .rails = rails, .events = events };
	struct synergy_error why;
	size_t columns = 0;
	int r;

	while ((r = synergy_csv_next(csv, err)) > 0) {
		if (csv->comment) {
			if (read_comment(meta, csv, err))
				return -1;
			continue;
		}
		if (!*table) {
			if (read_header(csv, &l, err))
				return -1;
			columns = csv->n;
			*table = synergy_layers_new(l.n_rails, l.rails, l.n_events, l.events,
						    &why);
			if (!*table)
				return synergy_error_set(err, errno, "%s:%zu: %.400s", csv->name,
							 csv->line, why.message);
			(*table)->has_calls = l.has_calls;
			if (synergy_csv_header(csv))
				return synergy_error_set(err, ENOMEM, "%s: out of memory",
							 csv->name);
			continue;
		}
		if (csv->n != columns)
			return synergy_error_set(err, EINVAL,
						 "%s:%zu: %zu fields where the header has %zu",
						 csv->name, csv->line, csv->n, columns);
		if (read_row(csv, *table, &l, err))
			return -1;
		if (same_layer_twice(*table))
			return synergy_csv_error(csv, 1, err, "this layer is there twice");
	}
	if (r < 0)
		return -1;
	if (!*table)
		return synergy_error_set(err, EINVAL, "%s: no header line 'network,index,layer,...'",
					 csv->name);
	return 0;
}

int synergy_layers_parse_csv(const char *text, size_t length, const char *name,
			     struct synergy_layers **out, struct synergy_error *err)
{
	struct synergy_layers *meta = NULL, *table = NULL;
	struct synergy_csv csv;
	size_t i;

	*out = NULL;
	if (synergy_csv_open(&csv, text, length, name, err))
		return -1;
	meta = synergy_layers_new(0, NULL, 0, NULL, err);
	if (!meta || parse(&csv, meta, &table, err))
		goto fail;
	for (i = 0; i < meta->n_meta; i++)
		if (synergy_layers_set_meta(table, meta->meta[i].key, "%s", meta->meta[i].value)) {
			synergy_error_set(err, ENOMEM, "%s: out of memory", name);
			goto fail;
		}
	synergy_layers_free(meta);
	synergy_csv_close(&csv);
	*out = table;
	return 0;
fail:
	synergy_layers_free(meta);
	synergy_layers_free(table);
	synergy_csv_close(&csv);
	return -1;
}

int synergy_layers_read_csv(const char *path, struct synergy_layers **out,
			    struct synergy_error *err)
{
	char *text;
	size_t length;
	int r;

	*out = NULL;
	if (synergy_csv_slurp(path, SYNERGY_LAYERS_MAX_BYTES, &text, &length, err))
		return -1;
	r = synergy_layers_parse_csv(text, length, path, out, err);
	free(text);
	return r;
}

/* ---- the short form ---- */

static int static_header(struct synergy_csv *csv, int *feature_of, struct synergy_error *err)
{
	static const char *const first[] = { "index", "layer", "op", "mac" };
	size_t i;
	int k;

	for (i = 0; i < 4; i++)
		if (i >= csv->n || strcmp(csv->fields[i], first[i]))
			return synergy_error_set(err, EINVAL, "%s:%zu: column %zu must be '%s'",
						 csv->name, csv->line, i + 1, first[i]);
	for (; i < csv->n; i++) {
		feature_of[i] = -1;	/* features that are not known are skipped */
		for (k = 0; k < SYNERGY_FEATURES; k++)
			if (!strcmp(csv->fields[i], synergy_feature_names[k]))
				feature_of[i] = k;
	}
	return synergy_csv_header(csv) ?
		synergy_error_set(err, ENOMEM, "%s: out of memory", csv->name) : 0;
}

static int static_row(struct synergy_csv *csv, struct synergy_layers *t, const char *network,
		      const int *feature_of, struct synergy_error *err)
{
	struct synergy_layers_row *row;
	uint32_t index;
	uint64_t mac;
	size_t i;

	if (read_identity(csv, 0, &index, &mac, err))
		return -1;
	row = synergy_layers_add(t, network, index, csv->fields[1], csv->fields[2], mac);
	if (!row)
		return synergy_csv_error(csv, 0, err, "%s", strerror(errno));
	if (same_layer_twice(t))
		return synergy_csv_error(csv, 0, err, "this layer is there twice");
	for (i = 4; i < csv->n; i++)
		if (feature_of[i] >= 0 && read_feature(csv, i, feature_of[i], &row->features, err))
			return -1;
	return 0;
}

int synergy_layers_parse_static(const char *text, size_t length, const char *name,
				const char *network, size_t n_rails, const char *const *rails,
				size_t n_events, const char *const *events,
				struct synergy_layers **out, struct synergy_error *err)
{
	int feature_of[SYNERGY_CSV_MAX_FIELDS];
	struct synergy_layers *t;
	struct synergy_csv csv;
	size_t columns = 0;
	int r;

	*out = NULL;
	t = synergy_layers_new(n_rails, rails, n_events, events, err);
	if (!t)
		return -1;
	if (synergy_csv_open(&csv, text, length, name, err)) {
		synergy_layers_free(t);
		return -1;
	}
	while ((r = synergy_csv_next(&csv, err)) > 0) {
		if (csv.comment)
			continue;
		if (!columns) {
			columns = csv.n;
			r = static_header(&csv, feature_of, err);
		} else if (csv.n != columns) {
			r = synergy_error_set(err, EINVAL,
					      "%s:%zu: %zu fields where the header has %zu", name,
					      csv.line, csv.n, columns);
		} else {
			r = static_row(&csv, t, network, feature_of, err);
		}
		if (r < 0)
			break;
	}
	if (!r && !columns)
		r = synergy_error_set(err, EINVAL, "%s: no header line 'index,layer,op,mac,...'",
				      name);
	synergy_csv_close(&csv);
	if (r < 0) {
		synergy_layers_free(t);
		return -1;
	}
	*out = t;
	return 0;
}
