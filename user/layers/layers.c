// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The layers table in memory: columns, rows, provenance, joining two tables.
 * Its contract is layers.h; the file formats are in layers_csv.c and
 * layers_json.c.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "layers/layers.h"
#include "lib/array.h"
#include "lib/text.h"

const char *const synergy_feature_names[SYNERGY_FEATURES] = {
	"params", "bytes_in", "bytes_out", "kernel_h", "kernel_w", "stride_h",
	"stride_w", "group", "channels_in", "channels_out", "method",
};

static const char *const fixed_names[] = {
	"network", "index", "layer", "op", "mac", "time_us", "energy_uj",
	"energy_ci95_uj", "power_mw", "samples", "resolved",
};

static int name_is_reserved(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(fixed_names) / sizeof(fixed_names[0]); i++)
		if (!strcmp(name, fixed_names[i]))
			return 1;
	for (i = 0; i < SYNERGY_FEATURES; i++)
		if (!strcmp(name, synergy_feature_names[i]))
			return 1;
	return 0;
}

/* A column's name must be one that the reader can give back. */
static int check_names(const char *what, size_t n, const char *const *names,
		       struct synergy_error *err)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		const char *s = names[i];
		size_t length = strlen(s);

		if (!length || length > 255)
			return synergy_error_set(err, EINVAL, "%s %zu: name of %zu characters",
						 what, i, length);
		for (k = 0; k < length; k++)
			if ((unsigned char)s[k] < 0x20 || s[k] == 0x7f)
				return synergy_error_set(err, EINVAL,
							 "%s %zu: control character in its name",
							 what, i);
		if (name_is_reserved(s))
			return synergy_error_set(err, EINVAL, "%s '%s': the name of another column",
						 what, s);
		for (k = 0; k < i; k++)
			if (!strcmp(s, names[k]))
				return synergy_error_set(err, EINVAL, "%s '%s' is named twice",
							 what, s);
	}
	return 0;
}

static void free_names(char **names, size_t n)
{
	size_t i;

	for (i = 0; names && i < n; i++)
		free(names[i]);
	free(names);
}

static char **copy_names(size_t n, const char *const *names)
{
	char **copy = calloc(n ? n : 1, sizeof(*copy));
	size_t i;

	for (i = 0; copy && i < n; i++) {
		copy[i] = strdup(names[i]);
		if (!copy[i]) {
			free_names(copy, n);
			return NULL;
		}
	}
	return copy;
}

/* An event may not look like a rail: the reader distinguishes them by "_uj". */
static int check_events(size_t n, const char *const *events, struct synergy_error *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		size_t length = strlen(events[i]);

		if (length > 3 && !strcmp(events[i] + length - 3, "_uj"))
			return synergy_error_set(err, EINVAL,
						 "event '%s': a name ending in _uj is a rail's",
						 events[i]);
	}
	return check_names("event", n, events, err);
}

struct synergy_layers *synergy_layers_new(size_t n_rails, const char *const *rails,
					  size_t n_events, const char *const *events,
					  struct synergy_error *err)
{
	struct synergy_layers *t;

	if (n_rails + n_events > SYNERGY_LAYERS_MAX_COLUMNS) {
		synergy_error_set(err, EFBIG, "%zu rails and %zu events: more than %d columns",
				  n_rails, n_events, SYNERGY_LAYERS_MAX_COLUMNS);
		return NULL;
	}
	if (check_names("rail", n_rails, rails, err) || check_events(n_events, events, err))
		return NULL;
	t = calloc(1, sizeof(*t));
	if (!t)
		goto nomem;
	t->n_rails = n_rails;
	t->n_events = n_events;
	t->rails = copy_names(n_rails, rails);
	t->events = copy_names(n_events, events);
	if (t->rails && t->events)
		return t;
	synergy_layers_free(t);
nomem:
	synergy_error_set(err, ENOMEM, "layers table: out of memory");
	return NULL;
}

static void free_row(struct synergy_layers_row *row)
{
	free(row->network);
	free(row->layer);
	free(row->op);
	free(row->rail_uj);
	free(row->rail_ci95_uj);
	free(row->events);
}

static void drop_total(struct synergy_layers *t)
{
	if (t->total)
		free_row(t->total);
	free(t->total);
	t->total = NULL;
}

void synergy_layers_free(struct synergy_layers *t)
{
	size_t i;

	if (!t)
		return;
	for (i = 0; i < t->n_rows; i++)
		free_row(&t->rows[i]);
	for (i = 0; i < t->n_meta; i++) {
		free(t->meta[i].key);
		free(t->meta[i].value);
	}
	drop_total(t);
	free(t->rows);
	free(t->meta);
	free_names(t->rails, t->n_rails);
	free_names(t->events, t->n_events);
	free(t);
}

