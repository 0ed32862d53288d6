// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * At a clock: counts and cycles of a layer from its model file, energy from these, the
 * voltage and the time that the cycles take. A layer's interval has the coefficients of the
 * part "volts" and its scatter, and what each count is uncertain by times what one costs:
 * these are added, not their squares, since a layer's counts err together.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/frequency.h"
#include "fit/part.h"
#include "fit/predict_internal.h"

#define RANGE_SLACK	0.005	/* a clock by its rounded number */

enum { SIMD, BUS, INST, CYCLES };

struct chain {
	const struct synergy_model_part *volts;
	const struct synergy_model_part *counts[SYNERGY_COUNTS][SYNERGY_TYPES];
	double cost[SYNERGY_COUNTS];		/* uJ of one more */
	double khz, v;
	/* sums for the total */
	double sum[SYNERGY_TYPES][SYNERGY_FEATURE_COUNT];
	double scatter[SYNERGY_COUNTS][SYNERGY_TYPES];	/* squares */
	double volts_sum[SYNERGY_FEATURE_COUNT], volts_scatter;
};

static int beyond(double v, double low, double high)
{
	return v < low * (1 - RANGE_SLACK) || v > high * (1 + RANGE_SLACK);
}

static double interpolate(const struct synergy_model *m, double khz)
{
	const struct synergy_operating_point *p = m->points;
	size_t i;

	for (i = 0; i + 2 < m->n_points && p[i + 1].khz < khz; i++)
		;
	return p[i].volts + (p[i + 1].volts - p[i].volts) * (khz - p[i].khz) / (p[i + 1].khz - p[i].khz);
}

int synergy_clock_at(const struct synergy_model *m, double khz, double volts,
		     struct synergy_clock *at, struct synergy_error *err)
{
	size_t i;

	*at = (struct synergy_clock){ .khz = khz, .volts = volts, .low_volts = INFINITY };
	if (!synergy_model_find(m, "clock", "volts") || m->n_points < 2)
		return synergy_error_set(err, EINVAL, "the model is of no clock: synergy-fit --volts makes one that is");
	at->low_khz = m->points[0].khz;
	at->high_khz = m->points[m->n_points - 1].khz;
	for (i = 0; i < m->n_points; i++) {
		at->low_volts = fmin(at->low_volts, m->points[i].volts);
		at->high_volts = fmax(at->high_volts, m->points[i].volts);
		if (!volts && !beyond(khz, m->points[i].khz, m->points[i].khz))
			at->volts = m->points[i].volts;
	}
	at->outside_khz = beyond(khz, at->low_khz, at->high_khz);
	if (!at->volts && at->outside_khz)
		return synergy_error_set(err, EINVAL, "%.4g MHz: the model has no voltage beyond %.4g to %.4g MHz: give it by --volts",
					 khz / 1e3, at->low_khz / 1e3, at->high_khz / 1e3);
	if (!at->volts) {
		at->volts = interpolate(m, khz);
		at->interpolated = 1;
	}
	at->outside_volts = beyond(at->volts, at->low_volts, at->high_volts);
	return 0;
}

static int open_chain(const struct synergy_model *m, const struct synergy_clock *at, struct chain *c,
		      struct synergy_error *err)
{
	char name[64];
	int q, t, n = 0;
	double v = at->volts;

	memset(c, 0, sizeof(*c));
	c->khz = at->khz;
	c->v = v;
	c->volts = synergy_model_find(m, "clock", "volts");
	for (t = 0; t < SYNERGY_TYPES; t++) {
		int whole = 1;

		for (q = 0; q < SYNERGY_COUNTS; q++) {
			snprintf(name, sizeof(name), "%s/%s", synergy_feature_name(synergy_counts[q]),
				 synergy_type_name((enum synergy_layer_type)t));
			c->counts[q][t] = synergy_model_find(m, "clock", name);
			whole &= c->counts[q][t] != NULL;
		}
		n += whole;
		for (q = 0; q < SYNERGY_COUNTS && !whole; q++)
			c->counts[q][t] = NULL;
	}
	if (!n)
		return synergy_error_set(err, EINVAL, "the model has no counts of layers: it was fitted to results.csv of a sweep without the layers' features");
	c->cost[SIMD] = c->volts->coef[0] * v * v;
	c->cost[BUS] = c->volts->coef[1] * v * v + c->volts->coef[3];
	c->cost[INST] = c->volts->coef[2] * v * v;
	c->cost[CYCLES] = (c->volts->coef[4] * v + c->volts->coef[5]) * 1e3 / at->khz;
	return 0;
}

/* The type whose parts serve: the layer's, or the nearest in arithmetic intensity. */
static enum synergy_layer_type serving(const struct chain *c, enum synergy_layer_type type,
				       const double *f)
{
	double by_type[SYNERGY_TYPES];
	int t;

	if (c->counts[CYCLES][type])
		return type;
	for (t = 0; t < SYNERGY_TYPES; t++)
		by_type[t] = c->counts[CYCLES][t] ? c->counts[CYCLES][t]->intensity : NAN;
	return synergy_type_nearest(by_type, synergy_layer_intensity(f));
}

/* What the counts are uncertain by, in uJ: a quantile of 95 %, all added. */
static double counts_ci95(struct chain *c, const double *f, const double *n, enum synergy_layer_type by)
{
	double sum = 0;
	int q;

	for (q = 0; q < SYNERGY_COUNTS; q++) {
		const struct synergy_model_part *p = c->counts[q][by];
		double scatter = pow(p->sigma_relative * n[q], 2);

		c->scatter[q][by] += scatter;
		sum += synergy_t95(synergy_part_freedom(p)) * fabs(c->cost[q]) *
			sqrt(synergy_part_variance(p, f) + scatter);
	}
	return sum;
}

