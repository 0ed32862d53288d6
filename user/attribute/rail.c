// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One rail solved: the model, its error terms and why they are as they are.
 *
 *	y_i = sum_k share_ik theta_k + shift g_i + offset_run(i) + e_i
 *
 * y_i is sample i's mean power over its conversion window, theta the power of
 * each layer's segments (design.c), of the time between layers and outside of
 * the runs; g_i is how y_i would change if the window came later by its slack (the
 * powers at its ends differ): a chip that converts freely drifts against the clock,
 * and so do slack and error together, which is how shift, the error as a share of
 * the slack, is found. offset is a run's own power above the mean of all (drift);
 * the offsets sum to zero.
 *
 * The variance of e_i is that of the layer which has most of the window (noise,
 * quantisation, and structure finer than a segment, estimated from residuals),
 * plus the random part of the slack, plus a part for time outside of the runs.
 *
 * Priors, so that what the data cannot tell gets a wide interval and not a wild
 * figure: neighbouring segments of one layer differ by N(0, tau^2), tau estimated
 * (EM) apart for edges and inside; a layer's mean is N(m, (2m)^2), m the mean
 * power: a factor of some hundred weaker than any resolved layer's data; the
 * power between layers, hardly ever resolvable, is N(m, m^2).
 *
 * Errors: the posterior covariance, plus what no repetition averages out: a common
 * error of the windows' times (segments can take it up, so the data hardly tell it),
 * the step of the bus voltage, and the shunt's step where there is too little noise
 * to smooth it. Student's t with the degrees of freedom of the layer's variance.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>

#include "attribute/internal.h"

#define ITERATIONS	10
#define OUTLIERS_FROM	4	/* iteration in which outliers are looked for */
#define PRIOR_DOF	4.0	/* weight of the typical variance in a layer's own */
#define LEAST_SLACK_NS	500.0	/* what any window's time may be off by */
#define RANDOM_SLACK	0.3	/* share of the slack that is new in every window */
#define COMMON_SLACK	0.4	/* standard deviation of what all windows have in common */
#define OUTSIDE_SHARE	0.3	/* how well the power outside of the runs is known */

static void *zeros(size_t n, size_t size)
{
	return calloc(n ? n : 1, size);
}

static int allocate(struct synergy_solution *q)
{
	size_t n = q->d.n_windows;

	q->residual = zeros(n, sizeof(*q->residual));
	q->variance = zeros(n, sizeof(*q->variance));
	q->outlier = zeros(n, sizeof(*q->outlier));
	q->layer_variance = zeros(q->t->n_layers + 1, sizeof(double));
	q->layer_dof = zeros(q->t->n_layers + 1, sizeof(double));
	q->run_offset = zeros(q->t->n_runs, sizeof(double));
	q->pull = gsl_vector_calloc(q->d.n);
	if (!q->pull || !q->residual || !q->variance || !q->outlier || !q->layer_variance ||
	    !q->layer_dof || !q->run_offset)
		return -1;
	return synergy_normal_alloc(&q->m, q->d.n, q->d.bandwidth);
}

static void release(struct synergy_solution *q)
{
	synergy_normal_free(&q->m);
	synergy_design_free(&q->d);
	synergy_row_free(&q->row);
	free(q->residual);
	free(q->variance);
	free(q->outlier);
	free(q->layer_variance);
	free(q->layer_dof);
	free(q->run_offset);
	gsl_vector_free(q->pull);
}

static void first_guess(struct synergy_solution *q)
{
	size_t n = q->d.n_windows, i;

	for (i = 0; i < n; i++) {
		size_t s = q->d.window[i];

		q->mean_uw += q->s->power_uw[s] / (double)n;
		q->step_uw += q->s->step_uw[s] / (double)n;
		q->slack_ns += q->s->slack_ns[s] / (double)n;
	}
	q->mean_uw = fabs(q->mean_uw) + 1;	/* a scale: never zero */
	q->tau_edge = q->tau_inside = 0.2 * q->mean_uw;
	q->noise_variance = 0.0025 * q->mean_uw * q->mean_uw;
	for (i = 0; i <= q->t->n_layers; i++)
		q->layer_variance[i] = q->noise_variance;
}

