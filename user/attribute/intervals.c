// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * From a solved rail to figures with intervals (step 7 of the method): a layer's
 * variance is the moderated part of data and runs, the priors' part of the posterior,
 * and that of the parameters considered; Student's t with the degrees of freedom that
 * these leave (Welch and Satterthwaite, JCGM 100 G.4). Then totals, idle, drift.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_blas.h>
#include <gsl/gsl_cdf.h>

#include "attribute/internal.h"

#define PRIOR_PART_DOF	30.0	/* of the priors' and considered parameters' variances */
#define Z95		1.96

/* The parts of all figures, before they are put together. */
struct parts {
	struct synergy_evidence *evidence;	/* n_layers + 1; the last: between */
	double *prior;				/* the same; uJ^2 */
	struct synergy_considered considered;
	struct synergy_jackknife jackknife;
	struct synergy_moderation moderation;
	gsl_vector *c, *x;
};

static void free_parts(struct parts *p)
{
	free(p->evidence);
	free(p->prior);
	synergy_considered_free(&p->considered);
	synergy_jackknife_free(&p->jackknife);
	gsl_vector_free(p->c);
	gsl_vector_free(p->x);
}

/* The sum with coefficients p->c: its value, and the posterior's parts. */
static int combine(const struct synergy_solution *q, struct parts *p,
		   struct synergy_evidence *e, double *prior)
{
	double all;

	gsl_blas_ddot(p->c, q->m.theta, &e->energy);
	gsl_vector_memcpy(p->x, p->c);
	if (synergy_normal_apply(&q->m, p->x))
		return -1;
	gsl_blas_ddot(p->c, p->x, &all);
	*prior = fmin(synergy_solution_prior(q, p->x), all);
	e->data = all - *prior;
	return 0;
}

/* Adds the coefficients of layer i's energy per run by a weight, uJ per uW. */
static int layer_coefficients(struct synergy_solution *q, size_t i, double weight, gsl_vector *c)
{
	size_t k;

	if (synergy_solution_layer(q, i))
		return -1;
	for (k = 0; k < q->row.n; k++)
		*gsl_vector_ptr(c, q->row.unknown[k]) += q->row.share[k] * q->t->layer_ns[i] *
							 q->t->times[i] / 1e9 * weight;
	return 0;
}

static void between_coefficient(const struct synergy_solution *q, gsl_vector *c)
{
	*gsl_vector_ptr(c, synergy_design_between(&q->d)) += q->t->between_ns / 1e9;
}

static int find_parts(struct synergy_solution *q, struct parts *p)
{
	uint32_t i, n = (uint32_t)q->t->n_layers;

	p->c = gsl_vector_calloc(q->d.n);
	p->x = gsl_vector_calloc(q->d.n);
	p->evidence = calloc(n + 1, sizeof(*p->evidence));
	p->prior = calloc(n + 1, sizeof(*p->prior));
	if (!p->c || !p->x || !p->evidence || !p->prior ||
	    synergy_consider(q, &p->considered) || synergy_jackknife(q, &p->jackknife))
		return -1;
	for (i = 0; i <= n; i++) {
		if (i < n && !(q->t->times[i] > 0))
			continue;
		gsl_vector_set_zero(p->c);
		if (i == n)
			between_coefficient(q, p->c);
		if ((i < n && layer_coefficients(q, i, 1, p->c)) || combine(q, p, &p->evidence[i], &p->prior[i]))
			return -1;
		p->evidence[i].scatter = synergy_jackknife_variance(&p->jackknife, &i, 1);
		p->evidence[i].single = i < n && q->in->fixed_times && p->jackknife.n_groups &&
			!synergy_jackknife_repeats(&p->jackknife, i);
		p->evidence[i].counts = i < n && q->d.support[i] >= 1 && !p->evidence[i].single;
	}
	synergy_moderate(p->evidence, n, (double)q->t->n_runs, (double)p->jackknife.n_groups,
			 &p->moderation);
	return 0;
}

/* A figure from a variance with dof and one that is as good as known. */
static struct synergy_figure figure(double value, double variance, double dof, double rest)
{
	struct synergy_figure f = { .value = value, .se = sqrt(variance + rest),
				    .se_runs = sqrt(variance) };
	double freedom = variance > 0 ? pow(variance + rest, 2) /
		(variance * variance / dof + rest * rest / PRIOR_PART_DOF) : PRIOR_PART_DOF;

