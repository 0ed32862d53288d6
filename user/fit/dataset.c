// SPDX-License-Identifier: GPL-3.0-or-later
/* See dataset.h: files to observations and networks. No fitting. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fit/dataset.h"
#include "fit/published.h"
#include "lib/array.h"

void synergy_dataset_free(struct synergy_dataset *d)
{
	size_t i;

	for (i = 0; i < d->n_networks; i++)
		free(d->networks[i].name);
	free(d->networks);
	free(d->layers);
	memset(d, 0, sizeof(*d));
}

struct synergy_network_data *synergy_dataset_network(struct synergy_dataset *d, const char *name)
{
	struct synergy_network_data *n;
	char *copy;
	size_t i;
	int k;

	for (i = 0; i < d->n_networks; i++)
		if (!strcmp(d->networks[i].name, name))
			return &d->networks[i];
	if (synergy_array_grow(&d->networks, d->n_networks, sizeof(*d->networks)))
		return NULL;
	copy = strdup(name);
	if (!copy)
		return NULL;
	n = &d->networks[d->n_networks++];
	memset(n, 0, sizeof(*n));
	n->name = copy;
	n->energy_uj = n->between_uj = n->conv_energy_uj = NAN;
	for (k = 0; k < SYNERGY_FEATURE_COUNT; k++)
		n->conv[k] = n->all[k] = NAN;
	return n;
}

/* The column of an event: the one asked for, or the first that has the word in it. */
static int find_event(const struct synergy_layers *t, const char *asked, const char *word)
{
	size_t i;

	if (asked)
		return synergy_layers_find_event(t, asked);
	for (i = 0; i < t->n_events; i++)
		if (strcasestr(t->events[i], word))
			return (int)i;
	return -1;
}

static struct synergy_observation *add_layer(struct synergy_dataset *d)
{
	if (synergy_array_grow(&d->layers, d->n_layers, sizeof(*d->layers)))
		return NULL;
	return &d->layers[d->n_layers++];
}

struct columns {
	int simd, bus, inst, rail;
};

static int find_columns(const struct synergy_layers *t, const char *path,
			const struct synergy_dataset_options *o, struct columns *c,
			struct synergy_error *err)
{
	c->simd = find_event(t, o->simd, "ase_spec");
	c->bus = find_event(t, o->bus, "bus_access");
	c->inst = find_event(t, o->inst, "inst_retired");
	if (c->inst < 0 && !o->inst)
		c->inst = find_event(t, NULL, "instructions");
	c->rail = o->rail ? synergy_layers_find_rail(t, o->rail) : -1;
	if (o->simd && c->simd < 0)
		return synergy_error_set(err, EINVAL, "%s: no event column '%s'", path, o->simd);
	if (o->bus && c->bus < 0)
		return synergy_error_set(err, EINVAL, "%s: no event column '%s'", path, o->bus);
	if (o->inst && c->inst < 0)
		return synergy_error_set(err, EINVAL, "%s: no event column '%s'", path, o->inst);
	if (o->rail && c->rail < 0)
		return synergy_error_set(err, EINVAL, "%s: no rail '%s'", path, o->rail);
	return 0;
}

/* What was not measured adds nothing, and a sum of nothing stays unknown. */
static void add_energy(double *sum, double uj)
{
	if (!isnan(uj))
		*sum = isnan(*sum) ? uj : *sum + uj;
}

static double event(const struct synergy_layers_row *row, int column)
{
	return column < 0 ? NAN : row->events[column];
}

static int add_row(struct synergy_dataset *d, const char *path,
		   const struct synergy_layers_row *row, const struct columns *c,
		   struct synergy_error *err)
{
	struct synergy_network_data *n = synergy_dataset_network(d, row->network);
	double energy = c->rail < 0 ? row->energy_uj : row->rail_uj[c->rail];
	struct synergy_observation *l;
	int type;

	if (!n)
		goto nomem;
	if (n->last_file != d->n_files) {
		n->last_file = d->n_files;
		n->files++;
	}
	if (!synergy_layers_is_layer(row)) {
		add_energy(&n->between_uj, energy);
		return 0;
	}
	type = synergy_layer_type_of(row);
	if (type < 0)
		return synergy_error_set(err, EINVAL,
					 "%s: network %s, layer %s: operator '%s' is of no known layer type",
					 path, row->network, row->layer, row->op);
	n = &d->networks[n - d->networks];
	l = add_layer(d);
	if (!l)
		goto nomem;
	l->network = (size_t)(n - d->networks);
	l->type = (enum synergy_layer_type)type;
	l->energy_uj = energy;
	l->ci95_uj = c->rail < 0 ? row->energy_ci95_uj : NAN;
	synergy_layer_features_of(row, l->f);
	l->f[SYNERGY_F_SIMD] = event(row, c->simd);
	l->f[SYNERGY_F_BUS] = event(row, c->bus);
	l->f[SYNERGY_F_INST] = event(row, c->inst);
	l->f[SYNERGY_F_TIME] = row->time_us;
	n->layers++;
	n->unresolved += row->resolved == 0;
	return 0;
nomem:
	return synergy_error_set(err, ENOMEM, "data set: out of memory");
}

