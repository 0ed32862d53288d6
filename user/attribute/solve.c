// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One rail's linear model and its iterations (steps 2 and 3 of the method).
 *
 *	y_i = x_i theta + (1 - out_i) a_run(i) + e_i,   e_i ~ N(0, v_layer(i) + extra_i)
 *
 * y_i is sample i's mean power over its conversion window, x_i the window's shares
 * (design.c), theta the power of the layers' segments, between layers, before and after
 * the runs and while the sampler preempts. a is a run's own power above the mean of all.
 * This is a Gaussian Markov random field [1]: a first-difference penalty within each
 * layer makes what the windows cannot resolve follow the neighbouring segment, and the
 * posterior is as wide as that leaves it.
 *
 *	theta_k+1 - theta_k ~ N(0, tau^2 d_k)	d_k tenths of the layer apart
 *	a layer's middle ~ N(m, (2 m)^2)	m the mean power
 *
 * tau, the layers' noise and the runs' offsets are fitted by EM for the restricted
 * likelihood [2]. What the data cannot tell at all (the windows' common time error, the
 * supply's resistance, the converter's step) is no unknown: considered.c has it. That
 * the model is not quite what happens is met by jackknife.c.
 *
 * [1] Rue and Held, Gaussian Markov Random Fields, 2005.
 * [2] Patterson and Thompson, Biometrika 58 (1971) 545.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>

#include "attribute/internal.h"

#define ITERATIONS	10
#define SETTLED		0.01	/* tau and noise change by less: no more iterations */
#define OUTLIERS_FROM	4	/* iteration in which outliers are looked for */
#define OUTLIER_SIGMAS	8.0
#define PRIOR_DOF	4.0	/* weight of the typical variance in a layer's own */
#define LEVEL_SD	2.0	/* of a layer's power about the mean of all, of that mean: a
				 * hundred times weaker than any layer that is resolved
				 */
#define GAP_SD		0.5	/* of the power between layers: a core that sleeps there draws
				 * 0.3 of the mean, one that copies 1.5
				 */
#define TAU_LEAST	0.002	/* bounds of tau, of the mean: even layers must not make ... */
#define TAU_MOST	1.0	/* ... it zero, nor unseen segments let it grow without end */
#define TAU_FIRST	0.2
#define STEPS_PER_LAYER	10.0	/* tau is of a step over a tenth of the layer */
#define RANDOM_SHARE	0.3	/* of a window's stated uncertainty: new in every window */
#define AMBIGUOUS_SHARE	0.5	/* of the mean: a window that may be the one beside it */
#define OUTSIDE_SHARE	0.3	/* deviation of the power outside of the runs, of the mean, ... */
#define OUTSIDE_WINDOWS	50	/* ... until so many windows tell, ... */
#define OUTSIDE_LEAST	0.02	/* ... and at least */
#define FIRST_NOISE	0.05	/* of the mean */
#define MOST_UNKNOWNS	8000	/* what a second of computing and some 10 MB bear */

static int allocate(struct synergy_solution *q)
{
	size_t windows = q->d.n_windows, n = q->d.n;

	q->residual = calloc(windows, sizeof(double));
	q->variance = calloc(windows, sizeof(double));
	q->outlier = calloc(windows, 1);
	q->layer_variance = calloc(q->t->n_layers + 1, sizeof(double));
	q->run_offset = calloc(q->t->n_runs, sizeof(double));
	q->run_sums = calloc(q->t->n_runs, sizeof(*q->run_sums));
	q->level_mean = calloc(n, sizeof(double));
	q->level_weight = calloc(n, sizeof(double));
	q->step_weight = calloc(n, sizeof(double));
	q->spacing = calloc(n, sizeof(double));
	if (!q->residual || !q->variance || !q->outlier || !q->layer_variance || !q->run_offset || !q->run_sums ||
	    !q->level_mean || !q->level_weight || !q->step_weight || !q->spacing)
		return -1;
	return synergy_normal_alloc(&q->m, &q->d);
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
	free(q->run_offset);
	free(q->run_sums);
	free(q->level_mean);
	free(q->level_weight);
	free(q->step_weight);
	free(q->spacing);
}

/* ---- priors ---- */

static void set_level(struct synergy_solution *q, size_t unknown, double mean, double sd)
{
	q->level_mean[unknown] = mean;
	q->level_weight[unknown] = 1 / (sd * sd);
}

/*
 * A layer's level stands on its middle segment: on the mean of all segments it would tie
 * every one to every other, and the system would not be banded.
 */
