// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Models per layer. First the law: every layer's energy from its counters and its
 * time, over all networks. Then one model a layer type from the model file alone:
 * several sets of columns are tried, non-negative, and the one that predicts
 * networks left out of its fit best is taken. The error that is reported comes
 * from a second, outer round: for each network the choice and the fit are made
 * again without it, so no figure has seen what it is judged by.
 *
 * A type that no other network has (depthwise when MobileNet is left out) is
 * predicted by the model of the type nearest in arithmetic intensity (features.h),
 * which is a matter of the layers' shapes: no energy has a say in it.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/part.h"
#include "fit/regress.h"

#define MAX_SET		4
#define LAW_WORST_CONDITION	100.0
#define LAW_WORST_CI	0.10	/* layers less well known say nothing about the law */
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
};

#define N_CANDIDATES	(sizeof(candidates) / sizeof(candidates[0]))

struct work {
	const struct synergy_dataset *d;
	double *x, *y;
	size_t *network;
};

static size_t set_size(const enum synergy_feature *set)
{
	size_t n = 0;

	while (set[n] != END)
		n++;
	return n;
}

static int has_all(const struct synergy_observation *l, const enum synergy_feature *set, size_t p)
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

/* Fit one set of columns to a type's layers, two networks left out (SIZE_MAX: none). */
static int fit_set(const struct work *w, enum synergy_layer_type type,
		   const enum synergy_feature *set, int weighted, size_t without, size_t without2,
		   struct synergy_model_part *part, struct synergy_error *err)
{
	struct synergy_part_data q = { .name = synergy_type_name(type), .scope = "type",
				       .target = "energy_uj", .p = set_size(set), .columns = set,
				       .x = w->x, .y = w->y, .network = w->network,
				       .weighted = weighted, .nonnegative = 1 };
	size_t i, k;

	for (i = 0; i < w->d->n_layers; i++) {
		const struct synergy_observation *l = &w->d->layers[i];

		if (l->type != type || l->network == without || l->network == without2 ||
		    !has_all(l, set, q.p))
			continue;
		for (k = 0; k < q.p; k++)
			w->x[q.n * q.p + k] = l->f[set[k]];
		w->network[q.n] = l->network;
		w->y[q.n++] = l->energy_uj;
	}
	return synergy_part_fit(&q, part, err);
}

/*
 * How well a set predicts unseen networks: the type's error in each network, as a
 * share of that network's energy, root mean square. Infinite where it cannot be
 * fitted at all.
 */
static double score_set(const struct work *w, enum synergy_layer_type type,
			const enum synergy_feature *set, int weighted, size_t without)
{
	struct synergy_model_part part;
	double sum = 0;
	size_t i, k, n = 0;

	for (i = 0; i < w->d->n_networks; i++) {
		double error = 0;
		size_t rows = 0;

		if (i == without)
			continue;
		for (k = 0; k < w->d->n_layers; k++)
			rows += w->d->layers[k].network == i && w->d->layers[k].type == type;
		if (!rows)
			continue;
		if (fit_set(w, type, set, weighted, i, without, &part, NULL))
			continue;
		for (k = 0; k < w->d->n_layers; k++) {
			const struct synergy_observation *l = &w->d->layers[k];

			if (l->network == i && l->type == type && has_all(l, set, part.p))
				error += synergy_part_predict(&part, l->f) - l->energy_uj;
		}
		error /= w->d->networks[i].energy_uj;
		sum += error * error;
		n++;
	}
	return n ? sqrt(sum / (double)n) : INFINITY;
}