static size_t group_of(const struct synergy_solution *q, size_t i)
{
	uint32_t layer = q->d.layer[i];

	return layer < SYNERGY_PIECE_OUTSIDE ? layer : q->t->n_layers;
}

/* What window i measured, its run's offset taken off. */
static double measured(const struct synergy_solution *q, size_t i)
{
	return q->s->power_uw[q->d.window[i]] -
	       (1 - (double)q->d.outside[i]) * q->run_offset[q->d.run[i]];
}

/* Change of window i's mean power with its time, uW per ns: powers at its ends. */
static double slope(const struct synergy_solution *q, const struct synergy_row *row, size_t i)
{
	size_t s = q->d.window[i];

	if (row->n < 2)
		return 0;
	return (gsl_vector_get(q->m.theta, row->unknown[row->n - 1]) -
		gsl_vector_get(q->m.theta, row->unknown[0])) /
	       (double)(q->s->end_ns[s] - q->s->begin_ns[s]);
}

/* The row of window i with its shift column, and the variance it is weighted with. */
static int equation(struct synergy_solution *q, size_t i, int have_theta)
{
	double g = 0, extra, outside = q->d.outside[i] * OUTSIDE_SHARE * q->mean_uw;
	double slack = fmax(q->s->slack_ns[q->d.window[i]], LEAST_SLACK_NS);

	if (synergy_design_row(&q->d, i, &q->row))
		return -1;
	if (have_theta)
		g = slope(q, &q->row, i);
	extra = RANDOM_SLACK * RANDOM_SLACK * slack * slack / 3 * g * g + outside * outside;
	q->variance[i] = q->layer_variance[group_of(q, i)] + extra;
	return synergy_row_put(&q->row, synergy_design_shift(&q->d), g * slack);
}

/* ---- priors ---- */

static int is_edge(size_t k, size_t n)
{
	return k < 2 || k + 3 >= n;
}

static int add_single_prior(struct synergy_solution *q, size_t unknown, double mean, double sd)
{
	q->row.n = 0;
	if (synergy_row_put(&q->row, unknown, 1))
		return -1;
	synergy_normal_add(&q->m, &q->row, mean, 1 / (sd * sd));
	return 0;
}

/*
 * The prior of a layer's level stands on its middle segment: on the mean of all it
 * would tie every segment to every other one, and the system would not be banded.
 */
static int add_layer_prior(struct synergy_solution *q, size_t layer)
{
	size_t first = q->d.first_segment[layer], n = q->d.n_segments[layer], k;
	struct synergy_row *row = &q->row;

	if (add_single_prior(q, first + n / 2, q->mean_uw, 2 * q->mean_uw))
		return -1;
	for (k = 0; k + 1 < n; k++) {
		double tau = is_edge(k, n) ? q->tau_edge : q->tau_inside;

		row->n = 0;
		if (synergy_row_put(row, first + k, -1) ||
		    synergy_row_put(row, first + k + 1, 1))
			return -1;
		synergy_normal_add(&q->m, row, 0, 1 / (tau * tau));
	}
	return 0;
}

static int add_priors(struct synergy_solution *q)
{
	size_t i;

	for (i = 0; i < q->t->n_layers; i++)
		if (q->t->times[i] > 0 && add_layer_prior(q, i))
			return -1;
	return add_single_prior(q, synergy_design_between(&q->d), q->mean_uw, q->mean_uw) ||
	       add_single_prior(q, synergy_design_outside(&q->d), q->mean_uw, q->mean_uw) ||
	       add_single_prior(q, synergy_design_shift(&q->d), 0, 1 / sqrt(3)) ? -1 : 0;
}

/* ---- one iteration ---- */

