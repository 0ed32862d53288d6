// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * See linear.h. Columns are scaled by powers of two (exact) to comparable length;
 * QR by GSL; the solution and the residuals are refined together (Bjorck's
 * augmented system) with products summed in long double, which gains some ten
 * digits on problems like Filip. Non-negative: Lawson and Hanson's active set.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_math.h>

#include "fit/linear.h"

#define REFINEMENTS	6
#define SINGULAR	1e-13	/* smallest to largest singular value, per column */

/* One problem with some of its columns. */
struct solver {
	const struct synergy_linear_problem *q;
	size_t n, p;
	size_t column[SYNERGY_LINEAR_MAX_COLUMNS];	/* of the problem */
	double scale[SYNERGY_LINEAR_MAX_COLUMNS];	/* powers of two */
	gsl_matrix *a;			/* scaled and weighted */
	gsl_matrix *qr;
	gsl_vector *tau, *b, *r, *f, *u, *s;
	gsl_matrix *v;
	double x[SYNERGY_LINEAR_MAX_COLUMNS];
};

static void solver_free(struct solver *z)
{
	gsl_matrix_free(z->a);
	gsl_matrix_free(z->qr);
	gsl_matrix_free(z->v);
	gsl_vector_free(z->tau);
	gsl_vector_free(z->b);
	gsl_vector_free(z->r);
	gsl_vector_free(z->f);
	gsl_vector_free(z->u);
	gsl_vector_free(z->s);
}

static double root_weight(const struct synergy_linear_problem *q, size_t i)
{
	return q->weight ? sqrt(q->weight[i]) : 1;
}

static int solver_make(struct solver *z, const struct synergy_linear_problem *q, const int *active)
{
	size_t i, k;

	memset(z, 0, sizeof(*z));
	z->q = q;
	z->n = q->n;
	for (k = 0; k < q->p; k++)
		if (active[k])
			z->column[z->p++] = k;
	z->a = gsl_matrix_alloc(z->n, z->p);
	z->qr = gsl_matrix_alloc(z->n, z->p);
	z->v = gsl_matrix_alloc(z->p, z->p);
	z->tau = gsl_vector_alloc(z->p);
	z->b = gsl_vector_alloc(z->n);
	z->r = gsl_vector_calloc(z->n);
	z->f = gsl_vector_alloc(z->n);
	z->u = gsl_vector_alloc(z->p);
	z->s = gsl_vector_alloc(z->p);
	if (!z->a || !z->qr || !z->v || !z->tau || !z->b || !z->r || !z->f || !z->u || !z->s)
		return -1;
	for (k = 0; k < z->p; k++) {
		double norm = 0;
		int exponent;

		for (i = 0; i < z->n; i++)
			norm = hypot(norm, root_weight(q, i) * q->x[i * q->p + z->column[k]]);
		frexp(norm > 0 ? norm : 1, &exponent);
		z->scale[k] = ldexp(1, -exponent);
		for (i = 0; i < z->n; i++)
			gsl_matrix_set(z->a, i, k, root_weight(q, i) * z->scale[k] *
				       q->x[i * q->p + z->column[k]]);
	}
	for (i = 0; i < z->n; i++)
		gsl_vector_set(z->b, i, root_weight(q, i) * q->y[i]);
	return 0;
}

/*
 * One step of refinement of residuals r and solution x: both are corrected by the
 * solution of [I A; A' 0] [dr; dx] = [b - r - Ax; -A'r], the right side in long
 * double. The first step, from zero, is the ordinary QR solution.
 */
