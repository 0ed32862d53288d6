// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * layers.json: what layers.csv says, with every rail's interval; the layout is described
 * in layers.h.
 */
#include <math.h>
#include <string.h>

#include "layers/json.h"
#include "layers/layers.h"

#define DIGITS	9

static void set_number(struct synergy_json_writer *w, json_t *o, const char *key, double v)
{
	synergy_json_set(w, o, key, synergy_json_number(v));
}

/* jansson's integers are signed; a count beyond them is written as a real number. */
static json_t *count(uint64_t n)
{
	return n <= INT64_MAX ? json_integer((json_int_t)n) : json_real((double)n);
}

static void set_rails(struct synergy_json_writer *w, json_t *o, const struct synergy_layers *t,
		      const struct synergy_layers_row *r)
{
	json_t *rails = json_object(), *events = json_object();
	size_t i;

	for (i = 0; i < t->n_rails; i++) {
		json_t *rail = json_object();

		set_number(w, rail, "energy_uj", r->rail_uj[i]);
		set_number(w, rail, "ci95_uj", r->rail_ci95_uj[i]);
		synergy_json_set(w, rails, t->rails[i], rail);
	}
	for (i = 0; i < t->n_events; i++)
		set_number(w, events, t->events[i], r->events[i]);
	synergy_json_set(w, o, "rails", rails);
	synergy_json_set(w, o, "events", events);
}

static void set_features(struct synergy_json_writer *w, json_t *o,
			 const struct synergy_layer_features *f)
{
	json_t *features = json_object();
	int i;

	for (i = 0; i < SYNERGY_FEATURE_METHOD; i++) {
		int64_t v = synergy_layers_feature(f, i);

		synergy_json_set(w, features, synergy_feature_names[i],
				 v < 0 ? json_null() : json_integer(v));
	}
	synergy_json_set(w, features, "method", synergy_json_string(*f->method ? f->method : NULL));
	synergy_json_set(w, o, "features", features);
}

/* What is measured of a layer, of what is no layer, and of the whole. */
static void set_measured(struct synergy_json_writer *w, json_t *o, const struct synergy_layers *t,
			 const struct synergy_layers_row *r)
{
	set_number(w, o, "time_us", r->time_us);
	set_number(w, o, "energy_uj", r->energy_uj);
	set_number(w, o, "energy_ci95_uj", r->energy_ci95_uj);
	set_number(w, o, "sensor_u95_uj", r->sensor_u95_uj);
	set_number(w, o, "combined_ci95_uj", hypot(r->energy_ci95_uj, r->sensor_u95_uj));
	set_number(w, o, "power_mw", r->power_mw);
	set_number(w, o, "samples", r->samples);
	synergy_json_set(w, o, "resolved", r->resolved < 0 ? json_null() :
			 json_boolean(r->resolved));
	set_rails(w, o, t, r);
}

static void set_calls(struct synergy_json_writer *w, json_t *o,
		      const struct synergy_layers_calls *c)
{
	set_number(w, o, "calls", c->calls);
	synergy_json_set(w, o, "parent", json_integer(c->parent));
	set_number(w, o, "inclusive_time_us", c->inclusive_us);
	set_number(w, o, "inclusive_uj", c->inclusive_uj);
	set_number(w, o, "inclusive_ci95_uj", c->inclusive_ci95_uj);
	set_number(w, o, "shared_time_us", c->shared_us);
}

static json_t *layer_of(struct synergy_json_writer *w, const struct synergy_layers *t,
			const struct synergy_layers_row *r)
{
	json_t *o = json_object();

	synergy_json_set(w, o, "network", synergy_json_string(r->network));
	synergy_json_set(w, o, "index", json_integer(r->index));
	synergy_json_set(w, o, "layer", synergy_json_string(r->layer));
	synergy_json_set(w, o, "op", synergy_json_string(r->op));
	synergy_json_set(w, o, "mac", count(r->mac));
	set_measured(w, o, t, r);
	if (t->has_calls)
		set_calls(w, o, &r->calls);
	else
		set_features(w, o, &r->features);
	return o;
}

static json_t *total_of(struct synergy_json_writer *w, const struct synergy_layers *t)
{
	json_t *o;

	if (!t->total)
		return json_null();
	o = json_object();
	synergy_json_set(w, o, "mac", count(t->total->mac));
	set_measured(w, o, t, t->total);
	return o;
}

/* The row of this op, which is no layer; null where there is none. */
static json_t *special(struct synergy_json_writer *w, const struct synergy_layers *t,
		       const char *op)
{
	json_t *o;
	size_t i;

	for (i = 0; i < t->n_rows; i++) {
		if (strcmp(t->rows[i].op, op))
			continue;
		o = json_object();
		set_measured(w, o, t, &t->rows[i]);
		return o;
	}
	return json_null();
}

/* total_uj: total_ci95_uj */
static void put_interval(struct synergy_json_writer *w, const struct synergy_layers_meta *m)
{
	const char *unit = strrchr(m->key, '_');
	char key[128];

	if (!unit)
		unit = m->key + strlen(m->key);
	snprintf(key, sizeof(key), "%.*s_ci95%s", (int)(unit - m->key), m->key, unit);
	synergy_json_put(w, key, synergy_json_number(m->ci95));
}

static void put_provenance(struct synergy_json_writer *w, const struct synergy_layers *t)
{
	size_t i;

	synergy_json_open(w, "provenance", '{');
	for (i = 0; i < t->n_meta; i++) {
		const struct synergy_layers_meta *m = &t->meta[i];

		if (!strcmp(m->key, "format"))
			continue;
		synergy_json_put(w, m->key, isnan(m->number) ? synergy_json_string(m->value) :
				 synergy_json_number(m->number));
		if (!isnan(m->ci95))
			put_interval(w, m);
	}
	synergy_json_close(w, '}');
}

static json_t *names_of(struct synergy_json_writer *w, size_t n, char **names)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		synergy_json_append(w, list, synergy_json_string(names[i]));
	return list;
}

int synergy_layers_write_json(const struct synergy_layers *t, FILE *out)
{
	return synergy_layers_write_json_all(&t, 1, out);
}

int synergy_layers_write_json_all(const struct synergy_layers *const *all, size_t n, FILE *out)
{
	const struct synergy_layers *t = all[0];
	struct synergy_json_writer w;
	size_t i, k;

	synergy_json_begin(&w, out, DIGITS);
	synergy_json_put(&w, "format", json_string(SYNERGY_LAYERS_JSON_FORMAT));
	put_provenance(&w, t);
	synergy_json_put(&w, "rails", names_of(&w, t->n_rails, t->rails));
	synergy_json_put(&w, "events", names_of(&w, t->n_events, t->events));
	synergy_json_put(&w, "total", total_of(&w, t));
	synergy_json_put(&w, "between", special(&w, t, SYNERGY_LAYERS_BETWEEN));
	synergy_json_put(&w, "unattributed", special(&w, t, SYNERGY_LAYERS_UNATTRIBUTED));
	synergy_json_open(&w, "layers", '[');
	for (k = 0; k < n; k++)
		for (i = 0; i < all[k]->n_rows; i++)
			if (synergy_layers_is_layer(&all[k]->rows[i]))
				synergy_json_put(&w, NULL, layer_of(&w, t, &all[k]->rows[i]));
	synergy_json_close(&w, ']');
	return synergy_json_end(&w);
}
