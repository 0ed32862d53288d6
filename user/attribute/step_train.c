// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The time check (step 1 of the method): before the inferences the program has worked
 * and slept by turns, some milliseconds each and marked, and the windows say when its
 * power rose and fell, and how fast.
 *
 *	y_i = c + a s_i(r, f, tau) + e_i
 *
 * s_i is window i's mean of what is 1 in busy time and 0 else, were each rising edge late
 * by r and each falling one by f, behind a rail that follows with the time constant tau
 * (its capacitors, its regulator). Gauss and Newton's method finds all five. By
 * (r + f) / 2 the windows are moved, tau goes into their shares (design.c), and the
 * standard errors take the place of what was stated. r - f is a late start or a power
 * that creeps up: half of it is as likely as not in the delay, and in its uncertainty.
 *
 * The covariance is a sandwich over steps, whose noise may go on from window to window.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>

#include "attribute/internal.h"

#define LEAST_STEPS	10
#define MOST_CHANGE_NS	200e3	/* of an edge in one iteration: a tenth of the shortest step */
#define ITERATIONS	30
#define SETTLED		0.05	/* of its standard error: an edge moves by less, and is found; */
#define SETTLED_ENOUGH	0.5	/* by more than this after all iterations, and it is not */
#define DAMPED_FROM	8	/* iteration: windows side by side make kinks, steps go to and fro */
#define OWN_DELAY_NS	50e3	/* of a rail: what is not measured better than this is not used */
#define SIGMAS		2.5	/* of the delay, beyond what is stated, which is a bound */
#define PARAMETERS	5
#define LAG		4	/* the last one */
#define EDGE_LASTS	12.0	/* time constants */
#define LEAST_LAG_NS	5e3	/* a sharper edge looks the same to any window */
#define MOST_LAG_NS	1e6	/* no edge would be seen between steps */
#define LAG_SD_NS	300e3	/* of rails: what holds tau where the windows say nothing */

struct train {
	const struct synergy_rail_samples *s;
	const struct synergy_intervals *v;
	size_t first, end;		/* intervals in v; all BUSY, by time */
	size_t from, to;		/* windows that lie in it */
	double x[PARAMETERS];		/* c, a (uW), r, f, tau (ns) */
	double mean_window_error_ns;
};

/* BUSY intervals side by side; they come before the runs. */
static int find_train(struct train *t)
{
	const struct synergy_intervals *v = t->v;
	const struct synergy_rail_samples *s = t->s;
	uint64_t begin, end;

	while (t->first < v->n && v->kind[t->first] != SYNERGY_INTERVAL_BUSY)
		t->first++;
	t->end = t->first;
	while (t->end < v->n && v->kind[t->end] == SYNERGY_INTERVAL_BUSY)
		t->end++;
	if (t->end - t->first < LEAST_STEPS)
		return 0;
	begin = v->end_ns[t->first];	/* whole periods only */
	end = v->begin_ns[t->end - 1];
	while (t->from < s->n && s->begin_ns[t->from] < begin)
		t->from++;
	t->to = t->from;
	while (t->to < s->n && s->end_ns[t->to] <= end)
		t->mean_window_error_ns += s->window_error_ns[t->to++];
	if (t->to - t->from < LEAST_STEPS * PARAMETERS)
		return 0;
	t->mean_window_error_ns /= (double)(t->to - t->from);
	return 1;
}

/* An edge at 0 behind a time constant: its integral up to x, and what that changes with x and tau. */
static void edge(double x, double tau, double v[3])
{
	double kept = exp(-x / tau);

	v[0] = x > 0 ? x - tau * (1 - kept) : 0;
	v[1] = x > 0 ? 1 - kept : 0;
	v[2] = x > 0 ? kept * (1 + x / tau) - 1 : 0;
}

/* Adds the mean over window [b, e) of an edge at a time, and its changes with time and tau. */
static void add_edge(double b, double e, double at, double tau, double sign, double v[3])
{
	double to[3], from[3];
	int k;

	edge(e - at, tau, to);
	edge(b - at, tau, from);
	for (k = 0; k < 3; k++)
		v[k] += (k == 1 ? -sign : sign) * (to[k] - from[k]) / (e - b);
}