	f.dof = fmax(freedom, 1);
	f.ci95 = f.se * gsl_cdf_tdist_Pinv(0.975, f.dof);
	return f;
}

/* Runs that narrow the interval to a share: the part considered does not fall with them. */
static void judge(struct synergy_layer_figures *l, double us, double share, size_t runs,
		  double falls, double stays)
{
	double wanted = pow(share * l->energy_uj.value / Z95, 2);

	l->power_uw = us > 0 ? l->energy_uj.value / us * 1e6 : NAN;
	l->resolved = l->energy_uj.ci95 <= share * fabs(l->energy_uj.value);
	l->runs_needed = stays < wanted ? ceil((double)runs * falls / (wanted - stays)) : INFINITY;
	l->runs_needed = fmax(l->runs_needed, 1);
	if (l->resolved)
		l->runs_needed = fmin(l->runs_needed, (double)runs);
}

static double square(double x)
{
	return x * x;
}

static void layer_figure(const struct synergy_solution *q, const struct parts *p, size_t i,
			 double share, struct synergy_layer_figures *l)
{
	const struct synergy_considered *c = &p->considered;
	double dof, moderated = synergy_moderated(&p->moderation, &p->evidence[i], &dof);
	uint32_t layer = (uint32_t)i;
	double time = synergy_considered_time(c, &layer, 1);
	double stays = square(time) + square(c->supply_uj[i]) + square(c->step_uj[i]);

	l->samples = q->d.support[i];
	l->energy_uj = figure(p->evidence[i].energy, moderated, dof, p->prior[i] + stays);
	l->parts = (struct synergy_parts){
		.runs_uj = sqrt(moderated), .runs_dof = dof, .shape_uj = sqrt(p->prior[i]),
		.time_uj = time, .supply_uj = fabs(c->supply_uj[i]),
		.step_uj = c->step_uj[i],
	};
	judge(l, q->t->layer_ns[i] * q->t->times[i] / 1e3, share, q->t->n_runs,
	      moderated + p->prior[i], stays);
}

/* No window met it: that is the prior speaking, and no figure of its own. */
static void unknown_layer(struct synergy_layer_figures *l)
{
	l->resolved = 0;
	l->energy_uj = (struct synergy_figure){ NAN, NAN, NAN, NAN, NAN };
	l->power_uw = NAN;
}

static void layer_figures(const struct synergy_solution *q, const struct parts *p, double share,
			  struct synergy_rail_result *r)
{
	size_t i;

	for (i = 0; i < q->t->n_layers; i++) {
		if (q->t->times[i] > 0)
			layer_figure(q, p, i, share, &r->layers[i]);
		if (q->t->times[i] > 0 && q->d.support[i] > 0)
			continue;
		r->n_unattributed += q->t->times[i] > 0;
		unknown_layer(&r->layers[i]);
		if (!(q->t->times[i] > 0))
			r->layers[i].runs_needed = NAN;
	}
}

/*
 * What the total holds for layers that no window met: the rest of the time at the
 * prior's mean power, with an interval of several times that. One figure, so that
 * the sum stays whole and nothing is said of any one layer.
 */
static int unattributed_figure(struct synergy_solution *q, struct parts *p,
			       struct synergy_rail_result *r)
{
	struct synergy_evidence e = { 0 };
	double prior;
	size_t i;

	r->unattributed_uj = (struct synergy_figure){ .dof = PRIOR_PART_DOF };
	if (!r->n_unattributed)
		return 0;
	gsl_vector_set_zero(p->c);
	for (i = 0; i < q->t->n_layers; i++)
		if (q->t->times[i] > 0 && !(q->d.support[i] > 0) &&
		    layer_coefficients(q, i, 1, p->c))
			return -1;
	if (combine(q, p, &e, &prior))
		return -1;
	r->unattributed_uj = figure(e.energy, e.data, PRIOR_PART_DOF, prior);
	return 0;
}

static int total_figures(struct synergy_solution *q, struct parts *p, double share,
			 struct synergy_rail_result *r)
{
	const struct synergy_considered *c = &p->considered;
	size_t n = q->t->n_layers, i;
	struct synergy_evidence e = { 0 };
	double prior, dof, moderated = synergy_moderated(&p->moderation, &p->evidence[n], &dof);
	uint32_t between = (uint32_t)n;
	double steps = 0, supply = 0, time = synergy_considered_time(c, &between, 1);

