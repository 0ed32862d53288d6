// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * From a solved rail (solve.c) to figures: energy per layer with its error, totals,
 * idle, drift. What the errors are made of is told in solve.c.
 */
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>

#include "attribute/internal.h"

#define COMMON_SLACK	0.4	/* standard deviation of what all windows have in common */
#define EDGE_SHARE	0.10	/* the same for structure within the segment at an edge */

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
	double source = us > 0 ? energy * synergy_voltage_doubt(q->s, energy / us * 1e6) : 0;
	double own = layer_variance - q->step_uw * q->step_uw / 12, shunt = 0;

	/*
	 * A rounded value whose noise has standard deviation s steps keeps a mean
	 * error of up to exp(-2 (pi s)^2) / pi steps.
	 */
	if (q->step_uw > 0)
		shunt = q->step_uw / M_PI / M_SQRT2 * us / 1e6 *
			exp(-2 * M_PI * M_PI * fmax(own, 0) / (q->step_uw * q->step_uw));
	return bus * bus + source * source + shunt * shunt;
}

/*
 * All windows late by d: the layer is charged what runs in d after its end, and
 * not what it did in its own first d. Powers there are those of the first segments.
 */
static double shift_variance(const struct synergy_solution *q, size_t order)
{
	size_t layer = q->d.order[order], next = order + 1, first = q->d.first_segment[layer];
	double slack = COMMON_SLACK * q->least_slack_ns, begin, after, energy;

	begin = gsl_vector_get(q->m.theta, first);
	after = next < q->d.n_order ?
		gsl_vector_get(q->m.theta, q->d.first_segment[q->d.order[next]]) :
		gsl_vector_get(q->m.theta, synergy_design_after(&q->d));
	/* A layer shorter than the slack is replaced by its neighbour, no more. */
	slack = fmin(slack, q->t->layer_ns[layer]);
	energy = slack * (after - begin) * q->t->times[layer] / 1e9;
	return energy * energy;
}

/*
 * Where two layers meet: windows that begin or end within the segment beside their
 * border are charged by its mean power, though it is not even within. As uneven as
 * the step to the segment after is; of a layer of one segment as such steps are.
 */
static double border_variance(const struct synergy_solution *q, size_t layer, int at_end)
{
	size_t first = q->d.first_segment[layer], n = q->d.n_segments[layer];
	double step = n > 1 ? q->tau[at_end ? first + n - 2 : first] : q->tau_edge, energy;
	double fine = fmin(q->d.fine_ns, q->t->layer_ns[layer]);

	energy = EDGE_SHARE * fine * step * q->t->times[layer] / 1e9;
	return energy * energy;
}

/* The layer's own two, and its neighbours' beside them. */
static double structure_variance(const struct synergy_solution *q, size_t order)
{
	size_t layer = q->d.order[order];
	double sum = border_variance(q, layer, 0) + border_variance(q, layer, 1);

	if (order)
		sum += border_variance(q, q->d.order[order - 1], 1);
	if (order + 1 < q->d.n_order)
		sum += border_variance(q, q->d.order[order + 1], 0);
	return sum;
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

/*
 * Adds the coefficients of layer i's energy per run, uJ per uW: its segments, and the
 * pauses in it, whose energy is its, too. Returns its time, us.
 */
static double layer_coefficients(const struct synergy_solution *q, size_t i, gsl_vector *c)
{
	size_t first = q->d.first_segment[i], k;
	double us = q->t->layer_ns[i] * q->t->times[i] / 1e3, own = us, from = 0;

	for (k = 0; k < 2; k++) {
		double paused = q->d.paused_ns[k][i] * q->t->times[i] / 1e3;

		*gsl_vector_ptr(c, synergy_design_paused(&q->d, k)) += paused / 1e6;
		own -= paused;
	}
	for (k = first; k < first + q->d.n_segments[i]; k++) {
		gsl_vector_set(c, k, (q->d.edge[k] - from) * own / 1e6);
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
			    shift_variance(q, order) + structure_variance(q, order);
		l->energy_uj = figure(value, variance, q->layer_dof[i]);
		judge(l, us, share, q->t->n_runs);
		/* No window met it: that is the prior speaking, and no figure of its own. */
		if (!(l->samples > 0)) {
			l->resolved = 0;
			l->energy_uj = (struct synergy_figure){ NAN, NAN, NAN };
			l->power_uw = NAN;
			r->n_unattributed++;
		}
	}
	return 0;
}

/*
 * What the total holds for layers that no window met: the rest of the time at the
 * prior's mean power, with an interval of several times that. One figure, so that
 * the sum stays whole and nothing is said of any one layer.
 */
static int unattributed_figure(const struct synergy_solution *q, gsl_vector *c, gsl_vector *x,
			       struct synergy_rail_result *r)
{
	double value, variance;
	size_t i;

	r->unattributed_uj = (struct synergy_figure){ 0, 0, 0 };
	if (!r->n_unattributed)
		return 0;
	gsl_vector_set_zero(c);
	for (i = 0; i < q->t->n_layers; i++)
		if (q->t->times[i] > 0 && !(r->layers[i].samples > 0))
			layer_coefficients(q, i, c);
	if (combine(q, c, x, &value, &variance))
		return -1;
	r->unattributed_uj = figure(value, variance, q->layer_dof[q->t->n_layers]);
	return 0;
}

static int total_figures(const struct synergy_solution *q, gsl_vector *c, gsl_vector *x,
			 double share, struct synergy_rail_result *r)
{
	double value, variance, more[2], unknown;
	size_t i;

	gsl_vector_set_zero(c);
	gsl_vector_set(c, synergy_design_between(&q->d), q->t->between_ns / 1e9);
	if (combine(q, c, x, &value, &variance))
		return -1;
	/* What is the layers' and what is not beside a mark is no better known than that. */
	unknown = SYNERGY_BETWEEN_SHARE * q->mean_uw * q->t->between_ns / 1e9;
	variance += unknown * unknown;
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
	double *y = calloc(runs, sizeof(*y)), *w = calloc(runs, sizeof(*w));
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

int synergy_rail_figures(struct synergy_solution *q, double share,
			 struct synergy_rail_result *r)
{
	gsl_vector *c = gsl_vector_calloc(q->d.n), *x = gsl_vector_calloc(q->d.n);
	int bad = !c || !x || layer_figures(q, c, x, share, r) ||
		  unattributed_figure(q, c, x, r) || total_figures(q, c, x, share, r);

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
		      fmax(q->slack_ns, SYNERGY_LEAST_SLACK_NS);
	r->source = q->s->source;
	r->pause_us = q->d.pauses.per_tick_ns / 1e3;
	r->coverage = synergy_coverage(q->t, q->s);
	r->trapezoid_uj = synergy_trapezoid(q->t, q->s);
	idle_figures(q, r);
	return drift_figures(q, r);
}
