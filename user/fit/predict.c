// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * See predict.h. A layer's interval has the coefficients' covariance and the
 * relative scatter of its type's layers; the total's has what layers of one type
 * share (the coefficients) added up before squaring, and is at least as wide as
 * the errors on left-out networks were.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "fit/predict_internal.h"

#define RANGE_SLACK	0.001	/* of the range's end */
#define MAX_OUTSIDE	8	/* layers outside the fit that are listed one by one */

/* Sums for the total, per type whose part was used. */
struct totals {
	double f[SYNERGY_TYPES][SYNERGY_FEATURE_COUNT];
	double scatter[SYNERGY_TYPES];
	const struct synergy_model_part *part[SYNERGY_TYPES];
};

double synergy_part_variance(const struct synergy_model_part *p, const double *f)
{
	double sum = 0;
	size_t i, k;

	for (i = 0; i < p->p; i++)
		for (k = 0; k < p->p; k++)
			sum += f[p->column[i]] * f[p->column[k]] * p->cov[i * p->p + k];
	return fmax(sum, 0);
}

double synergy_t95(double dof)
{
	return gsl_cdf_tdist_Pinv(0.975, fmax(dof, 1));
}

double synergy_part_freedom(const struct synergy_model_part *p)
{
	return fmax((double)p->n - (double)p->p, 1);
}

void synergy_part_check_range(const struct synergy_model_part *p, const double *f,
			      struct synergy_predicted_layer *l)
{
	size_t k;

	for (k = 0; k < p->p; k++) {
		double v = f[p->column[k]];

		if (p->coef[k] == 0)
			continue;
		if (v >= p->low[k] * (1 - RANGE_SLACK) && v <= p->high[k] * (1 + RANGE_SLACK))
			continue;
		l->outside = 1;
		l->outside_column = p->column[k];
		l->outside_value = v;
		l->outside_low = p->low[k];
		l->outside_high = p->high[k];
		return;
	}
}

/* The type's part, or the one that stands in for it; *by is the type that it is of. */
static const struct synergy_model_part *part_for(const struct synergy_model *m,
						 enum synergy_layer_type type, const double *f,
						 enum synergy_layer_type *by)
{
	const struct synergy_model_part *p = synergy_model_find(m, "type", synergy_type_name(type));
	double by_type[SYNERGY_TYPES];
	enum synergy_layer_type nearest;
	int t;

	*by = type;
	if (p || type == SYNERGY_TYPE_NONE)
		return p;
	for (t = 0; t < SYNERGY_TYPES; t++) {
		p = synergy_model_find(m, "type", synergy_type_name((enum synergy_layer_type)t));
		by_type[t] = p ? p->intensity : NAN;
	}
	nearest = synergy_type_nearest(by_type, synergy_layer_intensity(f));
	if (nearest == SYNERGY_TYPES)
		return NULL;
	*by = nearest;
	return synergy_model_find(m, "type", synergy_type_name(nearest));
}

int synergy_predict_type(const struct synergy_layers_row *row, struct synergy_predicted_layer *l,
			 struct synergy_error *err)
{
	int type = synergy_layer_type_of(row);

	if (type < 0)
		return synergy_error_set(err, EINVAL,
					 "layer %s: operator '%s' is of no known layer type",
					 row->layer, row->op);
	l->type = l->by = (enum synergy_layer_type)type;
	return 0;
}

void synergy_prediction_count(struct synergy_prediction *p, const struct synergy_predicted_layer *l)
{
	p->n_outside += (size_t)l->outside;
	p->n_missing += isnan(l->energy_uj);
	p->n_fallback += !isnan(l->energy_uj) && l->by != l->type;
	if (isnan(l->energy_uj))
		return;
	p->total_uj += l->energy_uj;
	if (synergy_layer_is_conv(l->type))
		p->conv_uj += l->energy_uj;
}

static int predict_layer(const struct synergy_model *m, const struct synergy_layers_row *row,
			 struct synergy_predicted_layer *l, struct totals *sums,
			 struct synergy_error *err)
{
	const struct synergy_model_part *p;
	double f[SYNERGY_FEATURE_COUNT], value = 0, scatter;
	size_t k;