static void set_levels(struct synergy_solution *q)
{
	const struct synergy_design *d = &q->d;
	double m = q->mean_uw;
	size_t i, k;

	for (i = 0; i < d->n_order; i++) {
		size_t first = d->first_segment[d->order[i]], n = d->n_segments[d->order[i]];

		set_level(q, first + n / 2, m, LEVEL_SD * m);
		for (k = first; k + 1 < first + n; k++) {
			double before = k > first ? d->edge[k - 1] : 0;

			q->spacing[k] = STEPS_PER_LAYER * (d->edge[k + 1] - before) / 2;
		}
	}
	set_level(q, synergy_design_between(d), m, GAP_SD * m);
	/* The sampler's own; where no window is, as a core that computes little. */
	set_level(q, synergy_design_stolen(d, 0), m, m);
	set_level(q, synergy_design_stolen(d, 1), 0.5 * m, 0.25 * m);
	set_level(q, synergy_design_onset(d), 0, m);
	set_level(q, synergy_design_before(d), m, m);
	set_level(q, synergy_design_after(d), m, m);
}

static void set_steps(struct synergy_solution *q)
{
	size_t k;

	for (k = 0; k < q->m.n_band; k++)
		q->step_weight[k] = q->spacing[k] > 0 ?
			1 / (q->tau_uw * q->tau_uw * q->spacing[k]) : 0;
}

int synergy_solution_add_priors(struct synergy_solution *q, struct synergy_normal *m)
{
	size_t k;

	for (k = 0; k < m->n; k++) {
		q->row.n = 0;
		if (q->level_weight[k] > 0) {
			if (synergy_row_put(&q->row, k, 1))
				return -1;
			synergy_normal_add(m, &q->row, q->level_mean[k], q->level_weight[k]);
		}
		q->row.n = 0;
		if (q->step_weight[k] > 0) {
			if (synergy_row_put(&q->row, k, -1) || synergy_row_put(&q->row, k + 1, 1))
				return -1;
			synergy_normal_add(m, &q->row, 0, q->step_weight[k]);
		}
	}
	return 0;
}

double synergy_solution_prior(const struct synergy_solution *q, const gsl_vector *x)
{
	double sum = 0;
	size_t k;

	for (k = 0; k < q->m.n; k++) {
		double at = gsl_vector_get(x, k);

		sum += q->level_weight[k] * at * at;
		if (q->step_weight[k] > 0)
			sum += q->step_weight[k] * pow(gsl_vector_get(x, k + 1) - at, 2);
	}
	return sum;
}

static void first_guess(struct synergy_solution *q)
{
	size_t n = q->d.n_windows, i;

	for (i = 0; i < n; i++) {
		q->mean_uw += q->s->power_uw[q->d.window[i]] / (double)n;
		q->lsb_uw += q->s->lsb_uw[q->d.window[i]] / (double)n;
	}
	q->mean_uw = fabs(q->mean_uw) + 1;	/* a scale: never zero */
	q->tau_uw = TAU_FIRST * q->mean_uw;
	q->outside_sd_uw = OUTSIDE_SHARE * q->mean_uw;
	q->noise_variance = pow(FIRST_NOISE * q->mean_uw, 2);
	for (i = 0; i <= q->t->n_layers; i++)
		q->layer_variance[i] = q->noise_variance;
	set_levels(q);
	set_steps(q);
}

/* ---- one window ---- */

static size_t group_of(const struct synergy_solution *q, size_t i)
{
	uint32_t layer = q->d.layer[i];

	return layer < SYNERGY_PIECE_OUTSIDE ? layer : q->t->n_layers;
}

static double length_ns(const struct synergy_solution *q, size_t i)
{
	size_t s = q->d.window[i];

	return (double)(q->s->end_ns[s] - q->s->begin_ns[s]);
}

double synergy_solution_measured(const struct synergy_solution *q, size_t i)
{
	return q->s->power_uw[q->d.window[i]] -
	       (1 - (double)q->d.outside[i]) * q->run_offset[q->d.run[i]];
}

/* Change of its mean power with its time, uW per ns: powers at its ends. */
static double slope(const struct synergy_solution *q, size_t i)
{
	return (gsl_vector_get(q->m.theta, q->row.last) -
		gsl_vector_get(q->m.theta, q->row.first)) / length_ns(q, i);
}

int synergy_solution_row(struct synergy_solution *q, size_t i, int have_theta)
{
	double outside = q->d.outside[i] * q->outside_sd_uw, random = 0;
	double uncertainty = fmax(q->s->window_error_ns[q->d.window[i]], SYNERGY_LEAST_UNCERTAINTY_NS);

	if (synergy_design_row(&q->d, i, NULL, &q->row))
		return -1;
	if (have_theta && q->row.n > 1)
		random = RANDOM_SHARE * uncertainty / sqrt(3) * slope(q, i);
	q->variance[i] = q->layer_variance[group_of(q, i)] + random * random + outside * outside;
	if (uncertainty >= length_ns(q, i))
		q->variance[i] += pow(AMBIGUOUS_SHARE * q->mean_uw, 2);
	return 0;
}

