// SPDX-License-Identifier: GPL-3.0-or-later
/* See type_fit.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/part.h"
#include "fit/type_fit.h"

#define MAX_SET		4
#define END		SYNERGY_FEATURE_COUNT

#define ONE		SYNERGY_F_ONE
#define MACS		SYNERGY_F_MAC
#define PARAMS		SYNERGY_F_PARAMS
#define IN		SYNERGY_F_BYTES_IN
#define OUT		SYNERGY_F_BYTES_OUT
#define BYTES		SYNERGY_F_BYTES
#define COLUMN		SYNERGY_F_COLUMN
#define WINDOW		SYNERGY_F_WINDOW
#define PACK		SYNERGY_F_PACK
#define FAR		SYNERGY_F_FAR
#define COLUMN_FAR	SYNERGY_F_COLUMN_FAR
#define TRAFFIC	SYNERGY_F_TRAFFIC_MHZ

/* What may explain a type's energy, simplest first. */
static const struct candidate {
	unsigned int types;		/* bit per type */
	enum synergy_feature set[MAX_SET + 1];
} candidates[] = {
#define CONVS	(1U << SYNERGY_TYPE_CONV | 1U << SYNERGY_TYPE_POINTWISE)
#define DEPTH	(1U << SYNERGY_TYPE_DEPTHWISE)
#define FC	(1U << SYNERGY_TYPE_FC)
#define POOLS	(1U << SYNERGY_TYPE_POOL | 1U << SYNERGY_TYPE_GLOBAL_POOL)
#define MOVES	(1U << SYNERGY_TYPE_LRN | 1U << SYNERGY_TYPE_NORM | 1U << SYNERGY_TYPE_ELTWISE | \
		 1U << SYNERGY_TYPE_ACTIVATION | 1U << SYNERGY_TYPE_SOFTMAX |	\
		 1U << SYNERGY_TYPE_COPY | 1U << SYNERGY_TYPE_NONE)
	{ CONVS | FC | DEPTH, { MACS, END } },
	{ CONVS | FC | DEPTH, { MACS, ONE, END } },
	{ CONVS, { MACS, PACK, END } },
	{ CONVS, { MACS, BYTES, END } },
	{ CONVS, { MACS, PARAMS, END } },
	{ CONVS, { MACS, PACK, PARAMS, END } },
	{ CONVS, { MACS, IN, OUT, END } },
	{ CONVS, { MACS, PACK, PARAMS, ONE, END } },
	{ 1U << SYNERGY_TYPE_CONV, { MACS, COLUMN, END } },
	{ 1U << SYNERGY_TYPE_CONV, { MACS, COLUMN, PACK, END } },
	{ 1U << SYNERGY_TYPE_CONV, { MACS, COLUMN, PARAMS, END } },
	{ 1U << SYNERGY_TYPE_CONV, { MACS, COLUMN, PACK, PARAMS, END } },
	{ 1U << SYNERGY_TYPE_CONV, { MACS, COLUMN, OUT, PARAMS, END } },
	{ CONVS, { MACS, PACK, FAR, PARAMS, END } },
	{ 1U << SYNERGY_TYPE_CONV, { MACS, COLUMN, COLUMN_FAR, PARAMS, END } },
	{ 1U << SYNERGY_TYPE_CONV, { MACS, COLUMN, COLUMN_FAR, END } },
	{ FC, { PARAMS, END } },
	{ FC, { PARAMS, ONE, END } },
	{ DEPTH | POOLS, { WINDOW, END } },
	{ DEPTH | POOLS, { WINDOW, BYTES, END } },
	{ DEPTH | POOLS, { WINDOW, IN, OUT, END } },
	{ DEPTH | POOLS, { WINDOW, OUT, ONE, END } },
	{ DEPTH | POOLS | MOVES, { BYTES, END } },
	{ DEPTH | POOLS | MOVES, { BYTES, ONE, END } },
	{ DEPTH | POOLS | MOVES, { BYTES, FAR, END } },
	{ DEPTH | POOLS | MOVES, { BYTES, FAR, ONE, END } },
	{ DEPTH | POOLS, { WINDOW, BYTES, FAR, END } },
	{ DEPTH, { MACS, BYTES, FAR, END } },
	{ MOVES, { IN, OUT, END } },
	{ MOVES, { OUT, ONE, END } },
	{ MOVES | POOLS, { ONE, END } },
	/* cycles alone, over clocks: the memory's take more of a faster one */
	{ CONVS | FC | DEPTH, { MACS, TRAFFIC, END } },
	{ CONVS, { MACS, PACK, TRAFFIC, END } },
	{ FC, { PARAMS, TRAFFIC, END } },
	{ DEPTH | POOLS, { WINDOW, TRAFFIC, END } },
	{ DEPTH | POOLS | MOVES, { BYTES, TRAFFIC, END } },
};

#define N_CANDIDATES	(sizeof(candidates) / sizeof(candidates[0]))

int synergy_type_teaches(const struct synergy_observation *l, const enum synergy_feature *set,
			 size_t p)
{
	size_t k;

	/* What is known no better than by its own size teaches nothing. */
	if (!(l->energy_uj > 0) || l->ci95_uj > l->energy_uj)
		return 0;
	for (k = 0; k < p; k++)
		if (isnan(l->f[set[k]]))
			return 0;
	return 1;
}

