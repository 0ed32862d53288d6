// SPDX-License-Identifier: GPL-3.0-or-later
/* See frequency_counts.h. */
#include "fit/frequency_counts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/frequency.h"
#include "fit/part.h"
#include "fit/type_fit.h"

_Static_assert(1 + SYNERGY_COUNTS * SYNERGY_TYPES <= SYNERGY_MODEL_PARTS, "a model has room for volts and all counts");

#define LEAST_SHARE	1e-6	/* of its instructions: a count of none is that, since weights are 1 / y */

const enum synergy_feature synergy_counts[SYNERGY_COUNTS] = {
	SYNERGY_F_SIMD, SYNERGY_F_BUS, SYNERGY_F_INST, SYNERGY_F_CYCLES,
};

/* ---- a layer's mean over runs ---- */

static int compare_layers(const struct synergy_counted_layer *x,
			  const struct synergy_counted_layer *y)
{
	int key = strcmp(x->key, y->key);

	return key ? key : (x->point > y->point) - (x->point < y->point);
}

static int by_key(const void *a, const void *b)
{
	return compare_layers(*(struct synergy_counted_layer *const *)a,
			      *(struct synergy_counted_layer *const *)b);
}

static double mean_of(struct synergy_counted_layer *const *rows, size_t n,
		      enum synergy_feature target)
{
	double sum = 0;
	size_t i, known = 0;

	for (i = 0; i < n; i++)
		if (!isnan(rows[i]->f[target])) {
			sum += rows[i]->f[target];
			known++;
		}
	return known ? sum / (double)known : NAN;
}

static void add_observation(struct synergy_dataset *set, struct synergy_counted_layer *const *rows,
			    size_t n, enum synergy_feature target)
{
	struct synergy_observation *l = &set->layers[set->n_layers];
	double inst = mean_of(rows, n, SYNERGY_F_INST);

	l->network = rows[0]->network;
	l->type = rows[0]->type;
	memcpy(l->f, rows[0]->f, sizeof(l->f));
	l->ci95_uj = NAN;
	l->energy_uj = mean_of(rows, n, target);
	if (l->energy_uj < LEAST_SHARE * inst)
		l->energy_uj = LEAST_SHARE * inst;
	if (!(l->energy_uj > 0))
		return;
	set->networks[l->network].energy_uj += l->energy_uj;
	set->n_layers++;
}

/* Its layers have the target where other data sets have energy. 0, or -1: no memory. */
static int make_set(const struct synergy_frequency_data *d, enum synergy_feature target,
		    struct synergy_dataset *set)
{
	struct synergy_counted_layer **rows = malloc((d->n_counted + 1) * sizeof(*rows));
	size_t i, k;

	*set = (struct synergy_dataset){
		.n_networks = d->n_networks,
		.networks = calloc(d->n_networks + 1, sizeof(*set->networks)),
		.layers = calloc(d->n_counted + 1, sizeof(*set->layers)),
	};
	if (!rows || !set->networks || !set->layers) {
		free(rows);
		return -1;
	}
	for (i = 0; i < d->n_counted; i++)
		rows[i] = &d->counted[i];
	qsort(rows, d->n_counted, sizeof(*rows), by_key);
	for (i = 0; i < d->n_counted; i = k) {
		for (k = i + 1; k < d->n_counted; k++)
			if (target == SYNERGY_F_CYCLES ? compare_layers(rows[i], rows[k]) :
							 strcmp(rows[i]->key, rows[k]->key))
				break;
		add_observation(set, rows + i, k - i, target);
	}
	free(rows);
	return 0;
}

/* ---- the models ---- */

struct chain {
	struct synergy_dataset sets[SYNERGY_COUNTS];
	struct synergy_type_work work[SYNERGY_COUNTS];
	struct synergy_model_part parts[SYNERGY_COUNTS][SYNERGY_TYPES];
	int have[SYNERGY_COUNTS][SYNERGY_TYPES];
};

static void choose(struct chain *c, size_t without)
{
	int q;

	for (q = 0; q < SYNERGY_COUNTS; q++)
		synergy_type_choose(&c->work[q], without, c->parts[q], c->have[q]);
}

/* A row's energy by the chain; NaN where a count has no model. */
static double predict(const struct chain *c, const struct synergy_model_part *volts,
		      const struct synergy_frequency_data *d, const struct synergy_counted_layer *row)
{
	struct synergy_observation l = { .type = row->type };
	struct synergy_frequency_row counts;
	double f[SYNERGY_FEATURE_COUNT], n[SYNERGY_COUNTS];
	int q;

	memcpy(l.f, row->f, sizeof(l.f));
	for (q = 0; q < SYNERGY_COUNTS; q++)
		n[q] = synergy_type_predict(c->parts[q], c->have[q], &l);
	counts = (struct synergy_frequency_row){
		.simd = n[0], .bus = n[1], .inst = n[2],
		.time_us = n[3] / d->points[row->point].khz * 1e3,
	};
	synergy_frequency_features(&counts, d->points[row->point].volts, f);
	return synergy_part_predict(volts, f);
}