static void refine(struct solver *z)
{
	gsl_matrix_view top = gsl_matrix_submatrix(z->qr, 0, 0, z->p, z->p);
	gsl_vector_view head = gsl_vector_subvector(z->f, 0, z->p);
	size_t i, k;

	for (i = 0; i < z->n; i++) {
		long double sum = gsl_vector_get(z->b, i);

		sum -= gsl_vector_get(z->r, i);
		for (k = 0; k < z->p; k++)
			sum -= (long double)gsl_matrix_get(z->a, i, k) * z->x[k];
		gsl_vector_set(z->f, i, (double)sum);
	}
	for (k = 0; k < z->p; k++) {
		long double sum = 0;

		for (i = 0; i < z->n; i++)
			sum -= (long double)gsl_matrix_get(z->a, i, k) * gsl_vector_get(z->r, i);
		gsl_vector_set(z->u, k, (double)sum);
	}
	/* h = R'^-1 g; c = Q'f; dx = R^-1 (c1 - h); dr = Q [h; c2] */
	gsl_blas_dtrsv(CblasUpper, CblasTrans, CblasNonUnit, &top.matrix, z->u);
	gsl_linalg_QR_QTvec(z->qr, z->tau, z->f);
	for (k = 0; k < z->p; k++) {
		double h = gsl_vector_get(z->u, k);

		gsl_vector_set(z->u, k, gsl_vector_get(z->f, k) - h);
		gsl_vector_set(&head.vector, k, h);
	}
	gsl_blas_dtrsv(CblasUpper, CblasNoTrans, CblasNonUnit, &top.matrix, z->u);
	gsl_linalg_QR_Qvec(z->qr, z->tau, z->f);
	gsl_vector_add(z->r, z->f);
	for (k = 0; k < z->p; k++)
		z->x[k] += gsl_vector_get(z->u, k);
}

/* Columns that depend on each other, from the singular vector that they share. */
static int rank_error(const struct solver *z, struct synergy_error *err)
{
	char list[256] = "";
	size_t k, used = 0;

	for (k = 0; k < z->p; k++)
		if (fabs(gsl_matrix_get(z->v, k, z->p - 1)) > 0.05 && used < sizeof(list) - 70)
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%.60s",
						 used ? ", " : "", z->q->names[z->column[k]]);
	return synergy_error_set(err, EDOM,
				 "%s: the columns depend on each other (%s): there is no one answer",
				 z->q->what, list);
}

/* Singular values of R: condition, rank and the covariance's frame. */
static int singular(struct solver *z, double *condition, struct synergy_error *err)
{
	gsl_matrix *r = gsl_matrix_calloc(z->p, z->p);
	double low, high;
	size_t i, k;

	if (!r)
		return synergy_error_set(err, ENOMEM, "%s: out of memory", z->q->what);
	for (i = 0; i < z->p; i++)
		for (k = i; k < z->p; k++)
			gsl_matrix_set(r, i, k, gsl_matrix_get(z->qr, i, k));
	gsl_linalg_SV_decomp_jacobi(r, z->v, z->s);
	gsl_matrix_free(r);
	high = gsl_vector_get(z->s, 0);
	low = gsl_vector_get(z->s, z->p - 1);
	*condition = low > 0 ? high / low : INFINITY;
	if (!(low > high * SINGULAR * (double)z->p))
		return rank_error(z, err);
	return 0;
}

static int check(const struct synergy_linear_problem *q, struct synergy_error *err)
{
	size_t i, k;

	if (!q->p || q->p > SYNERGY_LINEAR_MAX_COLUMNS)
		return synergy_error_set(err, E2BIG, "%s: %zu columns, at most %d", q->what, q->p,
					 SYNERGY_LINEAR_MAX_COLUMNS);
	if (q->n <= q->p)
		return synergy_error_set(err, EDOM,
					 "%s: %zu observations for %zu coefficients: more observations than coefficients are needed",
					 q->what, q->n, q->p);
	for (i = 0; i < q->n; i++) {
		if (!isfinite(q->y[i]))
			return synergy_error_set(err, EDOM, "%s: observation %zu is not finite",
						 q->what, i);
		if (q->weight && !(q->weight[i] > 0 && isfinite(q->weight[i])))
			return synergy_error_set(err, EDOM, "%s: weight %zu is %g", q->what, i,
						 q->weight[i]);
	}
	for (k = 0; k < q->p; k++) {
		int constant = 1;

		for (i = 0; i < q->n; i++) {
			double v = q->x[i * q->p + k];

			if (!isfinite(v))
				return synergy_error_set(err, EDOM,
							 "%s: column '%s', row %zu is not finite",
							 q->what, q->names[k], i);
			constant &= v == q->x[k];
		}
		if (constant && q->x[k] == 0)
			return synergy_error_set(err, EDOM, "%s: column '%s' is zero throughout",
						 q->what, q->names[k]);
		if (constant && q->intercept && k)
			return synergy_error_set(err, EDOM,
						 "%s: column '%s' is constant (%g): it cannot be distinguished from the intercept",
						 q->what, q->names[k], q->x[k]);
	}
	return 0;
}