static int assemble(struct synergy_solution *q, int have_theta)
{
	size_t i;

	synergy_normal_clear(&q->m);
	for (i = 0; i < q->d.n_windows; i++) {
		if (synergy_solution_row(q, i, have_theta))
			return -1;
		if (!q->outlier[i])
			synergy_normal_add(&q->m, &q->row, synergy_solution_measured(q, i), 1 / q->variance[i]);
	}
	return synergy_solution_add_priors(q, &q->m) || synergy_normal_solve(&q->m) ? -1 : 0;
}

int synergy_solution_layer(struct synergy_solution *q, size_t i)
{
	size_t first = q->d.first_segment[i], k;
	double working = 1, from = 0;

	q->row.n = 0;
	for (k = 0; k < 2; k++) {
		double stolen = q->d.stolen_ns[k][i] / q->t->layer_ns[i];

		if (synergy_row_put(&q->row, synergy_design_stolen(&q->d, k), stolen))
			return -1;
		working -= stolen;
	}
	for (k = first; k < first + q->d.n_segments[i]; k++) {
		if (synergy_row_put(&q->row, k, working * (q->d.edge[k] - from)))
			return -1;
		from = q->d.edge[k];
	}
	return synergy_row_put(&q->row, synergy_design_onset(&q->d),
			       fmin(SYNERGY_ONSET_NS / q->t->layer_ns[i], 1));
}

int synergy_solution_energies(struct synergy_solution *q, const struct synergy_normal *m, double *e)
{
	size_t i;

	for (i = 0; i < q->t->n_layers; i++) {
		if (!(q->t->times[i] > 0))
			continue;
		if (synergy_solution_layer(q, i))
			return -1;
		e[i] *= synergy_row_value(&q->row, m->theta) / 1e9;
	}
	e[i] *= gsl_vector_get(m->theta, synergy_design_between(&q->d)) / 1e9;
	return 0;
}

/* ---- hyperparameters ---- */

/* The variance of a typical layer: a median, so that one heteroscedastic layer does not count. */
static double typical_variance(const struct synergy_solution *q, const double *sum,
			       const double *dof)
{
	double *v = calloc(q->t->n_layers + 1, sizeof(*v)), all = 0, all_dof = 0, typical;
	size_t n = 0, i;

	for (i = 0; i <= q->t->n_layers; i++) {
		all += sum[i];
		all_dof += dof[i];
		if (v && dof[i] > PRIOR_DOF)
			v[n++] = sum[i] / dof[i];
	}
	typical = all_dof > 0 ? all / all_dof : q->noise_variance;
	if (n >= 3) {
		gsl_sort(v, 1, n);
		typical = gsl_stats_median_from_sorted_data(v, 1, n);
	}
	free(v);
	return typical;
}

/* Residuals, and the sums of their squares and degrees of freedom by layer. */
static int find_residuals(struct synergy_solution *q, double *sum, double *dof)
{
	size_t i;

	for (i = 0; i < q->d.n_windows; i++) {
		size_t group = group_of(q, i);

		if (synergy_solution_row(q, i, 1))
			return -1;
		q->residual[i] = synergy_solution_measured(q, i) -
				 synergy_row_value(&q->row, q->m.theta);
		if (q->outlier[i])
			continue;
		/* The part of the square that is the layer's own. */
		sum[group] += q->residual[i] * q->residual[i] * q->layer_variance[group] /
			      q->variance[i];
		dof[group] += fmax(1 - synergy_normal_leverage(&q->m, &q->row) / q->variance[i], 0);
	}
	return 0;
}

static int update_variances(struct synergy_solution *q)
{
	size_t groups = q->t->n_layers + 1, i;
	double *sum = calloc(groups, sizeof(*sum)), *dof = calloc(groups, sizeof(*dof));
	double least = q->lsb_uw * q->lsb_uw / 12 + 1e-6 * q->mean_uw * q->mean_uw;
	int bad = !sum || !dof || find_residuals(q, sum, dof);

	if (!bad) {
		q->noise_variance = typical_variance(q, sum, dof);
		for (i = 0; i < groups; i++)
			q->layer_variance[i] = fmax((sum[i] + PRIOR_DOF * q->noise_variance) /
						    (dof[i] + PRIOR_DOF), least);
	}
	free(sum);
	free(dof);
	return bad ? -1 : 0;
}

/* Expected square of the step from segment k to the next: its own, and how badly known. */
static double step_square(const struct synergy_solution *q, size_t k)
{
	double step = gsl_vector_get(q->m.theta, k + 1) - gsl_vector_get(q->m.theta, k);

	return step * step + synergy_normal_inverse(&q->m, k, k) +
	       synergy_normal_inverse(&q->m, k + 1, k + 1) -
	       2 * synergy_normal_inverse(&q->m, k, k + 1);
}