/* The best set for a type, without a network; 0 when one was found. */
static int choose(const struct work *w, enum synergy_layer_type type, size_t without,
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

			if (fit_set(w, type, candidates[i].set, weighted, without, SIZE_MAX, &part,
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
static double type_intensity(const struct work *w, enum synergy_layer_type type, size_t without)
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

static size_t choose_all(const struct work *w, size_t without, struct synergy_model_part *parts,
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

static double predict_layer(const struct synergy_model_part *parts, const int *have,
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

/* What lies between layers, as a share of what the layers take: of the others. */
static double between_share(const struct synergy_dataset *d, size_t without)
{
	double between = 0, all = 0;
	size_t i;

	for (i = 0; i < d->n_networks; i++)
		if (i != without && !isnan(d->networks[i].between_uj)) {
			between += d->networks[i].between_uj;
			all += d->networks[i].energy_uj;
		}
	return all > between && between > 0 ? between / (all - between) : 0;
}

static double predict_network(const struct work *w, const struct synergy_model_part *parts,
			      const int *have, size_t network)
{
	size_t files = w->d->networks[network].files, i;
	double sum = 0;

	for (i = 0; i < w->d->n_layers; i++) {
		double v;

		if (w->d->layers[i].network != network)
			continue;
		v = predict_layer(parts, have, &w->d->layers[i]);
		sum += isnan(v) ? 0 : v;
	}
	return sum / (double)(files ? files : 1) * (1 + between_share(w->d, network));
}

/* The outer round: each network predicted by models that never saw it. */
static void unseen(const struct work *w, struct synergy_regression *r)
{
	struct synergy_model_part *parts = calloc(SYNERGY_TYPES, sizeof(*parts));
	int have[SYNERGY_TYPES];
	double *predicted = calloc(w->d->n_networks, sizeof(double));
	double *measured = calloc(w->d->n_networks, sizeof(double)), squares = 0;
	size_t i, n;

	if (!parts || !predicted || !measured)
		goto out;
	for (i = 0; i < w->d->n_networks; i++) {
		measured[i] = w->d->networks[i].energy_uj;
		predicted[i] = NAN;
		if (w->d->n_networks < 3 || !choose_all(w, i, parts, have))
			continue;
		predicted[i] = predict_network(w, parts, have, i);
		r->unseen[i].layertype = predicted[i];
		squares += pow(predicted[i] / measured[i] - 1, 2);
	}
	n = synergy_relative_errors(predicted, measured, w->d->n_networks,
				    &r->model.layertype_loo_mean, &r->model.layertype_loo_sd);
	r->model.layertype_loo_n = n;
	if (n > 1)
		r->model.layertype_loo_rms = sqrt(squares / (double)n);
out:
	free(parts);
	free(predicted);
	free(measured);
}

/*
 * How well each type's share of a network is predicted: |error| over the type's energy.
 * The coefficients have not seen the network; the choice of columns has.
 */
static void judge_type(const struct work *w, struct synergy_model_part *part)
{
	enum synergy_layer_type type = (enum synergy_layer_type)synergy_type_find(part->name);
	enum synergy_feature set[SYNERGY_PART_COLUMNS + 1];
	double *predicted = calloc(w->d->n_networks, sizeof(double));
	double *measured = calloc(w->d->n_networks, sizeof(double));
	struct synergy_model_part other;
	size_t i, k;

	memcpy(set, part->column, part->p * sizeof(*set));
	set[part->p] = END;
	for (i = 0; predicted && measured && i < w->d->n_networks; i++) {
		int fitted = !fit_set(w, type, set, part->weighted, i, SIZE_MAX, &other, NULL);

		for (k = 0; k < w->d->n_layers; k++) {
			const struct synergy_observation *l = &w->d->layers[k];

			if (l->network != i || l->type != type || !has_all(l, set, part->p))
				continue;
			measured[i] += l->energy_uj;
			predicted[i] += fitted ? synergy_part_predict(&other, l->f) : NAN;
		}
		if (!(measured[i] > 0))
			predicted[i] = measured[i] = NAN;
	}
	if (predicted && measured)
		part->loo_n = synergy_relative_errors(predicted, measured, w->d->n_networks,
						      &part->loo_mean, &part->loo_sd);
	free(predicted);
	free(measured);
}

static const enum synergy_feature law_sets[][5] = {
	{ SYNERGY_F_BUS, SYNERGY_F_SIMD, SYNERGY_F_INST, SYNERGY_F_TIME, END },
	{ SYNERGY_F_BUS, SYNERGY_F_SIMD, SYNERGY_F_TIME, END },
};

/* E of every well-known layer from its counters and time, a network left out. */
static int fit_law_set(const struct work *w, size_t s, size_t without,
		       struct synergy_model_part *part, struct synergy_error *err)
{
	struct synergy_part_data q = { .name = "law", .scope = "layer", .target = "energy_uj",
				       .p = set_size(law_sets[s]), .columns = law_sets[s],
				       .x = w->x, .y = w->y, .network = w->network,
				       .weighted = 1 };
	size_t i, k;

	for (i = 0; i < w->d->n_layers; i++) {
		const struct synergy_observation *l = &w->d->layers[i];

		if (l->network == without || !has_all(l, law_sets[s], q.p) ||
		    !(l->ci95_uj < LAW_WORST_CI * l->energy_uj))
			continue;
		for (k = 0; k < q.p; k++)
			w->x[q.n * q.p + k] = l->f[law_sets[s][k]];
		w->network[q.n] = l->network;
		w->y[q.n++] = l->energy_uj;
	}
	if (!q.n)
		return synergy_error_set(err, EDOM,
					 "model 'law' (layer): no layer has SIMD, bus accesses, time and an energy known within %.0f %%",
					 100 * LAW_WORST_CI);
	return synergy_part_fit(&q, part, err);
}

/* Each network by the law of the others' layers. */
static void law_unseen(const struct work *w, size_t s, struct synergy_regression *r,
		       struct synergy_model_part *part)
{
	double *predicted = calloc(w->d->n_networks, sizeof(double));
	double *measured = calloc(w->d->n_networks, sizeof(double));
	struct synergy_model_part other;
	size_t i, k;

	for (i = 0; predicted && measured && i < w->d->n_networks; i++) {
		const struct synergy_network_data *n = &w->d->networks[i];

		measured[i] = n->energy_uj;
		predicted[i] = NAN;
		if (w->d->n_networks < 2 || fit_law_set(w, s, i, &other, NULL))
			continue;
		predicted[i] = 0;
		for (k = 0; k < w->d->n_layers; k++)
			if (w->d->layers[k].network == i)
				predicted[i] += synergy_part_predict(&other, w->d->layers[k].f);
		predicted[i] *= (1 + between_share(w->d, i)) / (double)(n->files ? n->files : 1);
		r->unseen[i].counters_plus = predicted[i];
	}
	if (predicted && measured)
		part->loo_n = synergy_relative_errors(predicted, measured, w->d->n_networks,
						      &part->loo_mean, &part->loo_sd);
	free(predicted);
	free(measured);
}

static void fit_law(const struct work *w, struct synergy_regression *r)
{
	struct synergy_model_part *part = &r->model.parts[r->model.n_parts];
	struct synergy_error why;
	size_t s;

	for (s = 0; s < 2; s++) {
		if (fit_law_set(w, s, SIZE_MAX, part, &why)) {
			synergy_regress_refuse(r, &why);
			continue;
		}
		if (part->condition < LAW_WORST_CONDITION || s) {
			r->model.n_parts++;
			law_unseen(w, s, r, part);
			return;
		}
		synergy_error_set(&why, EDOM,
				  "model 'law' (layer) with instructions: condition %.3g: they go along with time, and the two cannot be distinguished",
				  part->condition);
		synergy_regress_refuse(r, &why);
	}
}

int synergy_regress_layers(const struct synergy_dataset *d, struct synergy_regression *r)
{
	struct work w = { .d = d };
	struct synergy_model_part *parts = calloc(SYNERGY_TYPES, sizeof(*parts));
	int have[SYNERGY_TYPES], t, result = -1;

	w.x = calloc(d->n_layers * SYNERGY_PART_COLUMNS + 1, sizeof(*w.x));
	w.y = calloc(d->n_layers + 1, sizeof(*w.y));
	w.network = calloc(d->n_layers + 1, sizeof(*w.network));
	if (!parts || !w.x || !w.y || !w.network)
		goto out;
	result = 0;
	if (!d->n_layers)
		goto out;
	fit_law(&w, r);
	choose_all(&w, SIZE_MAX, parts, have);
	for (t = 0; t < SYNERGY_TYPES; t++) {
		if (!have[t])
			continue;
		judge_type(&w, &parts[t]);
		r->model.parts[r->model.n_parts++] = parts[t];
	}
	r->model.between_share = between_share(d, SIZE_MAX);
	unseen(&w, r);
out:
	free(parts);
	free(w.x);
	free(w.y);
	free(w.network);
	return result;
}