/* Least squares with the active columns; coef of the others 0. */
static int solve(const struct synergy_linear_problem *q, const int *active,
		 struct synergy_linear *fit, struct synergy_error *err)
{
	struct solver z;
	size_t i, k, m;
	int result = -1;

	if (solver_make(&z, q, active)) {
		synergy_error_set(err, ENOMEM, "%s: out of memory", q->what);
		goto out;
	}
	gsl_matrix_memcpy(z.qr, z.a);
	gsl_linalg_QR_decomp(z.qr, z.tau);
	if (singular(&z, &fit->condition, err))
		goto out;
	for (i = 0; i < REFINEMENTS; i++)
		refine(&z);
	fit->dof = q->n - z.p;
	fit->rss = 0;
	for (i = 0; i < q->n; i++) {
		double r = gsl_vector_get(z.r, i);

		fit->rss += r * r;
		if (fit->residual)
			fit->residual[i] = r / root_weight(q, i);
	}
	fit->sigma = sqrt(fit->rss / (double)fit->dof);
	memset(fit->coef, 0, sizeof(fit->coef));
	memset(fit->cov, 0, sizeof(fit->cov));
	for (i = 0; i < z.p; i++) {
		fit->coef[z.column[i]] = z.x[i] * z.scale[i];
		for (k = 0; k < z.p; k++) {
			double sum = 0;

			for (m = 0; m < z.p; m++) {
				double s = gsl_vector_get(z.s, m);

				sum += gsl_matrix_get(z.v, i, m) * gsl_matrix_get(z.v, k, m) /
				       (s * s);
			}
			fit->cov[z.column[i] * q->p + z.column[k]] =
				sum * z.scale[i] * z.scale[k] * fit->sigma * fit->sigma;
		}
	}
	result = 0;
out:
	solver_free(&z);
	return result;
}

/* Gradient of the residual sum along column k: X'W(y - Xb). */
static double gradient(const struct synergy_linear_problem *q, const struct synergy_linear *fit,
		       size_t k)
{
	double sum = 0, norm = 0;
	size_t i;

	for (i = 0; i < q->n; i++) {
		double w = q->weight ? q->weight[i] : 1, x = q->x[i * q->p + k];

		sum += w * x * fit->residual[i];
		norm += w * x * x;
	}
	return norm > 0 ? sum / sqrt(norm) : 0;
}

/*
 * From the passive solution old to the one with a column more: step back to where
 * the first coefficient becomes zero, drop that column, solve again.
 */
static int step_back(const struct synergy_linear_problem *q, struct synergy_linear *fit,
		     double *old, struct synergy_error *err)
{
	for (;;) {
		double share = 1;
		size_t k, drop = q->p;

		if (solve(q, fit->active, fit, err))
			return -1;
		for (k = 0; k < q->p; k++)
			if (fit->active[k] && fit->coef[k] < 0) {
				double s = old[k] / (old[k] - fit->coef[k]);

				if (drop == q->p || s < share) {
					share = s;
					drop = k;
				}
			}
		if (drop == q->p)
			return 0;
		for (k = 0; k < q->p; k++)
			old[k] += share * (fit->coef[k] - old[k]);
		fit->active[drop] = 0;
		old[drop] = 0;
		for (k = 0; k < q->p && !fit->active[k]; k++)
			;
		if (k == q->p)
			return synergy_error_set(err, EDOM, "%s: no coefficient is positive",
						 q->what);
	}
}