	r->between.samples = q->d.between_support;
	r->between.energy_uj = figure(p->evidence[n].energy, moderated, dof,
				      p->prior[n] + square(time));
	judge(&r->between, q->t->between_ns / 1e3, share, q->t->n_runs, moderated + p->prior[n],
	      square(time));

	gsl_vector_set_zero(p->c);
	between_coefficient(q, p->c);
	for (i = 0; i < n; i++) {
		if (q->t->times[i] > 0 && layer_coefficients(q, i, 1, p->c))
			return -1;
		steps += square(c->step_uj[i]);
		supply += c->supply_uj[i];
	}
	if (combine(q, p, &e, &prior))
		return -1;
	e.scatter = synergy_jackknife_variance(&p->jackknife, NULL, n + 1);
	dof = p->moderation.dof;
	if (!(dof > 0)) {	/* too few runs to tell: as moderate.c supposes */
		e.scatter = synergy_moderated(&p->moderation, &e, &dof);
		dof = PRIOR_PART_DOF;
	}
	r->total_parts = (struct synergy_parts){
		.runs_uj = sqrt(e.scatter), .runs_dof = dof, .shape_uj = sqrt(prior),
		.time_uj = synergy_considered_time(c, NULL, n + 1), .supply_uj = fabs(supply),
		.step_uj = sqrt(steps),
	};
	r->total_uj = figure(e.energy, e.scatter, dof, prior + square(r->total_parts.time_uj) +
			     square(supply) + steps);
	return 0;
}

static double sum_of(const double *values, const struct synergy_sum *sum)
{
	double all = 0;
	size_t i;

	for (i = 0; i < sum->n; i++)
		all += sum->weights[i] * values[sum->layers[i]];
	return all;
}

/* As synergy_jackknife_variance(), of a weighted sum. */
static double sum_scatter(const struct synergy_jackknife *k, const struct synergy_sum *sum)
{
	double groups = (double)k->n_groups, mean = 0, squares = 0, e;
	size_t g;

	for (g = 0; g < k->n_groups; g++)
		mean += sum_of(&k->energy[g * (k->n_layers + 1)], sum) / groups;
	for (g = 0; g < k->n_groups; g++) {
		e = sum_of(&k->energy[g * (k->n_layers + 1)], sum) - mean;
		squares += e * e;
	}
	return k->n_groups ? (groups - 1) / groups * squares : 0;
}

/*
 * A sum of layers: what differs from run to run is the sum's own scatter, moderated as a
 * layer's; the parts considered are common to its layers, but for the converter's step.
 */
static int sum_figure(struct synergy_solution *q, struct parts *p, const struct synergy_sum *sum,
		      double share, struct synergy_layer_figures *l)
{
	const struct synergy_considered *c = &p->considered;
	double prior, dof, moderated, steps = 0, supply, single = 0, us = 0, time, stays, unused;
	struct synergy_evidence e = { 0 };
	size_t i, seen = 0;

	gsl_vector_set_zero(p->c);
	for (i = 0; i < sum->n; i++) {
		uint32_t layer = sum->layers[i];
		double weight = sum->weights[i];

		if (!(q->t->times[layer] > 0))
			continue;
		if (layer_coefficients(q, layer, weight, p->c))
			return -1;
		steps += square(weight * c->step_uj[layer]);
		us += weight * q->t->layer_ns[layer] * q->t->times[layer] / 1e3;
		l->samples += q->d.support[layer];
		seen += q->d.support[layer] > 0;
		if (p->evidence[layer].single)
			single += weight * weight *
				synergy_moderated(&p->moderation, &p->evidence[layer], &unused);
	}
	if (!seen) {
		unknown_layer(l);
		return 0;
	}
	if (combine(q, p, &e, &prior))
		return -1;
	e.scatter = sum_scatter(&p->jackknife, sum) + single;
	e.single = p->jackknife.n_groups && single > 0 && !(e.scatter > single);
	moderated = synergy_moderated(&p->moderation, &e, &dof);
	supply = sum_of(c->supply_uj, sum);
	time = fmax(fabs(sum_of(c->time_uj[0], sum)), fabs(sum_of(c->time_uj[1], sum)));
	stays = square(time) + square(supply) + steps;
	l->energy_uj = figure(e.energy, moderated, dof, prior + stays);
	l->parts = (struct synergy_parts){
		.runs_uj = sqrt(moderated), .runs_dof = dof, .shape_uj = sqrt(prior), .time_uj = time,
		.supply_uj = fabs(supply), .step_uj = sqrt(steps),
	};
	judge(l, us, share, q->t->n_runs, moderated + prior, stays);
	return 0;
}

