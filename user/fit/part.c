// SPDX-License-Identifier: GPL-3.0-or-later
/* One regression as a part of a model, and what the parts of both kinds share; see part.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/linear.h"
#include "fit/part.h"

size_t synergy_relative_errors(const double *predicted, const double *measured, size_t n,
			       double *mean, double *sd)
{
	double sum = 0, squares = 0;
	size_t i, m = 0;

	for (i = 0; i < n; i++) {
		double e = fabs(predicted[i] / measured[i] - 1);

		if (isnan(e))
			continue;
		sum += e;
		squares += e * e;
		m++;
	}
	*mean = m ? sum / (double)m : NAN;
	*sd = m ? sqrt(fmax(squares / (double)m - *mean * *mean, 0)) : NAN;
	return m;
}

double synergy_part_predict(const struct synergy_model_part *part, const double *f)
{
	double sum = 0;
	size_t k;

	for (k = 0; k < part->p; k++)
		sum += part->coef[k] * f[part->column[k]];
	return sum;
}

static size_t count_networks(const struct synergy_part_data *q)
{
	size_t n = 0, i, k;

	for (i = 0; i < q->n; i++) {
		for (k = 0; k < i && q->network[k] != q->network[i]; k++)
			;
		n += k == i;
	}
	return n;
}

static void ranges(const struct synergy_part_data *q, struct synergy_model_part *part)
{
	size_t i, k;

	for (k = 0; k < q->p; k++) {
		part->low[k] = part->high[k] = q->x[k];
		for (i = 1; i < q->n; i++) {
			part->low[k] = fmin(part->low[k], q->x[i * q->p + k]);
			part->high[k] = fmax(part->high[k], q->x[i * q->p + k]);
		}
	}
}

/* Residual over fitted, rows weighing as much as what they measure. */
static double relative_sigma(const struct synergy_part_data *q, const struct synergy_linear *fit)
{
	double sum = 0, weight = 0;
	size_t i;

	for (i = 0; i < q->n; i++) {
		double fitted = q->y[i] - fit->residual[i];

		if (!(fitted > 0))
			continue;
		sum += q->y[i] * pow(fit->residual[i] / fitted, 2);
		weight += q->y[i];
	}
	return weight > 0 ? sqrt(sum / weight * (double)q->n / (double)fit->dof) : NAN;
}

int synergy_part_fit(const struct synergy_part_data *q, struct synergy_model_part *part,
		     struct synergy_error *err)
{
	struct synergy_linear_problem problem = { .n = q->n, .p = q->p, .x = q->x, .y = q->y,
						  .nonnegative = q->nonnegative };
	const char *names[SYNERGY_PART_COLUMNS];
	struct synergy_linear fit;
	double *weight = NULL;
	char what[96];
	size_t i;
	int r;

	memset(part, 0, sizeof(*part));
	snprintf(what, sizeof(what), "model '%s' (%s)", q->name, q->scope);
	problem.what = what;
	for (i = 0; i < q->p; i++)
		names[i] = synergy_feature_name(q->columns[i]);
	problem.names = names;
	if (q->weighted) {
		weight = malloc((q->n ? q->n : 1) * sizeof(*weight));
		if (!weight)
			return synergy_error_set(err, ENOMEM, "%s: out of memory", what);
		for (i = 0; i < q->n; i++)
			weight[i] = pow(fmax(fabs(q->y[i]), 1e-300), -q->weighted);
		problem.weight = weight;
	}
	r = synergy_linear_fit(&problem, &fit, err);
	free(weight);
	if (r)
		return -1;
	snprintf(part->name, sizeof(part->name), "%s", q->name);
	snprintf(part->scope, sizeof(part->scope), "%s", q->scope);
	snprintf(part->target, sizeof(part->target), "%s", q->target);
	part->p = q->p;
	part->n = q->n;
	part->networks = count_networks(q);
	memcpy(part->column, q->columns, q->p * sizeof(*q->columns));
	memcpy(part->coef, fit.coef, q->p * sizeof(*fit.coef));
	memcpy(part->se, fit.se, q->p * sizeof(*fit.se));
	memcpy(part->cov, fit.cov, q->p * q->p * sizeof(*fit.cov));
	part->sigma = fit.sigma;
	part->sigma_relative = relative_sigma(q, &fit);
	part->r2 = fit.r2;
	part->condition = fit.condition;
	part->weighted = q->weighted;
	part->loo_mean = part->loo_sd = NAN;
	ranges(q, part);
	synergy_linear_free(&fit);
	return 0;
}