int synergy_type_fit(const struct synergy_type_work *w, enum synergy_layer_type type,
		     const enum synergy_feature *set, int weighted, size_t without, size_t without2,
		     struct synergy_model_part *part, struct synergy_error *err)
{
	struct synergy_part_data q = { .name = synergy_type_name(type),
				       .scope = w->scope ? w->scope : "type",
				       .target = w->target ? w->target : "energy_uj", .p = synergy_set_size(set), .columns = set,
				       .x = w->x, .y = w->y, .network = w->network,
				       .weighted = weighted, .nonnegative = 1 };
	size_t i, k;

	for (i = 0; i < w->d->n_layers; i++) {
		const struct synergy_observation *l = &w->d->layers[i];

		if (l->type != type || l->network == without || l->network == without2 ||
		    !synergy_type_teaches(l, set, q.p))
			continue;
		for (k = 0; k < q.p; k++)
			w->x[q.n * q.p + k] = l->f[set[k]];
		w->network[q.n] = l->network;
		w->y[q.n++] = l->energy_uj;
	}
	return synergy_part_fit(&q, part, err);
}

/*
 * How well a set predicts left-out networks: the type's error in each network, as a
 * share of that network's energy, root mean square. Infinite where it cannot be
 * fitted at all.
 */
static double score_set(const struct synergy_type_work *w, enum synergy_layer_type type,
			const enum synergy_feature *set, int weighted, size_t without)
{
	struct synergy_model_part part;
	double sum = 0;
	size_t i, k, n = 0;

	for (i = 0; i < w->d->n_networks; i++) {
		double error = 0, off;
		size_t rows = 0;

		if (i == without)
			continue;
		for (k = 0; k < w->d->n_layers; k++)
			rows += w->d->layers[k].network == i && w->d->layers[k].type == type;
		if (!rows)
			continue;
		if (synergy_type_fit(w, type, set, weighted, i, without, &part, NULL))
			continue;
		for (k = 0; k < w->d->n_layers; k++) {
			const struct synergy_observation *l = &w->d->layers[k];

			if (l->network != i || l->type != type || !synergy_type_teaches(l, set, part.p))
				continue;
			off = synergy_part_predict(&part, l->f) - l->energy_uj;
			error = w->apart ? hypot(error, off) : error + off;
		}
		error /= w->d->networks[i].energy_uj;
		sum += error * error;
		n++;
	}
	return n ? sqrt(sum / (double)n) : INFINITY;
}

/* The best set for a type, without a network; 0 when one was found. */
static int choose(const struct synergy_type_work *w, enum synergy_layer_type type, size_t without,
		  struct synergy_model_part *best)
{
	struct synergy_model_part part;
	double least = INFINITY;
	int found = -1, weighted;
	size_t i;

	for (i = 0; i < N_CANDIDATES; i++) {
		if (!(candidates[i].types >> type & 1))
			continue;
		for (weighted = 1; weighted <= 2; weighted++) {
			double score = score_set(w, type, candidates[i].set, weighted, without);

			if (synergy_type_fit(w, type, candidates[i].set, weighted, without, SIZE_MAX, &part,
				    NULL))
				continue;
			/* One network alone: nothing can be left out, and scatter must do. */
			if (isinf(score))
				score = 1e3 * part.sigma_relative;
			if (!(score < 0.98 * least))
				continue;
			least = score;
			*best = part;
			found = 0;
		}
	}
	return found;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Median of a type's layers; NaN when there is none. */
static double type_intensity(const struct synergy_type_work *w, enum synergy_layer_type type, size_t without)
{
	size_t n = 0, i;

	for (i = 0; i < w->d->n_layers; i++) {
		const struct synergy_observation *l = &w->d->layers[i];
		double v = synergy_layer_intensity(l->f);

		if (l->type == type && l->network != without && !isnan(v))
			w->x[n++] = v;
	}
	qsort(w->x, n, sizeof(*w->x), compare_doubles);
	return n ? w->x[n / 2] : NAN;
}

size_t synergy_type_choose(const struct synergy_type_work *w, size_t without, struct synergy_model_part *parts,
			 int *have)
{
	size_t n = 0;
	int t;

	for (t = 0; t < SYNERGY_TYPES; t++) {
		have[t] = !choose(w, (enum synergy_layer_type)t, without, &parts[t]);
		if (have[t])
			parts[t].intensity = type_intensity(w, (enum synergy_layer_type)t, without);
		n += (size_t)have[t];
	}
	return n;
}

double synergy_type_predict(const struct synergy_model_part *parts, const int *have,
			    const struct synergy_observation *l)
{
	enum synergy_layer_type type = l->type;
	double by_type[SYNERGY_TYPES];
	int t;

	if (!have[type] && type == SYNERGY_TYPE_NONE)
		return 0;
	if (!have[type]) {
		for (t = 0; t < SYNERGY_TYPES; t++)
			by_type[t] = have[t] ? parts[t].intensity : NAN;
		type = synergy_type_nearest(by_type, synergy_layer_intensity(l->f));
	}
	return type < SYNERGY_TYPES ? fmax(synergy_part_predict(&parts[type], l->f), 0) : NAN;
}
