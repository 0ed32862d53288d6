// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One rail solved: the model, its error terms and why they are as they are.
 *
 *	y_i = sum_k share_ik theta_k + shift g_i + offset_run(i) + rhythm_i + e_i
 *
 * y_i is sample i's mean power over its conversion window, theta the power of
 * each layer's segments (design.c), of the sampler's pauses (sampler_pauses.c), of the time
 * between layers, before the runs and after them; g_i is how y_i would change if the
 * window came later by its slack (the powers at its ends differ): a chip that converts
 * freely drifts against the clock, and so do slack and error together, which is how
 * shift, the error as a share of the slack, is found. offset is a run's own power above
 * the mean of all (drift); the offsets sum to zero. rhythm is what the sampler's ticks
 * do beyond that (sampler_power.c), which sums to zero, too.
 *
 * The variance of e_i is that of the layer which has most of the window (noise,
 * quantisation, and structure finer than a segment, estimated from residuals),
 * plus the random part of the slack, plus a part for time outside of the runs.
 *
 * Priors, so that what the data cannot tell gets a wide interval and not a wild
 * figure: neighbouring segments of one layer differ by Student's t with scale tau
 * (EM, apart for edges and inside): most hardly differ, some do by far, as where a
 * layer has gathered and begins to multiply; a layer's mean is N(m, (2m)^2), m the mean
 * power: a factor of some hundred weaker than any resolved layer's data; the
 * power between layers, hardly ever resolvable, where a core marks and computes
 * little, is N(m/2, (m/4)^2), and the narrower the shorter that time is.
 *
 * Errors: the posterior covariance, plus what no repetition averages out: a common
 * error of the windows' times (segments can take it up, so the data hardly tell it;
 * as much as the windows that are known best may have: what comes on top differs
 * from window to window, and that is what shift is found from), what the segments
 * at the layers' borders are too long for (intervals.c), the step of the bus voltage, and the shunt's step where there is too little noise to smooth it.
 * Student's t with the degrees of freedom of the layer's variance.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_blas.h>

#include "attribute/internal.h"

#define ITERATIONS	10
#define OUTLIERS_FROM	4	/* iteration in which outliers are looked for */
#define RHYTHM_FROM	3	/* iteration in which the sampler's own is looked for */
#define PRIOR_DOF	4.0	/* weight of the typical variance in a layer's own */
#define RANDOM_SLACK	0.3	/* share of the slack that is new in every window */
#define IN_DOUBT_SHARE	0.5	/* what a window may be off by that may be the neighbour */
#define STEP_DOF	4.0	/* of the steps between segments */
#define OUTSIDE_SHARE	0.3	/* how far the power outside of the runs strays, of the mean, */
#define OUTSIDE_WINDOWS	50	/* until so many windows tell, ... */
#define OUTSIDE_LEAST	0.02	/* ... and at least */

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
	q->rhythm = zeros(n, sizeof(*q->rhythm));
	q->tau = zeros(q->d.n, sizeof(double));
	q->pull = gsl_vector_calloc(q->d.n);
	if (!q->tau || !q->pull || !q->residual || !q->variance || !q->outlier || !q->layer_variance ||
	    !q->layer_dof || !q->run_offset || !q->rhythm)
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
	free(q->rhythm);
	free(q->tau);
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
		if (!i || q->s->slack_ns[s] < q->least_slack_ns)
			q->least_slack_ns = q->s->slack_ns[s];
	}
	q->least_slack_ns = fmax(q->least_slack_ns, SYNERGY_LEAST_SLACK_NS);
	q->mean_uw = fabs(q->mean_uw) + 1;	/* a scale: never zero */
	q->tau_edge = q->tau_inside = 0.2 * q->mean_uw;
	q->outside_uw = OUTSIDE_SHARE * q->mean_uw;
	q->noise_variance = 0.0025 * q->mean_uw * q->mean_uw;
	for (i = 0; i <= q->t->n_layers; i++)
		q->layer_variance[i] = q->noise_variance;
	for (i = 0; i < q->d.n; i++)
		q->tau[i] = q->tau_edge;
}

static size_t group_of(const struct synergy_solution *q, size_t i)
{
	uint32_t layer = q->d.layer[i];

	return layer < SYNERGY_PIECE_OUTSIDE ? layer : q->t->n_layers;
}

/* What window i measured, its run's offset and the sampler's own rhythm taken off. */
static double measured(const struct synergy_solution *q, size_t i)
{
	return q->s->power_uw[q->d.window[i]] - q->rhythm[i] -
	       (1 - (double)q->d.outside[i]) * q->run_offset[q->d.run[i]];
}

/* Change of window i's mean power with its time, uW per ns: powers at its ends. */
static double slope(const struct synergy_solution *q, const struct synergy_row *row, size_t i)
{
	size_t s = q->d.window[i];

	if (row->n < 2)
		return 0;
	return (gsl_vector_get(q->m.theta, row->last) - gsl_vector_get(q->m.theta, row->first)) /
	       (double)(q->s->end_ns[s] - q->s->begin_ns[s]);
}