/*
 * Window i: its share of busy time, and how that changes with r, f and tau. *step is where
 * the last search ended: the busy step whose end still counts when the window begins.
 */
static double busy_share(const struct train *t, size_t i, size_t *step, double change[3])
{
	double b = (double)t->s->begin_ns[i], e = (double)t->s->end_ns[i];
	double rise[3] = { 0 }, fall[3] = { 0 }, tau = t->x[LAG];
	size_t k;

	while (*step < t->end && (double)t->v->end_ns[*step] + t->x[3] + EDGE_LASTS * tau <= b)
		(*step)++;
	for (k = *step; k < t->end && (double)t->v->begin_ns[k] + t->x[2] < e; k++) {
		add_edge(b, e, (double)t->v->begin_ns[k] + t->x[2], tau, 1, rise);
		add_edge(b, e, (double)t->v->end_ns[k] + t->x[3], tau, -1, fall);
	}
	change[0] = rise[1];
	change[1] = fall[1];
	change[2] = rise[2] + fall[2];
	return rise[0] + fall[0];
}

/* Sums over windows of g g', g e and, by step, (g e) (g e)'; the first one's inverse. */
struct sums {
	double h[PARAMETERS * PARAMETERS], ge[PARAMETERS], meat[PARAMETERS * PARAMETERS];
	double inverse[PARAMETERS * PARAMETERS];
};

static void add_step(struct sums *m, double *score)
{
	size_t j, k;

	for (j = 0; j < PARAMETERS; j++)
		for (k = 0; k < PARAMETERS; k++)
			m->meat[j * PARAMETERS + k] += score[j] * score[k];
	for (j = 0; j < PARAMETERS; j++)
		score[j] = 0;
}

static void sum_up(const struct train *t, struct sums *m)
{
	double score[PARAMETERS] = { 0 }, g[PARAMETERS], change[3];
	size_t step = t->first, at = t->first, i, j, k;

	memset(m, 0, sizeof(*m));
	for (i = t->from; i < t->to; i++) {
		double share = busy_share(t, i, &step, change), e;

		if (step != at)
			add_step(m, score);
		at = step;
		e = t->s->power_uw[i] - t->x[0] - t->x[1] * share;
		g[0] = 1;
		g[1] = share;
		for (k = 0; k < 3; k++)
			g[2 + k] = t->x[1] * change[k];
		for (j = 0; j < PARAMETERS; j++) {
			m->ge[j] += g[j] * e;
			score[j] += g[j] * e;
			for (k = 0; k < PARAMETERS; k++)
				m->h[j * PARAMETERS + k] += g[j] * g[k];
		}
	}
	add_step(m, score);
}

/* The first n parameters' step, and the inverse for them. -1: they cannot be distinguished. */
static int newton(struct sums *m, size_t n, double *step)
{
	double scale[PARAMETERS], h[PARAMETERS * PARAMETERS];
	gsl_matrix_view a = gsl_matrix_view_array(h, n, n);
	size_t j, k;

	memset(m->inverse, 0, sizeof(m->inverse));
	memset(step, 0, PARAMETERS * sizeof(*step));
	for (j = 0; j < n; j++) {
		if (!(m->h[j * PARAMETERS + j] > 0))
			return -1;
		scale[j] = 1 / sqrt(m->h[j * PARAMETERS + j]);
	}
	for (j = 0; j < n; j++)
		for (k = 0; k < n; k++)
			h[j * n + k] = m->h[j * PARAMETERS + k] * scale[j] * scale[k];
	if (gsl_linalg_cholesky_decomp1(&a.matrix) || gsl_linalg_cholesky_invert(&a.matrix))
		return -1;
	for (j = 0; j < n; j++)
		for (k = 0; k < n; k++) {
			m->inverse[j * PARAMETERS + k] = h[j * n + k] * scale[j] * scale[k];
			step[j] += m->inverse[j * PARAMETERS + k] * m->ge[k];
		}
	return 0;
}

/* The standard error of a sum with coefficients w, from the sandwich H^-1 meat H^-1. */
static double standard_error(const struct sums *m, const double *w)
{
	double sum = 0, c[PARAMETERS] = { 0 };
	size_t j, k;

	for (j = 0; j < PARAMETERS; j++)
		for (k = 0; k < PARAMETERS; k++)
			c[j] += w[k] * m->inverse[k * PARAMETERS + j];
	for (j = 0; j < PARAMETERS; j++)
		for (k = 0; k < PARAMETERS; k++)
			sum += c[j] * m->meat[j * PARAMETERS + k] * c[k];
	return sqrt(sum);
}