static double *new_nans(size_t n)
{
	double *v = malloc((n ? n : 1) * sizeof(*v));
	size_t i;

	for (i = 0; v && i < n; i++)
		v[i] = NAN;
	return v;
}

static void unknown_features(struct synergy_layer_features *f)
{
	*f = (struct synergy_layer_features){
		.params = -1, .bytes_in = -1, .bytes_out = -1, .kernel_h = -1, .kernel_w = -1,
		.stride_h = -1, .stride_w = -1, .group = -1, .channels_in = -1,
		.channels_out = -1,
	};
}

/* A row with everything unknown; strings are copied. -1: ENOMEM. */
static int init_row(const struct synergy_layers *t, struct synergy_layers_row *row,
		    const char *network, uint32_t index, const char *layer, const char *op,
		    uint64_t mac)
{
	*row = (struct synergy_layers_row){
		.network = strdup(network), .layer = strdup(layer), .op = strdup(op),
		.index = index, .mac = mac, .time_us = NAN, .energy_uj = NAN,
		.energy_ci95_uj = NAN, .sensor_u95_uj = NAN, .power_mw = NAN, .samples = NAN,
		.resolved = -1,
		.rail_uj = new_nans(t->n_rails), .rail_ci95_uj = new_nans(t->n_rails),
		.events = new_nans(t->n_events),
		.calls = { NAN, 0, NAN, NAN, NAN, NAN },
	};
	unknown_features(&row->features);
	if (row->network && row->layer && row->op && row->rail_uj && row->rail_ci95_uj &&
	    row->events)
		return 0;
	free_row(row);
	errno = ENOMEM;
	return -1;
}

struct synergy_layers_row *synergy_layers_add(struct synergy_layers *t, const char *network,
					      uint32_t index, const char *layer, const char *op,
					      uint64_t mac)
{
	if (t->n_rows >= SYNERGY_LAYERS_MAX_ROWS) {
		errno = EFBIG;
		return NULL;
	}
	if (synergy_array_grow(&t->rows, t->n_rows, sizeof(*t->rows)))
		return NULL;
	if (init_row(t, &t->rows[t->n_rows], network, index, layer, op, mac))
		return NULL;
	return &t->rows[t->n_rows++];
}

struct synergy_layers_row *synergy_layers_make_total(struct synergy_layers *t)
{
	struct synergy_layers_row *row = malloc(sizeof(*row));
	const char *network = t->n_rows ? t->rows[0].network : "network";
	uint64_t mac = 0;
	size_t i;

	for (i = 0; i < t->n_rows; i++)
		mac += t->rows[i].mac;
	if (!row || init_row(t, row, network, 0, SYNERGY_LAYERS_TOTAL, SYNERGY_LAYERS_TOTAL, mac)) {
		free(row);
		return NULL;
	}
	drop_total(t);
	t->total = row;
	return row;
}

static struct synergy_layers_meta *find_meta(const struct synergy_layers *t, const char *key)
{
	size_t i;

	for (i = 0; i < t->n_meta; i++)
		if (!strcmp(t->meta[i].key, key))
			return &t->meta[i];
	return NULL;
}

const char *synergy_layers_meta(const struct synergy_layers *t, const char *key)
{
	struct synergy_layers_meta *m = find_meta(t, key);

	return m ? m->value : NULL;
}

static int add_meta(struct synergy_layers *t, const char *key, char *value)
{
	char *copy;

	if (synergy_array_grow(&t->meta, t->n_meta, sizeof(*t->meta)))
		return -1;
	copy = strdup(key);
	if (!copy)
		return -1;
	t->meta[t->n_meta++] = (struct synergy_layers_meta){ copy, value, NAN, NAN };
	return 0;
}