static void update_tau(struct synergy_solution *q)
{
	double sum = 0, n = 0;
	size_t k;

	for (k = 0; k < q->m.n_band; k++)
		if (q->spacing[k] > 0) {
			sum += step_square(q, k) / q->spacing[k];
			n++;
		}
	if (n > 0)
		q->tau_uw = fmin(fmax(sqrt(sum / n), TAU_LEAST * q->mean_uw), TAU_MOST * q->mean_uw);
	set_steps(q);
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
		q->outside_sd_uw = fmax(sqrt(fmax(sum / weight, 0)), OUTSIDE_LEAST * q->mean_uw);
}

/* Each run's power above the mean of all, shrunk by how well it is known; they sum to 0. */
static int update_offsets(struct synergy_solution *q)
{
	size_t runs = q->t->n_runs, i;
	double *sum = calloc(runs, sizeof(*sum)), *weight = calloc(runs, sizeof(*weight));
	double spread = 0, mean = 0;
	int bad = !sum || !weight;

	for (i = 0; !bad && i < q->d.n_windows; i++) {
		if (q->outlier[i])
			continue;
		sum[q->d.run[i]] += q->residual[i] / q->variance[i];
		weight[q->d.run[i]] += 1 / q->variance[i];
	}
	for (i = 0; !bad && i < runs; i++) {
		if (!(weight[i] > 0))
			continue;
		sum[i] = sum[i] / weight[i] + q->run_offset[i];
		spread += (sum[i] * sum[i] - 1 / weight[i]) / (double)runs;
	}
	for (i = 0; !bad && i < runs; i++) {
		q->run_offset[i] = weight[i] > 0 && spread > 0 ?
			sum[i] * spread / (spread + 1 / weight[i]) : 0;
		mean += q->run_offset[i] / (double)runs;
	}
	for (i = 0; !bad && i < runs; i++)
		q->run_offset[i] -= mean;
	free(sum);
	free(weight);
	return bad ? -1 : 0;
}

static int update(struct synergy_solution *q, int iteration, double sigmas)
{
	synergy_normal_invert(&q->m);
	if (update_variances(q))
		return -1;
	if (iteration == OUTLIERS_FROM && sigmas > 0) {
		/* What they did to the layers' variances must not stay. */
		if (synergy_find_outliers(q, sigmas) || (q->n_outliers && update_variances(q)))
			return -1;
	}
	update_tau(q);
	update_outside(q);
	return q->t->n_runs >= 3 ? update_offsets(q) : 0;
}

static int settled(double now, double before)
{
	return fabs(now - before) < SETTLED * before;
}

static int iterate(struct synergy_solution *q, double sigmas)
{
	int i;

	for (i = 0; i < ITERATIONS; i++) {
		double tau = q->tau_uw, noise = q->noise_variance;

		if (assemble(q, i > 0) || update(q, i, sigmas))
			return -1;
		if (i > OUTLIERS_FROM && settled(q->tau_uw, tau) && settled(q->noise_variance, noise))
			break;
	}
	if (assemble(q, 1))
		return -1;
	synergy_normal_invert(&q->m);
	return update_variances(q);
}

/* A rail that says nothing about the runs. */
static void nothing(size_t n_layers, struct synergy_rail_result *r)
{
	const struct synergy_figure none = { NAN, NAN, NAN, NAN, NAN };
	size_t i;

	for (i = 0; i < n_layers; i++) {
		r->layers[i].energy_uj = none;
		r->layers[i].power_uw = r->layers[i].runs_needed = NAN;
	}
	r->between.energy_uj = r->total_uj = r->net_uj = none;
	r->idle_before_uw = r->idle_after_uw = r->idle_uw = none;
	r->between.power_uw = r->between.runs_needed = NAN;
	r->trapezoid_uj = r->condition = r->noise_uw = NAN;
	r->drift_share = r->drift_p = r->warmup_share = r->warmup_p = NAN;
}

int synergy_rail_solve(const struct synergy_attribute_input *in, const struct synergy_timeline *t,
		       const struct synergy_rail_samples *s, const struct synergy_timing *timing,
		       const struct synergy_attribute_options *o, struct synergy_rail_result *r,
		       struct synergy_error *err)
{
	struct synergy_solution q = { .in = in, .t = t, .s = s };
	double sigmas = o && o->outlier_sigmas != 0 ? o->outlier_sigmas : OUTLIER_SIGMAS;
	double share = o && o->resolved_share > 0 ? o->resolved_share : SYNERGY_RESOLVED_SHARE;
	int result = -1;

	memcpy(r->label, s->label, sizeof(r->label));
	if (synergy_design_make(t, s, timing, o && o->max_unknowns ? o->max_unknowns : MOST_UNKNOWNS,
				&q.d, err))
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
	synergy_find_stuck(&q, &r->converter_check);
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