/* Sums at the parameters as they are; tau has a prior, at the noise that the sums show. */
static void prepare(const struct train *t, struct sums *m)
{
	double noise;

	sum_up(t, m);
	noise = m->meat[0] / m->h[0] / (LAG_SD_NS * LAG_SD_NS);
	m->h[LAG * PARAMETERS + LAG] += noise;
	m->ge[LAG] -= noise * t->x[LAG];
}

/* One iteration: the farthest step of the delay's parts, in standard errors; NaN failed. */
static double iterate(struct train *t, struct sums *m, size_t n, double damping)
{
	double step[PARAMETERS], moved = 0, unit[PARAMETERS] = { 0 };
	size_t k;

	prepare(t, m);
	if (newton(m, n, step))
		return NAN;
	if (n == PARAMETERS && t->x[LAG] + step[LAG] < LEAST_LAG_NS) {	/* the others, with it there */
		step[LAG] = LEAST_LAG_NS - t->x[LAG];
		for (k = 0; k < LAG; k++)
			m->ge[k] -= m->h[k * PARAMETERS + LAG] * step[LAG];
		if (newton(m, LAG, step))
			return NAN;
		t->x[LAG] = LEAST_LAG_NS;
	}
	for (k = 0; k < n; k++) {
		double change = k < 2 ? step[k] :
			fmin(fmax(step[k], -MOST_CHANGE_NS), MOST_CHANGE_NS);

		t->x[k] += damping * change;
		unit[k] = 1;
		if (k >= 2 && change != 0)
			moved = fmax(moved, fabs(change) / standard_error(m, unit));
		unit[k] = 0;
	}
	t->x[LAG] = fmin(t->x[LAG], MOST_LAG_NS);
	return moved;
}

/* The levels first, then edges as sharp as windows see, then the time constant, too. */
static int fit(struct train *t, struct sums *m)
{
	static const size_t stages[] = { 2, LAG, PARAMETERS };
	double moved = INFINITY, kept[PARAMETERS];
	size_t stage;
	int i;

	t->x[LAG] = LEAST_LAG_NS;
	for (stage = 0; stage < 3; stage++) {
		memcpy(kept, t->x, sizeof(kept));
		for (moved = INFINITY, i = 0; i < ITERATIONS && moved > SETTLED; i++)
			moved = iterate(t, m, stages[stage], i < DAMPED_FROM ? 1 : 0.5);
		if (moved < SETTLED_ENOUGH)
			continue;
		if (stages[stage] < PARAMETERS)
			return -1;
		memcpy(t->x, kept, sizeof(kept));	/* the windows do not say how fast */
		iterate(t, m, LAG, 0);
	}
	return 0;
}

void synergy_time_check(const struct synergy_intervals *v, const struct synergy_rail_samples *s,
			struct synergy_time_check *check)
{
	struct train t = { .s = s, .v = v };
	double step[PARAMETERS];
	struct sums m;

	*check = (struct synergy_time_check){ .delay_ns = NAN, .u_ns = NAN };
	if (!find_train(&t))
		return;
	check->n_steps = 2 * (t.end - t.first);
	check->stated_ns = t.mean_window_error_ns;
	if (fit(&t, &m))
		return;
	check->lag_ns = t.x[LAG];
	check->delay_ns = (t.x[2] + t.x[3]) / 2 + t.x[LAG];
	check->edges_ns = t.x[2] - t.x[3];
	check->u_ns = hypot(standard_error(&m, (const double[]){ 0, 0, 0.5, 0.5, 1 }),
			    check->edges_ns / 2 / sqrt(3));
	prepare(&t, &m);
	if (newton(&m, PARAMETERS, step))
		return;
	check->lag_u_ns = standard_error(&m, (const double[]){ 0, 0, 0, 0, 1 });
	check->used = check->u_ns < hypot(t.mean_window_error_ns, OWN_DELAY_NS) / sqrt(3);
	check->failed = fabs(check->delay_ns) > SIGMAS * check->u_ns + t.mean_window_error_ns;
}