static int sum_figures(struct synergy_solution *q, struct parts *p, double share,
		       struct synergy_rail_result *r)
{
	size_t i;

	for (i = 0; i < q->in->n_sums; i++)
		if (sum_figure(q, p, &q->in->sums[i], share, &r->sums[i]))
			return -1;
	return 0;
}

/* What the outliers would have added, each standing for as much time as there is a sample. */
static double outliers_uj(const struct synergy_solution *q)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < q->d.n_windows; i++)
		if (q->outlier[i])
			sum += q->residual[i];
	return sum * q->t->run_ns / 1e9 / (double)q->d.n_windows;
}

/* Drift over the runs, from each run's mean residual with its offset put back. */
static int drift_figures(const struct synergy_solution *q, struct synergy_rail_result *r)
{
	size_t runs = q->t->n_runs, i;
	double *y = calloc(runs, sizeof(*y)), *w = calloc(runs, sizeof(*w));
	double change, sum = 0, squares = 0, n = 0;
	int bad = !y || !w;

	for (i = 0; !bad && i < q->d.n_windows; i++) {
		if (q->outlier[i])
			continue;
		y[q->d.run[i]] += q->residual[i] / q->variance[i];
		w[q->d.run[i]] += 1 / q->variance[i];
	}
	for (i = 0; !bad && i < runs; i++) {
		y[i] = (w[i] > 0 ? y[i] / w[i] : 0) + q->run_offset[i];
		if (!i || !(w[i] > 0))
			continue;
		sum += y[i];
		squares += y[i] * y[i];
		n++;
	}
	if (!bad) {
		synergy_trend(y, w, runs, &change, &r->drift_p);
		r->drift_share = change / q->mean_uw;
	}
	r->warmup_share = r->warmup_p = NAN;
	if (!bad && n >= 3 && w[0] > 0) {
		double variance = (squares - sum * sum / n) / (n - 1) * (1 + 1 / n);

		r->warmup_share = (y[0] - sum / n) / q->mean_uw;
		r->warmup_p = variance > 0 ?
			synergy_chance((y[0] - sum / n) / sqrt(variance), n - 1) : 1;
	}
	free(y);
	free(w);
	return bad ? -1 : 0;
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
	r->net_uj.se_runs = hypot(r->total_uj.se_runs, r->idle_uw.se * seconds);
	r->net_uj.dof = r->total_uj.dof;
	r->net_uj.ci95 = hypot(r->total_uj.ci95, r->idle_uw.ci95 * seconds);
}

int synergy_rail_figures(struct synergy_solution *q, double share,
			 struct synergy_rail_result *r)
{
	struct parts p = { 0 };
	int bad = find_parts(q, &p);

	if (!bad) {
		layer_figures(q, &p, share, r);
		bad = unattributed_figure(q, &p, r) || total_figures(q, &p, share, r) ||
			sum_figures(q, &p, share, r);
		r->kappa = p.moderation.kappa;
		r->run_sd = sqrt(p.moderation.run_variance);
	}
	free_parts(&p);
	if (bad)
		return -1;
	r->n_samples = q->d.n_windows;
	r->n_outliers = q->n_outliers;
	r->n_unknowns = q->d.n;
	r->condition = synergy_normal_condition(&q->m);
	r->noise_uw = sqrt(q->noise_variance);
	r->source = q->s->source;
	r->pause_us = q->d.preemptions.per_tick_ns / 1e3;
	r->trapezoid_uj = synergy_trapezoid(q->t, q->s);
	r->outlier_uj = outliers_uj(q);
	idle_figures(q, r);
	return synergy_check_runs(q->run_sums, q->t->n_runs, q->mean_uw, &r->run_check) ||
	       drift_figures(q, r) ? -1 : 0;
}
