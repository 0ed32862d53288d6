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
#include "fit/type_fit.h"

#define LAW_WORST_CONDITION	100.0
#define LAW_WORST_CI	0.10	/* layers less well known say nothing about the law */
#define END		SYNERGY_FEATURE_COUNT

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

static double predict_network(const struct synergy_type_work *w, const struct synergy_model_part *parts,
			      const int *have, size_t network)
{
	size_t files = w->d->networks[network].files, i;
	double sum = 0;

	for (i = 0; i < w->d->n_layers; i++) {
		double v;

		if (w->d->layers[i].network != network)
			continue;
		v = synergy_type_predict(parts, have, &w->d->layers[i]);
		sum += isnan(v) ? 0 : v;
	}
	return sum / (double)(files ? files : 1) * (1 + between_share(w->d, network));
}

/* The outer round: each network predicted by models that never saw it. */
static void left_out(const struct synergy_type_work *w, struct synergy_regression *r)
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
		if (w->d->n_networks < 3 || !synergy_type_choose(w, i, parts, have))
			continue;
		predicted[i] = predict_network(w, parts, have, i);
		r->left_out[i].layertype = predicted[i];
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
static void judge_type(const struct synergy_type_work *w, struct synergy_model_part *part)
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
		int fitted = !synergy_type_fit(w, type, set, part->weighted, i, SIZE_MAX, &other, NULL);

		for (k = 0; k < w->d->n_layers; k++) {
			const struct synergy_observation *l = &w->d->layers[k];

			if (l->network != i || l->type != type || !synergy_type_teaches(l, set, part->p))
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
static int fit_law_set(const struct synergy_type_work *w, size_t s, size_t without,
		       struct synergy_model_part *part, struct synergy_error *err)
{
	struct synergy_part_data q = { .name = "law", .scope = "layer", .target = "energy_uj",
				       .p = synergy_set_size(law_sets[s]), .columns = law_sets[s],
				       .x = w->x, .y = w->y, .network = w->network,
				       .weighted = 1 };
	size_t i, k;

	for (i = 0; i < w->d->n_layers; i++) {
		const struct synergy_observation *l = &w->d->layers[i];

		if (l->network == without || !synergy_type_teaches(l, law_sets[s], q.p) ||
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
static void law_left_out(const struct synergy_type_work *w, size_t s, struct synergy_regression *r,
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
		r->left_out[i].counters_plus = predicted[i];
	}
	if (predicted && measured)
		part->loo_n = synergy_relative_errors(predicted, measured, w->d->n_networks,
						      &part->loo_mean, &part->loo_sd);
	free(predicted);
	free(measured);
}

static void fit_law(const struct synergy_type_work *w, struct synergy_regression *r)
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
			law_left_out(w, s, r, part);
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
	struct synergy_type_work w = { .d = d };
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
	synergy_type_choose(&w, SIZE_MAX, parts, have);
	for (t = 0; t < SYNERGY_TYPES; t++) {
		if (!have[t])
			continue;
		judge_type(&w, &parts[t]);
		r->model.parts[r->model.n_parts++] = parts[t];
	}
	r->model.between_share = between_share(d, SIZE_MAX);
	left_out(&w, r);
out:
	free(parts);
	free(w.x);
	free(w.y);
	free(w.network);
	return result;
}