/* The row of window i with its shift column, and the variance it is weighted with. */
static int equation(struct synergy_solution *q, size_t i, int have_theta)
{
	double g = 0, extra, outside = q->d.outside[i] * q->outside_uw;
	size_t s = q->d.window[i];
	double slack = fmax(q->s->slack_ns[s], SYNERGY_LEAST_SLACK_NS);

	if (synergy_design_row(&q->d, i, &q->row))
		return -1;
	if (have_theta)
		g = slope(q, &q->row, i);
	extra = RANDOM_SLACK * RANDOM_SLACK * slack * slack / 3 * g * g + outside * outside;
	q->variance[i] = q->layer_variance[group_of(q, i)] + extra;
	/* Which window was it, this one or the one beside it? No shift tells that. */
	if (slack >= (double)(q->s->end_ns[s] - q->s->begin_ns[s])) {
		q->variance[i] += IN_DOUBT_SHARE * IN_DOUBT_SHARE * q->mean_uw * q->mean_uw;
		return 0;
	}
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
		double tau = q->tau[first + k];

		row->n = 0;
		if (synergy_row_put(row, first + k, -1) ||
		    synergy_row_put(row, first + k + 1, 1))
			return -1;
		synergy_normal_add(&q->m, row, 0, 1 / (tau * tau));
	}
	return 0;
}

/*
 * The power between layers. A time shorter than the segments beside it cannot be told
 * from what is uneven in them, and left free it would take that from all layers.
 */
static int add_between_prior(struct synergy_solution *q)
{
	double length = q->t->n_between > 0 ? q->t->between_ns / q->t->n_between : 0;
	double free = fmin(length / q->d.fine_ns, 1);

	return add_single_prior(q, synergy_design_between(&q->d), 0.5 * q->mean_uw,
				SYNERGY_BETWEEN_SHARE * q->mean_uw * fmax(free * free, 1e-3));
}

static int add_priors(struct synergy_solution *q)
{
	size_t i;

	for (i = 0; i < q->t->n_layers; i++)
		if (q->t->times[i] > 0 && add_layer_prior(q, i))
			return -1;
	/* The sampler's power; where no window is, that of a core that computes little. */
	return add_between_prior(q) ||
	       add_single_prior(q, synergy_design_paused(&q->d, 0), q->mean_uw, q->mean_uw) ||
	       add_single_prior(q, synergy_design_paused(&q->d, 1), 0.5 * q->mean_uw,
				SYNERGY_BETWEEN_SHARE * q->mean_uw) ||
	       add_single_prior(q, synergy_design_before(&q->d), q->mean_uw, q->mean_uw) ||
	       add_single_prior(q, synergy_design_after(&q->d), q->mean_uw, q->mean_uw) ||
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

/*
 * How far the power outside of the runs is from one value, where enough windows reach
 * out to tell: what their residuals have beyond the noise, weighted by how far they reach.
 */
static void update_outside(struct synergy_solution *q)
{
	double sum = 0, weight = 0;
	size_t n = 0, i;

	for (i = 0; i < q->d.n_windows; i++) {
		double square = q->d.outside[i] * (double)q->d.outside[i];

		if (q->outlier[i] || !(square > 0))
			continue;
		sum += square * (q->residual[i] * q->residual[i] - q->layer_variance[group_of(q, i)]);
		weight += square * square;
		n++;
	}
	if (n >= OUTSIDE_WINDOWS)
		q->outside_uw = fmax(sqrt(fmax(sum / weight, 0)), OUTSIDE_LEAST * q->mean_uw);
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

/* Expected square of the step from segment a to the next: what it is, and how badly known. */
static double step_square(const struct synergy_solution *q, size_t a)
{
	double step = gsl_vector_get(q->m.theta, a + 1) - gsl_vector_get(q->m.theta, a);

	return step * step + synergy_normal_inverse(&q->m, a, a) +
	       synergy_normal_inverse(&q->m, a + 1, a + 1) -
	       2 * synergy_normal_inverse(&q->m, a, a + 1);
}

/*
 * EM for Student's t: each step has a variance of its own, drawn around the scale's.
 * Where windows leave many segments unseen the data do not bound the scale, and it
 * would grow without end: typical steps are no greater than the mean power.
 */
static void update_priors(struct synergy_solution *q)
{
	double sum[2] = { 0 }, n[2] = { 0 }, least = 0.002 * q->mean_uw, most = q->mean_uw;
	double scale[2] = { q->tau_inside, q->tau_edge };
	size_t i, k;

	for (i = 0; i < q->t->n_layers; i++) {
		size_t first = q->d.first_segment[i], count = q->d.n_segments[i];

		for (k = 0; count && k + 1 < count; k++) {
			size_t edge = (size_t)is_edge(k, count);
			double *tau = &q->tau[first + k];
			double ratio = scale[edge] / *tau, square = step_square(q, first + k);

			sum[edge] += ratio * ratio * square;
			n[edge]++;
			*tau = sqrt((STEP_DOF * scale[edge] * scale[edge] + square) / (STEP_DOF + 1));
		}
	}
	if (n[1] > 0)
		q->tau_edge = fmin(fmax(sqrt(sum[1] / n[1]), least), most);
	if (n[0] > 0)
		q->tau_inside = fmin(fmax(sqrt(sum[0] / n[0]), least), most);
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
		update_outside(q);
		if ((q->t->n_runs >= 3 && update_offsets(q)) ||
		    (i >= RHYTHM_FROM && synergy_update_rhythm(q)))
			return -1;
	}
	return solve_once(q, 1) || update_variances(q) || fit_mean(q) ? -1 : 0;
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
	if (iterate(&q, sigmas) || synergy_rail_figures(&q, share, r))
		synergy_error_set(err, errno ? errno : ENOMEM, "rail %s: %zu unknowns from %zu samples: %s",
				  s->label, q.d.n, q.d.n_windows,
				  errno == EDOM ? "the system cannot be solved" : strerror(errno));
	else
		result = 0;
out:
	release(&q);
	return result;
}