static int solve_once(struct synergy_solution *q, int have_theta)
{
	size_t i;

	synergy_normal_clear(&q->m);
	for (i = 0; i < q->d.n_windows; i++) {
		if (equation(q, i, have_theta))
			return -1;
		if (!q->outlier[i])
			synergy_normal_add(&q->m, &q->row, measured(q, i), 1 / q->variance[i]);
	}
	return add_priors(q) ? -1 : synergy_normal_solve(&q->m);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The variance of a typical layer: a median, so that one restless layer does not tell. */
static double typical_variance(const struct synergy_solution *q, const double *sum,
			       const double *dof)
{
	double *v = zeros(q->t->n_layers + 1, sizeof(*v)), all = 0, all_dof = 0, typical;
	size_t n = 0, i;

	for (i = 0; i <= q->t->n_layers; i++) {
		all += sum[i];
		all_dof += dof[i];
		if (v && dof[i] > 4)
			v[n++] = sum[i] / dof[i];
	}
	typical = all_dof > 0 ? all / all_dof : q->noise_variance;
	if (n >= 3) {
		qsort(v, n, sizeof(*v), compare);
		typical = v[n / 2];
	}
	free(v);
	return typical;
}

/* Residual of window i, whose equation is in q->row. */
static double residual_of(const struct synergy_solution *q, size_t i)
{
	double fit = 0;
	size_t k;

	for (k = 0; k < q->row.n; k++)
		fit += q->row.share[k] * gsl_vector_get(q->m.theta, q->row.unknown[k]);
	return measured(q, i) - fit;
}

/* Residuals, and from them each layer's variance. */
static int update_variances(struct synergy_solution *q)
{
	size_t groups = q->t->n_layers + 1, i;
	double *sum = zeros(groups, sizeof(*sum)), *dof = zeros(groups, sizeof(*dof));
	double least = q->step_uw * q->step_uw / 12 + 1e-6 * q->mean_uw * q->mean_uw;

	if (!sum || !dof)
		goto fail;
	for (i = 0; i < q->d.n_windows; i++) {
		size_t group = group_of(q, i);
		double old = q->layer_variance[group], free_part;

		if (equation(q, i, 1))
			goto fail;
		q->residual[i] = residual_of(q, i);
		if (q->outlier[i])
			continue;
		free_part = 1 - synergy_normal_leverage(&q->m, &q->row) / q->variance[i];
		if (free_part < 0)
			free_part = 0;
		/* The part of the square that is the layer's own. */
		sum[group] += q->residual[i] * q->residual[i] * old / q->variance[i];
		dof[group] += free_part;
	}
	q->noise_variance = typical_variance(q, sum, dof);
	for (i = 0; i < groups; i++) {
		q->layer_dof[i] = dof[i] + PRIOR_DOF;
		q->layer_variance[i] = (sum[i] + PRIOR_DOF * q->noise_variance) / q->layer_dof[i];
		if (q->layer_variance[i] < least)
			q->layer_variance[i] = least;
	}
	free(sum);
	free(dof);
	return 0;
fail:
	free(sum);
	free(dof);
	errno = ENOMEM;
	return -1;
}

/* EM step for the steps between segments: what they are, plus how badly they are known. */
static void update_priors(struct synergy_solution *q)
{
	double sum[2] = { 0 }, n[2] = { 0 }, least = 0.002 * q->mean_uw;
	size_t i, k;

	for (i = 0; i < q->t->n_layers; i++) {
		size_t first = q->d.first_segment[i], count = q->d.n_segments[i];

		for (k = 0; count && k + 1 < count; k++) {
			size_t a = first + k, b = a + 1, edge = (size_t)is_edge(k, count);
			double step = gsl_vector_get(q->m.theta, b) - gsl_vector_get(q->m.theta, a);

			sum[edge] += step * step + synergy_normal_inverse(&q->m, a, a) +
				     synergy_normal_inverse(&q->m, b, b) -
				     2 * synergy_normal_inverse(&q->m, a, b);
			n[edge]++;
		}
	}
	if (n[1] > 0)
		q->tau_edge = fmax(sqrt(sum[1] / n[1]), least);
	if (n[0] > 0)
		q->tau_inside = fmax(sqrt(sum[0] / n[0]), least);
}

/* Each run's power above the mean of all, shrunk by how well it is known. */
static int update_offsets(struct synergy_solution *q)
{
	size_t runs = q->t->n_runs, i;
	double *sum = zeros(runs, sizeof(*sum)), *weight = zeros(runs, sizeof(*weight));
	double between = 0, mean = 0;

	if (!sum || !weight) {
		free(sum);
		free(weight);
		return -1;
	}
	for (i = 0; i < q->d.n_windows; i++) {
		if (q->outlier[i])
			continue;
		sum[q->d.run[i]] += q->residual[i] / q->variance[i];
		weight[q->d.run[i]] += 1 / q->variance[i];
	}
	for (i = 0; i < runs; i++) {
		double raw = weight[i] > 0 ? sum[i] / weight[i] + q->run_offset[i] : 0;

		sum[i] = raw;
		between += weight[i] > 0 ? raw * raw - 1 / weight[i] : 0;
	}
	between = fmax(between / (double)runs, 0);
	for (i = 0; i < runs; i++) {
		q->run_offset[i] = weight[i] > 0 && between > 0 ?
			sum[i] * between / (between + 1 / weight[i]) : 0;
		mean += q->run_offset[i] / (double)runs;
	}
	for (i = 0; i < runs; i++)
		q->run_offset[i] -= mean;
	free(sum);
	free(weight);
	return 0;
}

/*
 * Weighted least squares lets the residuals of restless layers sum to something.
 * What was measured must come out in sum: the unknowns are moved so that the mean
 * over all windows fits exactly, each as far as it is uncertain (the conditional
 * expectation given the mean), and the variance of that mean is added to theirs.
 */
static int fit_mean(struct synergy_solution *q)
{
	gsl_vector *share = gsl_vector_calloc(q->d.n);
	double mean = 0, variance = 0, fitted, own, n = 0;
	size_t i, k;

	if (!share)
		return -1;
	for (i = 0; i < q->d.n_windows; i++) {
		if (q->outlier[i])
			continue;
		if (equation(q, i, 1))
			goto fail;
		for (k = 0; k < q->row.n; k++)
			*gsl_vector_ptr(share, q->row.unknown[k]) += q->row.share[k];
		mean += measured(q, i);
		variance += q->variance[i];
		n++;
	}
	gsl_vector_scale(share, 1 / n);
	mean /= n;
	variance /= n * n;
	gsl_vector_memcpy(q->pull, share);
	if (synergy_normal_apply(&q->m, q->pull))
		goto fail;
	gsl_blas_ddot(share, q->pull, &own);
	gsl_blas_ddot(share, q->m.theta, &fitted);
	gsl_vector_scale(q->pull, own > 0 ? 1 / own : 0);
	q->pull_variance = fmax(variance - own, 0);
	gsl_blas_daxpy(mean - fitted, q->pull, q->m.theta);
	for (i = 0; i < q->d.n_windows; i++) {
		if (equation(q, i, 1))
			goto fail;
		q->residual[i] = residual_of(q, i);
	}
	gsl_vector_free(share);
	return 0;
fail:
	gsl_vector_free(share);
	return -1;
}

static int iterate(struct synergy_solution *q, double sigmas)
{
	int i;

	for (i = 0; i < ITERATIONS; i++) {
		if (solve_once(q, i > 0) || update_variances(q))
			return -1;
		if (i == OUTLIERS_FROM && sigmas > 0) {
			if (synergy_find_outliers(q, sigmas))
				return -1;
			/* What they did to the layers' variances must not stay. */
			if (q->n_outliers && update_variances(q))
				return -1;
		}
		update_priors(q);
		if (q->t->n_runs >= 3 && update_offsets(q))
			return -1;
	}
	return solve_once(q, 1) || update_variances(q) || fit_mean(q) ? -1 : 0;
}

/* ---- results ---- */

/* The sum over unknowns with coefficients c: value and variance. x is work space. */
static int combine(const struct synergy_solution *q, const gsl_vector *c, gsl_vector *x,
		   double *value, double *variance)
{
	double follow;

	gsl_blas_ddot(c, q->m.theta, value);
	gsl_vector_memcpy(x, c);
	if (synergy_normal_apply(&q->m, x))
		return -1;
	gsl_blas_ddot(c, x, variance);
	gsl_blas_ddot(c, q->pull, &follow);
	*variance += follow * follow * q->pull_variance;
	return 0;
}

/* Relative and absolute (uW) errors that repetition does not average out, squared. */
static double bias_variance(const struct synergy_solution *q, double energy, double us,
			    double layer_variance)
{
	double bus = energy * q->s->bus_step_share / sqrt(12);
	double own = layer_variance - q->step_uw * q->step_uw / 12, shunt = 0;

	/*
	 * A rounded value whose noise has standard deviation s steps keeps a mean
	 * error of up to exp(-2 (pi s)^2) / pi steps.
	 */
	if (q->step_uw > 0)
		shunt = q->step_uw / M_PI / M_SQRT2 * us / 1e6 *
			exp(-2 * M_PI * M_PI * fmax(own, 0) / (q->step_uw * q->step_uw));
	return bus * bus + shunt * shunt;
}

/*
 * All windows late by d: the layer is charged what runs in d after its end, and not
 * what it did in its own first d. Powers there are those of the first segments.
 */
static double shift_variance(const struct synergy_solution *q, size_t order)
{
	size_t layer = q->d.order[order], next = order + 1, first = q->d.first_segment[layer];
	double slack = COMMON_SLACK * fmax(q->slack_ns, LEAST_SLACK_NS), begin, after, energy;

	begin = gsl_vector_get(q->m.theta, first);
	after = next < q->d.n_order ?
		gsl_vector_get(q->m.theta, q->d.first_segment[q->d.order[next]]) :
		gsl_vector_get(q->m.theta, synergy_design_between(&q->d));
	/* A layer shorter than the slack is replaced by its neighbour, no more. */
	slack = fmin(slack, q->t->layer_ns[layer]);
	energy = slack * (after - begin) * q->t->times[layer] / 1e9;
	return energy * energy;
}

static struct synergy_figure figure(double value, double variance, double dof)
{
	struct synergy_figure f = { value, sqrt(variance), NAN };

	f.ci95 = f.se * gsl_cdf_tdist_Pinv(0.975, dof < 3 ? 3 : dof);
	return f;
}

static void judge(struct synergy_layer_figures *l, double us, double share, size_t runs)
{
	double relative = l->energy_uj.ci95 / fabs(l->energy_uj.value);

	l->power_uw = us > 0 ? l->energy_uj.value / us * 1e6 : NAN;
	l->resolved = relative <= share;
	l->runs_needed = ceil((double)runs * (relative / share) * (relative / share));
	if (l->runs_needed < 1)
		l->runs_needed = 1;
	if (l->resolved && l->runs_needed > (double)runs)
		l->runs_needed = (double)runs;
}

/* Coefficients of layer i's energy per run, uJ per uW; returns its time, us. */
static double layer_coefficients(const struct synergy_solution *q, size_t i, gsl_vector *c)
{
	size_t first = q->d.first_segment[i], k;
	double us = q->t->layer_ns[i] * q->t->times[i] / 1e3, from = 0;

	for (k = first; k < first + q->d.n_segments[i]; k++) {
		gsl_vector_set(c, k, (q->d.edge[k] - from) * us / 1e6);
		from = q->d.edge[k];
	}
	return us;
}

static void absent_layers(const struct synergy_solution *q, struct synergy_rail_result *r)
{
	size_t i;

	for (i = 0; i < q->t->n_layers; i++)
		if (!(q->t->times[i] > 0)) {
			r->layers[i].energy_uj = (struct synergy_figure){ NAN, NAN, NAN };
			r->layers[i].power_uw = r->layers[i].runs_needed = NAN;
		}
}

static int layer_figures(const struct synergy_solution *q, gsl_vector *c, gsl_vector *x,
			 double share, struct synergy_rail_result *r)
{
	size_t order;

	absent_layers(q, r);
	for (order = 0; order < q->d.n_order; order++) {
		size_t i = q->d.order[order];
		struct synergy_layer_figures *l = &r->layers[i];
		double us, value, variance;

		l->samples = q->d.support[i];
		gsl_vector_set_zero(c);
		us = layer_coefficients(q, i, c);
		if (combine(q, c, x, &value, &variance))
			return -1;
		variance += bias_variance(q, value, us, q->layer_variance[i]) +
			    shift_variance(q, order);
		l->energy_uj = figure(value, variance, q->layer_dof[i]);
		judge(l, us, share, q->t->n_runs);
		/*
		 * No window met it: what stands here is the prior, the mean power, with an
		 * interval of several times that. It keeps the sum whole, and says so.
		 */
		if (!(l->samples > 0)) {
			l->resolved = 0;
			r->unattributed_uj += value;
		}
	}
	return 0;
}

static int total_figures(const struct synergy_solution *q, gsl_vector *c, gsl_vector *x,
			 double share, struct synergy_rail_result *r)
{
	double value, variance, more[2];
	size_t i;

	gsl_vector_set_zero(c);
	gsl_vector_set(c, synergy_design_between(&q->d), q->t->between_ns / 1e9);
	if (combine(q, c, x, &value, &variance))
		return -1;
	r->between.samples = q->d.between_support;
	r->between.energy_uj = figure(value, variance, q->layer_dof[q->t->n_layers]);
	judge(&r->between, q->t->between_ns / 1e3, share, q->t->n_runs);

	for (i = 0; i < q->t->n_layers; i++)
		if (q->t->times[i] > 0)
			layer_coefficients(q, i, c);
	if (combine(q, c, x, &value, &variance))
		return -1;
	variance += bias_variance(q, value, q->t->run_ns / 1e3, q->noise_variance);
	r->total_uj = figure(value, variance, (double)q->d.n_windows);
	synergy_residual_integral(q, more);
	r->integrated_uj = value + more[0];
	r->outlier_uj = more[1];
	r->closure = fabs(r->total_uj.value - r->integrated_uj) / fabs(r->integrated_uj);
	return 0;
}

/* Drift over the runs, from each run's mean residual with its offset put back. */
static int drift_figures(const struct synergy_solution *q, struct synergy_rail_result *r)
{
	size_t runs = q->t->n_runs, i;
	double *y = zeros(runs, sizeof(*y)), *w = zeros(runs, sizeof(*w));
	double change, rest = 0, squares = 0;

	if (!y || !w) {
		free(y);
		free(w);
		return -1;
	}
	for (i = 0; i < q->d.n_windows; i++) {
		if (q->outlier[i])
			continue;
		y[q->d.run[i]] += q->residual[i] / q->variance[i];
		w[q->d.run[i]] += 1 / q->variance[i];
	}
	for (i = 0; i < runs; i++)
		y[i] = (w[i] > 0 ? y[i] / w[i] : 0) + q->run_offset[i];
	synergy_trend(y, w, runs, &change, &r->drift_t);
	r->drift_share = change / q->mean_uw;
	r->warmup_share = r->warmup_t = NAN;
	for (i = 1; i < runs; i++)
		rest += y[i] / (double)(runs - 1);
	for (i = 1; i < runs; i++)
		squares += (y[i] - rest) * (y[i] - rest);
	if (runs >= 4) {
		double sd = sqrt(squares / (double)(runs - 2)) *
			    sqrt(1 + 1 / (double)(runs - 1));

		r->warmup_share = (y[0] - rest) / q->mean_uw;
		r->warmup_t = sd > 0 ? (y[0] - rest) / sd : 0;
	}
	free(y);
	free(w);
	return 0;
}

static void idle_figures(const struct synergy_solution *q, struct synergy_rail_result *r)
{
	uint64_t first = q->t->run_begin_ns[0], last = q->t->run_end_ns[q->t->n_runs - 1];
	double seconds = q->t->run_ns / 1e9;

	r->idle_before_uw = synergy_idle_power(q->in, q->s, 0, first);
	r->idle_after_uw = synergy_idle_power(q->in, q->s, last, UINT64_MAX);
	r->idle_uw = synergy_idle_power(q->in, q->s, 0, UINT64_MAX);
	r->net_uj.value = r->total_uj.value - r->idle_uw.value * seconds;
	r->net_uj.se = hypot(r->total_uj.se, r->idle_uw.se * seconds);
	r->net_uj.ci95 = hypot(r->total_uj.ci95, r->idle_uw.ci95 * seconds);
}

static int fill(struct synergy_solution *q, double share, struct synergy_rail_result *r)
{
	gsl_vector *c = gsl_vector_calloc(q->d.n), *x = gsl_vector_calloc(q->d.n);
	int bad = !c || !x || layer_figures(q, c, x, share, r) || total_figures(q, c, x, share, r);

	gsl_vector_free(c);
	gsl_vector_free(x);
	if (bad)
		return -1;
	r->n_samples = q->d.n_windows;
	r->n_outliers = q->n_outliers;
	r->n_unknowns = q->d.n;
	r->condition = q->m.condition;
	r->noise_uw = sqrt(q->noise_variance);
	r->shift_ns = gsl_vector_get(q->m.theta, synergy_design_shift(&q->d)) *
		      fmax(q->slack_ns, LEAST_SLACK_NS);
	r->coverage = synergy_coverage(q->t, q->s);
	r->trapezoid_uj = synergy_trapezoid(q->t, q->s);
	idle_figures(q, r);
	return drift_figures(q, r);
}

/* A rail that says nothing about the runs. */
static void nothing(size_t n_layers, struct synergy_rail_result *r)
{
	const struct synergy_figure none = { NAN, NAN, NAN };
	size_t i;

	for (i = 0; i < n_layers; i++) {
		r->layers[i].energy_uj = none;
		r->layers[i].power_uw = r->layers[i].runs_needed = NAN;
	}
	r->between.energy_uj = r->total_uj = r->net_uj = none;
	r->idle_before_uw = r->idle_after_uw = r->idle_uw = none;
	r->between.power_uw = r->between.runs_needed = NAN;
	r->integrated_uj = r->trapezoid_uj = r->closure = r->condition = r->noise_uw = NAN;
	r->drift_share = r->drift_t = r->warmup_share = r->warmup_t = NAN;
}

int synergy_rail_solve(const struct synergy_attribute_input *in, const struct synergy_timeline *t,
		       const struct synergy_rail_samples *s,
		       const struct synergy_attribute_options *o, struct synergy_rail_result *r,
		       struct synergy_error *err)
{
	struct synergy_solution q = { .in = in, .t = t, .s = s };
	double sigmas = o && o->outlier_sigmas != 0 ? o->outlier_sigmas : 8;
	double share = o && o->resolved_share > 0 ? o->resolved_share : SYNERGY_RESOLVED_SHARE;
	int result = -1;

	memcpy(r->label, s->label, sizeof(r->label));
	if (synergy_design_make(t, s, o && o->max_unknowns ? o->max_unknowns : 8000, &q.d, err))
		return -1;
	if (q.d.n_windows < 2) {
		nothing(t->n_layers, r);
		synergy_design_free(&q.d);
		return 0;
	}
	if (allocate(&q)) {
		synergy_error_set(err, ENOMEM, "attribution: out of memory for %zu unknowns",
				  q.d.n);
		goto out;
	}
	first_guess(&q);
	errno = 0;
	if (iterate(&q, sigmas) || fill(&q, share, r))
		synergy_error_set(err, errno ? errno : ENOMEM, "rail %s: %zu unknowns from %zu samples: %s",
				  s->label, q.d.n, q.d.n_windows,
				  errno == EDOM ? "the system cannot be solved" : strerror(errno));
	else
		result = 0;
out:
	release(&q);
	return result;
}
