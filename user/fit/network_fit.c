// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The papers' models over networks, one row a network: convolution layers together
 * (scope "conv"), and all layers with what is between them ("all"). Each is fitted
 * to the networks marked "fit", or to all where none is marked, and each network is
 * predicted by a fit that left it out.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/part.h"
#include "fit/regress.h"

#define N_MODELS	8

enum { COUNTERS, COUNTERS_PLUS, SIMD, BUS, BUS_MAC, MAC, MAC2, CHAIN };

static const struct spec {
	const char *name;
	const char *target;		/* "energy_uj" or a feature */
	int feature;			/* of the target, or -1: energy */
	size_t p;
	enum synergy_feature columns[4];
	int nonnegative;
	int weighted;			/* 0 as in the papers */
} specs[] = {
	[COUNTERS] = { "counters", "energy_uj", -1, 2, { SYNERGY_F_BUS, SYNERGY_F_SIMD }, 0, 0 },
	[COUNTERS_PLUS] = { "counters+", "energy_uj", -1, 3,
			    { SYNERGY_F_BUS, SYNERGY_F_SIMD, SYNERGY_F_TIME }, 1, 2 },
	[SIMD] = { "simd", "simd", SYNERGY_F_SIMD, 1, { SYNERGY_F_MAC }, 0, 0 },
	[BUS] = { "bus", "bus_access", SYNERGY_F_BUS, 1, { SYNERGY_F_SIMD }, 0, 0 },
	[BUS_MAC] = { "bus_mac", "bus_access", SYNERGY_F_BUS, 1, { SYNERGY_F_MAC }, 0, 0 },
	[MAC] = { "mac", "energy_uj", -1, 1, { SYNERGY_F_MAC }, 0, 0 },
	[MAC2] = { "mac2", "energy_uj", -1, 2, { SYNERGY_F_MAC, SYNERGY_F_MAC2 }, 0, 0 },
};

#define N_SPECS	(sizeof(specs) / sizeof(specs[0]))

struct work {
	const struct synergy_dataset *d;
	const char *scope;
	int conv;
	double *x, *y;
	size_t *network;
};

static const double *features(const struct work *w, size_t i)
{
	return w->conv ? w->d->networks[i].conv : w->d->networks[i].all;
}

static double energy(const struct work *w, size_t i)
{
	return w->conv ? w->d->networks[i].conv_energy_uj : w->d->networks[i].energy_uj;
}

static double target(const struct work *w, const struct spec *s, size_t i)
{
	return s->feature < 0 ? energy(w, i) : features(w, i)[s->feature];
}

static int has_all(const struct work *w, const struct spec *s, size_t i)
{
	size_t k;

	if (isnan(target(w, s, i)))
		return 0;
	for (k = 0; k < s->p; k++)
		if (isnan(features(w, i)[s->columns[k]]))
			return 0;
	return 1;
}

static int any_role(const struct synergy_dataset *d)
{
	size_t i;

	for (i = 0; i < d->n_networks; i++)
		if (d->networks[i].role == 1)
			return 1;
	return 0;
}

/* Which column it is that no network has. */
static int missing(const struct work *w, const struct spec *s, struct synergy_error *err)
{
	const char *name = s->feature < 0 ? "energy" : s->target;
	size_t i, k;

	for (k = 0; k < s->p; k++) {
		for (i = 0; i < w->d->n_networks && isnan(features(w, i)[s->columns[k]]); i++)
			;
		if (i == w->d->n_networks) {
			name = synergy_feature_name(s->columns[k]);
			break;
		}
	}
	return synergy_error_set(err, EDOM, "model '%s' (%s): the data have no %s", s->name,
				 w->scope, name);
}

/* Fit one model without a network (SIZE_MAX: with all). */
static int fit(const struct work *w, const struct spec *s, size_t without,
	       struct synergy_model_part *part, struct synergy_error *err)
{
	struct synergy_part_data q = { .name = s->name, .scope = w->scope, .target = s->target,
				       .p = s->p, .columns = s->columns, .x = w->x, .y = w->y,
				       .network = w->network, .weighted = s->weighted,
				       .nonnegative = s->nonnegative };
	int roles = any_role(w->d);
	size_t i, k;

	for (i = 0; i < w->d->n_networks; i++) {
		if (i == without || !has_all(w, s, i) || (roles && w->d->networks[i].role != 1))
			continue;
		for (k = 0; k < s->p; k++)
			w->x[q.n * s->p + k] = features(w, i)[s->columns[k]];
		w->network[q.n] = i;
		w->y[q.n++] = target(w, s, i);
	}
	if (!q.n)
		return missing(w, s, err);
	return synergy_part_fit(&q, part, err);
}

/* Leave one network out; those not marked for the fit are predicted by the whole fit. */
static void left_out(const struct work *w, const struct spec *s, double *predicted)
{
	struct synergy_model_part part;
	size_t i, k;

	for (i = 0; i < w->d->n_networks; i++) {
		int known = 1;

		predicted[i] = NAN;
		for (k = 0; k < s->p; k++)
			known &= !isnan(features(w, i)[s->columns[k]]);
		if (known && !fit(w, s, i, &part, NULL))
			predicted[i] = synergy_part_predict(&part, features(w, i));
	}
}