/* Each network at each clock, by models that never saw the network. */
static int judge(struct chain *c, const struct synergy_frequency_data *d,
		 struct synergy_frequency_fit *fit)
{
	double *predicted = calloc(d->n_networks * d->n_points + 1, sizeof(*predicted));
	double *measured = calloc(d->n_networks * d->n_points + 1, sizeof(*measured));
	struct synergy_model_part volts;
	struct synergy_error why;
	double squares = 0;
	size_t i, k, at, n, left_out = 0;
	int bad = !predicted || !measured;

	for (k = 0; !bad && k < d->n_networks; k++) {
		if (d->n_networks < 3 || synergy_frequency_fit_without(d, k, &volts, &why)) {
			bad = d->n_networks >= 3 && errno == ENOMEM;
			continue;
		}
		choose(c, k);
		left_out++;
		for (i = 0; i < d->n_counted; i++) {
			double uj;

			if (d->counted[i].network != k || isnan(d->counted[i].energy_uj))
				continue;
			uj = predict(c, &volts, d, &d->counted[i]);
			at = k * d->n_points + d->counted[i].point;
			predicted[at] += isnan(uj) ? 0 : uj;
			measured[at] += d->counted[i].energy_uj;
		}
	}
	for (i = 0; !bad && i < d->n_networks * d->n_points; i++) {
		if (!(measured[i] > 0))
			predicted[i] = measured[i] = NAN;
		else
			squares += pow(predicted[i] / measured[i] - 1, 2);
	}
	if (!bad) {
		n = synergy_relative_errors(predicted, measured, d->n_networks * d->n_points,
					    &fit->left_out_mean, &fit->left_out_sd);
		fit->left_out_n = n ? left_out : 0;
		fit->left_out_rms = n ? sqrt(squares / (double)n) : NAN;
	}
	free(predicted);
	free(measured);
	return bad ? -1 : 0;
}

static void keep(struct chain *c, struct synergy_frequency_fit *fit)
{
	int q, t;

	for (q = 0; q < SYNERGY_COUNTS; q++)
		for (t = 0; t < SYNERGY_TYPES; t++) {
			struct synergy_model_part *part = &fit->counts[fit->n_counts];

			if (!c->have[0][t] || !c->have[1][t] || !c->have[2][t] || !c->have[3][t])
				continue;
			*part = c->parts[q][t];
			snprintf(part->name, sizeof(part->name), "%s/%s",
				 synergy_feature_name(synergy_counts[q]),
				 synergy_type_name((enum synergy_layer_type)t));
			part->loo_n = 0;
			fit->n_counts++;
		}
}

static int open_chain(struct chain *c, const struct synergy_frequency_data *d)
{
	int q;

	for (q = 0; q < SYNERGY_COUNTS; q++) {
		struct synergy_type_work *w = &c->work[q];

		if (make_set(d, synergy_counts[q], &c->sets[q]))
			return -1;
		w->d = &c->sets[q];
		w->scope = "clock";
		w->target = synergy_feature_name(synergy_counts[q]);
		w->apart = 1;
		w->x = calloc(c->sets[q].n_layers * SYNERGY_PART_COLUMNS + 1, sizeof(*w->x));
		w->y = calloc(c->sets[q].n_layers + 1, sizeof(*w->y));
		w->network = calloc(c->sets[q].n_layers + 1, sizeof(*w->network));
		if (!w->x || !w->y || !w->network)
			return -1;
	}
	return 0;
}

static void close_chain(struct chain *c)
{
	int q;

	for (q = 0; c && q < SYNERGY_COUNTS; q++) {
		free(c->sets[q].networks);
		free(c->sets[q].layers);
		free(c->work[q].x);
		free(c->work[q].y);
		free(c->work[q].network);
	}
	free(c);
}

int synergy_frequency_counts(const struct synergy_frequency_data *d,
			     struct synergy_frequency_fit *fit, struct synergy_error *error)
{
	struct chain *c = calloc(1, sizeof(*c));
	int bad = !c || open_chain(c, d);

	fit->left_out_mean = fit->left_out_sd = fit->left_out_rms = NAN;
	fit->between_share = d->layers_uj > 0 ? d->between_uj / d->layers_uj : 0;
	if (!bad) {
		choose(c, SIZE_MAX);
		keep(c, fit);
		if (fit->n_counts)
			bad = judge(c, d, fit);
	}
	close_chain(c);
	return bad ? synergy_error_set(error, ENOMEM, "counts: no memory") : 0;
}