int synergy_layers_set_meta(struct synergy_layers *t, const char *key, const char *fmt, ...)
{
	struct synergy_layers_meta *m = find_meta(t, key);
	va_list args;
	char *value;

	va_start(args, fmt);
	value = synergy_text_line(fmt, args);
	va_end(args);
	if (!value)
		return -1;
	if (m) {
		free(m->value);
		m->value = value;
		m->number = m->ci95 = NAN;
		return 0;
	}
	if (add_meta(t, key, value)) {
		free(value);
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

int synergy_layers_set_number(struct synergy_layers *t, const char *key, int digits, double v)
{
	if (!isfinite(v))
		return 0;
	if (synergy_layers_set_meta(t, key, "%.*g", digits, v))
		return -1;
	find_meta(t, key)->number = v;
	return 0;
}

int synergy_layers_set_figure(struct synergy_layers *t, const char *key, double v, double ci95)
{
	struct synergy_layers_meta *m;

	if (!isfinite(v))
		return 0;
	if (synergy_layers_set_meta(t, key, "%.9g +- %.3g", v, ci95))
		return -1;
	m = find_meta(t, key);
	m->number = v;
	m->ci95 = ci95;
	return 0;
}

static int find_name(size_t n, char **names, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -1;
}

int synergy_layers_find_rail(const struct synergy_layers *t, const char *name)
{
	return find_name(t->n_rails, t->rails, name);
}

int synergy_layers_find_event(const struct synergy_layers *t, const char *name)
{
	return find_name(t->n_events, t->events, name);
}

int synergy_layers_is_layer(const struct synergy_layers_row *row)
{
	return strcmp(row->op, SYNERGY_LAYERS_BETWEEN) && strcmp(row->op, SYNERGY_LAYERS_UNATTRIBUTED);
}

int64_t synergy_layers_feature(const struct synergy_layer_features *f, int i)
{
	switch (i) {
	case SYNERGY_FEATURE_PARAMS:
		return f->params;
	case SYNERGY_FEATURE_BYTES_IN:
		return f->bytes_in;
	case SYNERGY_FEATURE_BYTES_OUT:
		return f->bytes_out;
	case SYNERGY_FEATURE_KERNEL_H:
		return f->kernel_h;
	case SYNERGY_FEATURE_KERNEL_W:
		return f->kernel_w;
	case SYNERGY_FEATURE_STRIDE_H:
		return f->stride_h;
	case SYNERGY_FEATURE_STRIDE_W:
		return f->stride_w;
	case SYNERGY_FEATURE_GROUP:
		return f->group;
	case SYNERGY_FEATURE_CHANNELS_IN:
		return f->channels_in;
	case SYNERGY_FEATURE_CHANNELS_OUT:
		return f->channels_out;
	default:
		return -1;
	}
}

/* Make one more column, all unknown, in every row. */
static int add_column(char ***names, size_t *n, const char *name)
{
	char **grown = realloc(*names, (*n + 1) * sizeof(*grown));

	if (!grown)
		return -1;
	*names = grown;
	grown[*n] = strdup(name);
	if (!grown[*n])
		return -1;
	(*n)++;
	return 0;
}

static int widen(double **v, size_t n)
{
	double *grown = realloc(*v, n * sizeof(*grown));

	if (!grown)
		return -1;
	grown[n - 1] = NAN;
	*v = grown;
	return 0;
}

static int add_rail(struct synergy_layers *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->n_rows; i++)
		if (widen(&t->rows[i].rail_uj, t->n_rails + 1) ||
		    widen(&t->rows[i].rail_ci95_uj, t->n_rails + 1))
			return -1;
	return add_column(&t->rails, &t->n_rails, name);
}

static int add_event(struct synergy_layers *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->n_rows; i++)
		if (widen(&t->rows[i].events, t->n_events + 1))
			return -1;
	return add_column(&t->events, &t->n_events, name);
}

static int append_row(struct synergy_layers *a, const struct synergy_layers *b,
		      const struct synergy_layers_row *from)
{
	struct synergy_layers_row *row;
	size_t i;

	row = synergy_layers_add(a, from->network, from->index, from->layer, from->op, from->mac);
	if (!row)
		return -1;
	row->time_us = from->time_us;
	row->energy_uj = from->energy_uj;
	row->energy_ci95_uj = from->energy_ci95_uj;
	row->sensor_u95_uj = from->sensor_u95_uj;
	row->power_mw = from->power_mw;
	row->samples = from->samples;
	row->resolved = from->resolved;
	row->features = from->features;
	row->calls = from->calls;
	for (i = 0; i < b->n_rails; i++) {
		int k = synergy_layers_find_rail(a, b->rails[i]);

		row->rail_uj[k] = from->rail_uj[i];
		row->rail_ci95_uj[k] = from->rail_ci95_uj[i];
	}
	for (i = 0; i < b->n_events; i++)
		row->events[synergy_layers_find_event(a, b->events[i])] = from->events[i];
	return 0;
}

int synergy_layers_append(struct synergy_layers *a, const struct synergy_layers *b,
			  struct synergy_error *err)
{
	size_t i;

	drop_total(a);
	a->has_calls |= b->has_calls;
	for (i = 0; i < b->n_rails; i++)
		if (synergy_layers_find_rail(a, b->rails[i]) < 0 && add_rail(a, b->rails[i]))
			goto nomem;
	for (i = 0; i < b->n_events; i++)
		if (synergy_layers_find_event(a, b->events[i]) < 0 && add_event(a, b->events[i]))
			goto nomem;
	for (i = 0; i < b->n_rows; i++)
		if (append_row(a, b, &b->rows[i]))
			goto nomem;
	return 0;
nomem:
	return synergy_error_set(err, errno == EFBIG ? EFBIG : ENOMEM,
				 "layers table: %s", errno == EFBIG ? "too many rows" :
				 "out of memory");
}