static int solve_nonnegative(const struct synergy_linear_problem *q, struct synergy_linear *fit,
			     struct synergy_error *err)
{
	double old[SYNERGY_LINEAR_MAX_COLUMNS] = { 0 };
	size_t rounds, k, best, i;

	memset(fit->active, 0, sizeof(fit->active));
	for (i = 0; i < q->n; i++)
		fit->residual[i] = q->y[i];
	for (rounds = 0; rounds < 3 * q->p; rounds++) {
		double most = 0, scale = 0;

		for (i = 0; i < q->n; i++)
			scale = hypot(scale, root_weight(q, i) * q->y[i]);
		for (best = q->p, k = 0; k < q->p; k++) {
			double g = fit->active[k] ? 0 : gradient(q, fit, k);

			if (g > most && g > 1e-12 * scale) {
				most = g;
				best = k;
			}
		}
		if (best == q->p)
			break;
		fit->active[best] = 1;
		if (step_back(q, fit, old, err))
			return -1;
		memcpy(old, fit->coef, q->p * sizeof(*old));
		if (!fit->active[best])
			break;		/* it came in and went out: the end is rounding */
	}
	for (k = 0; k < q->p && !fit->active[k]; k++)
		;
	if (k == q->p)
		return synergy_error_set(err, EDOM, "%s: no coefficient is positive", q->what);
	return solve(q, fit->active, fit, err);
}

static void summarise(const struct synergy_linear_problem *q, struct synergy_linear *fit)
{
	double sw = 0, mean = 0;
	size_t i, k;

	for (i = 0; q->intercept && i < q->n; i++) {
		sw += q->weight ? q->weight[i] : 1;
		mean += (q->weight ? q->weight[i] : 1) * q->y[i];
	}
	mean = q->intercept ? mean / sw : 0;
	fit->tss = 0;
	for (i = 0; i < q->n; i++)
		fit->tss += (q->weight ? q->weight[i] : 1) * (q->y[i] - mean) * (q->y[i] - mean);
	fit->r2 = fit->tss > 0 ? 1 - fit->rss / fit->tss : NAN;
	for (k = 0; k < q->p; k++)
		fit->se[k] = sqrt(fit->cov[k * q->p + k]);
}

int synergy_linear_fit(const struct synergy_linear_problem *q, struct synergy_linear *fit,
		       struct synergy_error *err)
{
	size_t k;
	int r;

	memset(fit, 0, sizeof(*fit));
	if (check(q, err))
		return -1;
	fit->n = q->n;
	fit->p = q->p;
	fit->residual = calloc(q->n, sizeof(*fit->residual));
	if (!fit->residual)
		return synergy_error_set(err, ENOMEM, "%s: out of memory", q->what);
	for (k = 0; k < q->p; k++)
		fit->active[k] = 1;
	r = solve(q, fit->active, fit, err);
	if (!r && q->nonnegative) {
		for (k = 0; k < q->p && fit->coef[k] >= 0; k++)
			;
		if (k < q->p)
			r = solve_nonnegative(q, fit, err);
	}
	if (r) {
		synergy_linear_free(fit);
		return -1;
	}
	summarise(q, fit);
	return 0;
}

void synergy_linear_free(struct synergy_linear *fit)
{
	free(fit->residual);
	fit->residual = NULL;
}

double synergy_linear_predict(const struct synergy_linear *fit, const double *x, double *se)
{
	double value = 0, variance = 0;
	size_t i, k;

	for (i = 0; i < fit->p; i++) {
		value += x[i] * fit->coef[i];
		for (k = 0; k < fit->p; k++)
			variance += x[i] * x[k] * fit->cov[i * fit->p + k];
	}
	if (se)
		*se = sqrt(variance > 0 ? variance : 0);
	return value;
}