static void predict_energy(struct chain *c, const double *n, double counts,
			   struct synergy_predicted_layer *l)
{
	const struct synergy_frequency_row row = { .simd = n[SIMD], .bus = n[BUS], .inst = n[INST],
						   .time_us = n[CYCLES] / c->khz * 1e3 };
	double f[SYNERGY_FEATURE_COUNT], scatter;
	size_t k;

	synergy_frequency_features(&row, c->v, f);
	l->time_us = row.time_us;
	l->energy_uj = synergy_part_predict(c->volts, f);
	scatter = pow(c->volts->sigma_relative * l->energy_uj, 2);
	l->ci95_uj = hypot(counts, synergy_t95(synergy_part_freedom(c->volts)) *
			   sqrt(synergy_part_variance(c->volts, f) + scatter));
	c->volts_scatter += scatter;
	for (k = 0; k < c->volts->p; k++)
		c->volts_sum[c->volts->column[k]] += f[c->volts->column[k]];
}

static int predict_layer(struct chain *c, const struct synergy_layers_row *row,
			 struct synergy_predicted_layer *l, struct synergy_error *err)
{
	double f[SYNERGY_FEATURE_COUNT], n[SYNERGY_COUNTS], counts;
	int q;
	size_t k;

	if (synergy_predict_type(row, l, err))
		return -1;
	synergy_layer_features_of(row, f);
	f[SYNERGY_F_TRAFFIC_MHZ] = synergy_layer_traffic(f) * c->khz / 1e3;
	if (!c->counts[CYCLES][l->type] && l->type == SYNERGY_TYPE_NONE) {
		l->energy_uj = l->ci95_uj = l->time_us = 0;
		return 0;
	}
	l->by = serving(c, l->type, f);
	if (l->by == SYNERGY_TYPES) {
		l->by = l->type;
		return 0;
	}
	for (q = 0; q < SYNERGY_COUNTS; q++) {
		n[q] = fmax(synergy_part_predict(c->counts[q][l->by], f), 0);
		if (isnan(synergy_part_predict(c->counts[q][l->by], f)))
			return 0;
		if (!l->outside)
			synergy_part_check_range(c->counts[q][l->by], f, l);
	}
	counts = counts_ci95(c, f, n, l->by);
	predict_energy(c, n, counts, l);
	for (k = 0; k < SYNERGY_FEATURE_COUNT; k++)
		c->sum[l->by][k] += f[k];
	return 0;
}

/* Types err apart from each other, a type's layers by their coefficients together. */
static double total_ci95(const struct chain *c)
{
	double squares, sum;
	int t, q;

	squares = pow(synergy_t95(synergy_part_freedom(c->volts)), 2) *
		(synergy_part_variance(c->volts, c->volts_sum) + c->volts_scatter);
	for (t = 0; t < SYNERGY_TYPES; t++) {
		if (!c->counts[CYCLES][t] || !(c->scatter[CYCLES][t] > 0))
			continue;
		for (sum = 0, q = 0; q < SYNERGY_COUNTS; q++)
			sum += synergy_t95(synergy_part_freedom(c->counts[q][t])) * fabs(c->cost[q]) *
				sqrt(synergy_part_variance(c->counts[q][t], c->sum[t]) +
				     c->scatter[q][t]);
		squares += sum * sum;
	}
	return sqrt(squares);
}

static int predict_rows(struct chain *c, const struct synergy_layers *t,
			struct synergy_prediction *p, struct synergy_error *err)
{
	size_t i;

	for (i = 0; i < t->n_rows; i++) {
		struct synergy_predicted_layer *l = &p->layers[i];

		l->energy_uj = l->ci95_uj = l->time_us = NAN;
		l->type = l->by = SYNERGY_TYPE_NONE;
		if (!synergy_layers_is_layer(&t->rows[i]))
			continue;
		if (predict_layer(c, &t->rows[i], l, err))
			return -1;
		synergy_prediction_count(p, l);
		if (!isnan(l->time_us))
			p->total_time_us += l->time_us;
	}
	return 0;
}

int synergy_predict_at(const struct synergy_model *m, const struct synergy_layers *t,
		       const struct synergy_clock *at, struct synergy_prediction *p,
		       struct synergy_error *err)
{
	struct chain *c = malloc(sizeof(*c));
	double share = isnan(m->between_share) ? 0 : m->between_share, left_out;

	memset(p, 0, sizeof(*p));
	p->conv_mac_uj = p->conv_mac_ci95_uj = p->conv_chain_uj = NAN;
	p->clock = *at;
	p->layers = calloc(t->n_rows ? t->n_rows : 1, sizeof(*p->layers));
	p->n = t->n_rows;
	if (!c || !p->layers)
		synergy_error_set(err, ENOMEM, "prediction: out of memory");
	if (!c || !p->layers || open_chain(m, at, c, err) || predict_rows(c, t, p, err)) {
		free(c);
		synergy_prediction_free(p);
		return -1;
	}
	p->between_uj = p->total_uj * share;
	p->total_uj += p->between_uj;
	p->total_ci95_uj = total_ci95(c) * (1 + share);
	if (m->layertype_loo_n > 1 && !isnan(m->layertype_loo_rms)) {
		left_out = synergy_t95((double)m->layertype_loo_n - 1) * m->layertype_loo_rms * p->total_uj;
		p->total_ci95_uj = fmax(p->total_ci95_uj, left_out);
	}
	free(c);
	return 0;
}