static void keep_name(char *to, size_t size, const struct synergy_layers *t, int column)
{
	if (column >= 0)
		snprintf(to, size, "%s", t->events[column]);
}

static int add_layers(struct synergy_dataset *d, const char *path, const struct synergy_layers *t,
		      const struct synergy_dataset_options *o, struct synergy_error *err)
{
	struct columns c;
	size_t i;

	if (find_columns(t, path, o, &c, err))
		return -1;
	keep_name(d->simd_event, sizeof(d->simd_event), t, c.simd);
	keep_name(d->bus_event, sizeof(d->bus_event), t, c.bus);
	keep_name(d->inst_event, sizeof(d->inst_event), t, c.inst);
	d->n_files++;
	for (i = 0; i < t->n_rows; i++)
		if (add_row(d, path, &t->rows[i], &c, err))
			return -1;
	return 0;
}

int synergy_dataset_add(struct synergy_dataset *d, const char *path,
			const struct synergy_dataset_options *o, struct synergy_error *err)
{
	struct synergy_layers *t;
	size_t length;
	char *text;
	int r;

	if (synergy_csv_slurp(path, SYNERGY_LAYERS_MAX_BYTES, &text, &length, err))
		return -1;
	if (synergy_published_is(text, length)) {
		r = synergy_published_add(d, text, length, path, o->energy, err);
		free(text);
		return r;
	}
	r = synergy_layers_parse_csv(text, length, path, &t, err);
	free(text);
	if (r)
		return -1;
	r = add_layers(d, path, t, o, err);
	synergy_layers_free(t);
	return r;
}

/* From nothing on: one layer's count that is not known makes the sum unknown. */
static void sum_features(double *sum, const double *f, int first)
{
	static const enum synergy_feature wanted[] = {
		SYNERGY_F_MAC, SYNERGY_F_SIMD, SYNERGY_F_BUS, SYNERGY_F_INST, SYNERGY_F_TIME,
	};
	size_t k;

	for (k = 0; k < sizeof(wanted) / sizeof(wanted[0]); k++)
		sum[wanted[k]] = first ? f[wanted[k]] : sum[wanted[k]] + f[wanted[k]];
}

/* A network in several files: what was summed becomes a mean. */
static void average(struct synergy_network_data *n)
{
	double files = (double)n->files;
	int k;

	n->energy_uj /= files;
	n->conv_energy_uj /= files;
	n->between_uj /= files;
	for (k = 0; k < SYNERGY_FEATURE_COUNT; k++) {
		n->conv[k] /= files;
		n->all[k] /= files;
	}
}

int synergy_dataset_finish(struct synergy_dataset *d, struct synergy_error *err)
{
	size_t i;

	if (!d->n_networks)
		return synergy_error_set(err, EINVAL, "the data hold no network");
	for (i = 0; i < d->n_layers; i++) {
		const struct synergy_observation *l = &d->layers[i];
		struct synergy_network_data *n = &d->networks[l->network];

		sum_features(n->all, l->f, !n->summed++);
		/* No sample met it: its energy is in the network's sum, and no model's row. */
		if (isnan(l->energy_uj)) {
			n->unsampled++;
			continue;
		}
		add_energy(&n->energy_uj, l->energy_uj);
		if (!synergy_layer_is_conv(l->type))
			continue;
		sum_features(n->conv, l->f, !n->summed_conv++);
		add_energy(&n->conv_energy_uj, l->energy_uj);
	}
	for (i = 0; i < d->n_networks; i++) {
		struct synergy_network_data *n = &d->networks[i];

		if (!isnan(n->between_uj))
			n->energy_uj += n->between_uj;
		if (n->files > 1)
			average(n);
		n->conv[SYNERGY_F_ONE] = n->all[SYNERGY_F_ONE] = 1;
		n->conv[SYNERGY_F_MAC2] = n->conv[SYNERGY_F_MAC] * n->conv[SYNERGY_F_MAC];
		n->all[SYNERGY_F_MAC2] = n->all[SYNERGY_F_MAC] * n->all[SYNERGY_F_MAC];
	}
	return 0;
}