	if (synergy_predict_type(row, l, err))
		return -1;
	l->energy_uj = l->ci95_uj = l->time_us = NAN;
	synergy_layer_features_of(row, f);
	p = part_for(m, l->type, f, &l->by);
	/* Dropout, Flatten: nothing is computed, and no sample ever met one. */
	if (!p && l->type == SYNERGY_TYPE_NONE)
		l->energy_uj = l->ci95_uj = 0;
	for (k = 0; p && k < p->p; k++)
		value += p->coef[k] * f[p->column[k]];
	if (!p || isnan(value))
		return 0;
	l->energy_uj = fmax(value, 0);
	scatter = p->sigma_relative * l->energy_uj;
	l->ci95_uj = synergy_t95(synergy_part_freedom(p)) * sqrt(synergy_part_variance(p, f) + scatter * scatter);
	synergy_part_check_range(p, f, l);
	sums->part[l->by] = p;
	sums->scatter[l->by] += scatter * scatter;
	for (k = 0; k < SYNERGY_FEATURE_COUNT; k++)
		sums->f[l->by][k] += f[k];
	return 0;
}

/*
 * Half-width for the sum of the types' energies. Each variance has the degrees of
 * freedom of its type's fit; Welch and Satterthwaite's are those of their sum.
 */
static double total_ci95(const struct totals *sums)
{
	double variance[SYNERGY_TYPES] = { 0 }, sum = 0, spread = 0;
	int t;

	for (t = 0; t < SYNERGY_TYPES; t++)
		if (sums->part[t]) {
			variance[t] = synergy_part_variance(sums->part[t], sums->f[t]) + sums->scatter[t];
			sum += variance[t];
		}
	for (t = 0; t < SYNERGY_TYPES && sum > 0; t++)
		if (sums->part[t])
			spread += pow(variance[t] / sum, 2) / synergy_part_freedom(sums->part[t]);
	return sum > 0 ? synergy_t95(1 / spread) * sqrt(sum) : 0;
}

static void whole_network(const struct synergy_model *m, const struct totals *sums, double mac,
			  struct synergy_prediction *p)
{
	const struct synergy_model_part *by_mac = synergy_model_find(m, "conv", "mac");
	const struct synergy_model_part *chain = synergy_model_find(m, "conv", "chain");
	double left_out;

	p->total_ci95_uj = total_ci95(sums);
	if (m->layertype_loo_n > 1 && !isnan(m->layertype_loo_rms)) {
		left_out = synergy_t95((double)m->layertype_loo_n - 1) * m->layertype_loo_rms * p->total_uj;
		p->total_ci95_uj = fmax(p->total_ci95_uj, left_out);
	}
	p->conv_mac_uj = p->conv_mac_ci95_uj = p->conv_chain_uj = NAN;
	if (by_mac && mac > 0) {
		p->conv_mac_uj = by_mac->coef[0] * mac;
		p->conv_mac_ci95_uj = synergy_t95(synergy_part_freedom(by_mac)) *
			hypot(by_mac->se[0] * mac, by_mac->sigma_relative * p->conv_mac_uj);
	}
	if (chain && mac > 0)
		p->conv_chain_uj = chain->coef[0] * mac;
}

int synergy_predict(const struct synergy_model *m, const struct synergy_layers *t,
		    struct synergy_prediction *p, struct synergy_error *err)
{
	struct totals *sums = calloc(1, sizeof(*sums));
	double mac = 0;
	size_t i;

	memset(p, 0, sizeof(*p));
	p->layers = calloc(t->n_rows ? t->n_rows : 1, sizeof(*p->layers));
	if (!sums || !p->layers) {
		synergy_error_set(err, ENOMEM, "prediction: out of memory");
		goto fail;
	}
	for (i = 0; i < m->n_parts && strcmp(m->parts[i].scope, "type"); i++)
		;
	if (i == m->n_parts) {
		synergy_error_set(err, EINVAL,
				  m->n_points ? "the model is of clocks: synergy-predict --frequency says which" :
				  "the model has no parts per layer type: it was fitted to whole networks only");
		goto fail;
	}
	p->n = t->n_rows;
	for (i = 0; i < t->n_rows; i++) {
		struct synergy_predicted_layer *l = &p->layers[i];

		if (!synergy_layers_is_layer(&t->rows[i])) {
			l->type = l->by = SYNERGY_TYPE_NONE;
			l->energy_uj = l->ci95_uj = l->time_us = NAN;
			continue;
		}
		if (predict_layer(m, &t->rows[i], l, sums, err))
			goto fail;
		synergy_prediction_count(p, l);
		if (synergy_layer_is_conv(l->type))
			mac += (double)t->rows[i].mac;
	}
	p->between_uj = p->total_uj * (isnan(m->between_share) ? 0 : m->between_share);
	p->total_uj += p->between_uj;
	whole_network(m, sums, mac, p);
	free(sums);
	return 0;
fail:
	free(sums);
	synergy_prediction_free(p);
	return -1;
}