static void judge(const struct work *w, const struct spec *s, const double *predicted,
		  struct synergy_model_part *part)
{
	size_t n = w->d->n_networks, i;

	for (i = 0; i < n; i++)
		w->y[i] = target(w, s, i);
	part->loo_n = synergy_relative_errors(predicted, w->y, n, &part->loo_mean, &part->loo_sd);
}

/* E from MAC through SIMD and bus: one coefficient made of four. */
static void chain(const struct synergy_model_part *counters, const struct synergy_model_part *simd,
		  const struct synergy_model_part *bus, struct synergy_model_part *part)
{
	double a = simd->coef[0], b = bus->coef[0], x1 = counters->coef[0], x2 = counters->coef[1];

	*part = *simd;
	snprintf(part->name, sizeof(part->name), "chain");
	snprintf(part->target, sizeof(part->target), "energy_uj");
	part->coef[0] = x1 * b * a + x2 * a;
	part->se[0] = sqrt(pow(x1 * a * bus->se[0], 2) + pow((x1 * b + x2) * simd->se[0], 2) +
			   a * a * (b * b * counters->cov[0] + counters->cov[3] +
				    2 * b * counters->cov[1]));
	part->cov[0] = part->se[0] * part->se[0];
	part->sigma = part->sigma_relative = part->r2 = part->loo_mean = part->loo_sd = NAN;
	part->loo_n = 0;
}

static void chain_left_out(const struct work *w, double *predicted)
{
	struct synergy_model_part counters, simd, bus, part;
	size_t i;

	for (i = 0; i < w->d->n_networks; i++) {
		predicted[i] = NAN;
		if (isnan(features(w, i)[SYNERGY_F_MAC]) ||
		    fit(w, &specs[COUNTERS], i, &counters, NULL) ||
		    fit(w, &specs[SIMD], i, &simd, NULL) || fit(w, &specs[BUS], i, &bus, NULL))
			continue;
		chain(&counters, &simd, &bus, &part);
		predicted[i] = synergy_part_predict(&part, features(w, i));
	}
}

static void keep(struct synergy_regression *r, size_t n, int conv, size_t model,
		 const double *predicted)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct synergy_left_out_network *u = &r->left_out[i];
		double v = predicted[i], unused;

		if (model == COUNTERS)
			*(conv ? &u->conv_counters : &u->counters) = v;
		else if (model == COUNTERS_PLUS)
			*(conv ? &u->conv_counters_plus : &unused) = v;
		else if (model == MAC)
			*(conv ? &u->conv_mac : &u->mac) = v;
		else if (model == MAC2)
			*(conv ? &u->conv_mac2 : &u->mac2) = v;
		else if (model == CHAIN)
			*(conv ? &u->conv_chain : &u->chain) = v;
	}
}

static struct synergy_model_part *add(struct synergy_regression *r,
				      const struct synergy_model_part *part)
{
	struct synergy_model_part *to = &r->model.parts[r->model.n_parts++];

	*to = *part;
	return to;
}

static void regress_scope(struct work *w, struct synergy_regression *r, double *predicted)
{
	struct synergy_model_part parts[N_MODELS], *p;
	int have[N_MODELS] = { 0 };
	struct synergy_error why;
	size_t i;

	for (i = 0; i < N_SPECS; i++) {
		if (fit(w, &specs[i], SIZE_MAX, &parts[i], &why)) {
			synergy_regress_refuse(r, &why);
			continue;
		}
		have[i] = 1;
		p = add(r, &parts[i]);
		left_out(w, &specs[i], predicted);
		judge(w, &specs[i], predicted, p);
		keep(r, w->d->n_networks, w->conv, i, predicted);
	}
	if (have[COUNTERS] && have[SIMD] && have[BUS]) {
		chain(&parts[COUNTERS], &parts[SIMD], &parts[BUS], &parts[CHAIN]);
		p = add(r, &parts[CHAIN]);
		chain_left_out(w, predicted);
		judge(w, &specs[MAC], predicted, p);
		keep(r, w->d->n_networks, w->conv, CHAIN, predicted);
	}
}

int synergy_regress_networks(const struct synergy_dataset *d, struct synergy_regression *r)
{
	struct work w = { .d = d };
	double *predicted = calloc(d->n_networks, sizeof(*predicted));
	int result = -1;

	w.x = calloc(d->n_networks * SYNERGY_PART_COLUMNS, sizeof(*w.x));
	w.y = calloc(d->n_networks, sizeof(*w.y));
	w.network = calloc(d->n_networks, sizeof(*w.network));
	if (predicted && w.x && w.y && w.network) {
		w.scope = "conv";
		w.conv = 1;
		regress_scope(&w, r, predicted);
		if (d->n_layers) {
			w.scope = "all";
			w.conv = 0;
			regress_scope(&w, r, predicted);
		}
		result = 0;
	}
	free(predicted);
	free(w.x);
	free(w.y);
	free(w.network);
	return result;
}