void synergy_prediction_free(struct synergy_prediction *p)
{
	free(p->layers);
	p->layers = NULL;
}

/* Layers of a type that another type's model served (by), or none (SYNERGY_TYPES). */
static size_t count_served(const struct synergy_prediction *p, const struct synergy_layers *t,
			   int type, int by, const char **first)
{
	size_t n = 0, i;

	for (i = 0; i < p->n; i++) {
		const struct synergy_predicted_layer *l = &p->layers[i];
		int served = isnan(l->energy_uj) ? SYNERGY_TYPES : (int)l->by;

		if (!synergy_layers_is_layer(&t->rows[i]) || (int)l->type != type || served != by)
			continue;
		if (!n++)
			*first = t->rows[i].layer;
	}
	return n;
}

/* One remark for all layers of a type, since they share the reason; 0: no remark i. */
static int remark_on_type(const struct synergy_prediction *p, const struct synergy_layers *t,
			  size_t *i, char *buf, size_t size)
{
	const char *first = NULL, *s;
	char more[32];
	int type, by;
	size_t n;

	for (type = 0; type < SYNERGY_TYPES; type++)
		for (by = 0; by <= SYNERGY_TYPES; by++) {
			n = by == type ? 0 : count_served(p, t, type, by, &first);
			if (!n || (*i)--)
				continue;
			s = synergy_type_name((enum synergy_layer_type)type);
			snprintf(more, sizeof(more), n > 1 ? " and %zu more" : "", n - 1);
			if (by == SYNERGY_TYPES)
				snprintf(buf, size, "layer %.100s%s (%s): no model serves; not in the total",
					 first, more, s);
			else
				snprintf(buf, size, "layer %.100s%s (%s): none of this type was in the fit, the model for %s is used",
					 first, more, s,
					 synergy_type_name((enum synergy_layer_type)by));
			return 1;
		}
	return 0;
}

/* What is doubtful about the clock; 0: no remark i. */
static int remark_on_clock(const struct synergy_clock *c, size_t *i, char *buf, size_t size)
{
	if (c->outside_khz && !(*i)--) {
		snprintf(buf, size, "%.4g MHz lies outside the fit: fitted were %.4g to %.4g MHz",
			 c->khz / 1e3, c->low_khz / 1e3, c->high_khz / 1e3);
		return 1;
	}
	if (c->outside_volts && !(*i)--) {
		snprintf(buf, size, "%.4g V lies outside the fit: fitted were %.4g to %.4g V",
			 c->volts, c->low_volts, c->high_volts);
		return 1;
	}
	if (c->interpolated && !(*i)--) {
		snprintf(buf, size, "%.4g MHz was not measured at: its voltage is taken for %.4g V, by a straight line between those beside it (--volts)",
			 c->khz / 1e3, c->volts);
		return 1;
	}
	return 0;
}

int synergy_prediction_remark(const struct synergy_prediction *p, const struct synergy_layers *t,
			      size_t i, char *buf, size_t size)
{
	size_t k, n = 0;

	if (remark_on_clock(&p->clock, &i, buf, size))
		return 1;
	if (remark_on_type(p, t, &i, buf, size))
		return 1;
	for (k = 0; k < p->n; k++) {
		const struct synergy_predicted_layer *l = &p->layers[k];

		if (!l->outside || n++ != i)
			continue;
		if (i == MAX_OUTSIDE && p->n_outside > MAX_OUTSIDE + 1)
			snprintf(buf, size, "%zu more layers lie outside the fit",
				 p->n_outside - MAX_OUTSIDE);
		else
			snprintf(buf, size, "layer %.100s (%s) lies outside the fit: %s is %.4g, fitted were %.4g to %.4g",
				 t->rows[k].layer, synergy_type_name(l->type),
				 synergy_feature_name(l->outside_column), l->outside_value,
				 l->outside_low, l->outside_high);
		return i <= MAX_OUTSIDE;
	}
	return 0;
}
