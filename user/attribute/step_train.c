// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The time check (step 1 of the method): before the inferences the program has worked
 * and slept by turns, some milliseconds each and marked, and the windows say when its
 * power rose and fell.
 *
 *	y_i = c + a s_i(r, f) + e_i
 *
 * s_i is the share of window i in busy time, were each rising edge late by r and each
 * falling one by f: a line between edges, so Gauss and Newton's method finds all four.
 * The delay (r + f) / 2 is what the stamps are off by, or what the rail's capacitors
 * take; either way the windows are moved by it, and its standard error takes the place of
 * what was stated. r - f is a late start or a power that creeps up: half of it is as
 * likely as not in the delay, and is in its uncertainty.
 *
 * The covariance is a sandwich over steps, whose noise may go on from window to window.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>

#include "attribute/internal.h"

#define LEAST_STEPS	10
#define MOST_CHANGE_NS	200e3	/* of an edge in one iteration: a tenth of the shortest step */
#define ITERATIONS	30
#define SETTLED		0.05	/* of its standard error: an edge moves by less, and is found */
#define DAMPED_FROM	8	/* iteration: windows side by side make kinks, steps go to and fro */
#define OWN_DELAY_NS	50e3	/* of a rail: what is not measured better than this is not used */
#define SIGMAS		3.0	/* of the delay, beyond what is stated, which is a bound */
#define PARAMETERS	4

struct train {
	const struct synergy_rail_samples *s;
	const struct synergy_intervals *v;
	size_t first, end;		/* intervals in v; all BUSY, by time */
	size_t from, to;		/* windows that lie in it */
	double x[PARAMETERS];		/* c, a (uW), r, f (ns) */
	double mean_slack_ns;
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
		t->mean_slack_ns += s->slack_ns[t->to++];
	if (t->to - t->from < LEAST_STEPS * PARAMETERS)
		return 0;
	t->mean_slack_ns /= (double)(t->to - t->from);
	return 1;
}

/* The part of [b, e) before a time. */
static double before(double b, double e, double at)
{
	return fmin(fmax(at - b, 0), e - b);
}

/*
 * Window i: its share of busy time, and how that changes with r and f. *step is where the
 * last search ended, and the step (of either state) that the window begins in.
 */
static double busy_share(const struct train *t, size_t i, size_t *step, double change[2])
{
	double b = (double)t->s->begin_ns[i], e = (double)t->s->end_ns[i], busy = 0;
	size_t k;

	change[0] = change[1] = 0;
	while (*step < t->end && (double)t->v->end_ns[*step] + t->x[3] <= b)
		(*step)++;
	for (k = *step; k < t->end; k++) {
		double rise = (double)t->v->begin_ns[k] + t->x[2];
		double fall = (double)t->v->end_ns[k] + t->x[3];

		if (rise >= e)
			break;
		busy += before(b, e, fall) - before(b, e, rise);
		change[0] -= rise > b ? 1 / (e - b) : 0;
		change[1] += fall < e ? 1 / (e - b) : 0;
	}
	return busy / (e - b);
}

/* Sums over windows of g g', g e and, by step, (g e) (g e)'. */
struct sums {
	double h[PARAMETERS * PARAMETERS], ge[PARAMETERS], meat[PARAMETERS * PARAMETERS];
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
	double score[PARAMETERS] = { 0 }, g[PARAMETERS], change[2];
	size_t step = t->first, at = t->first, i, j, k;

	*m = (struct sums){ { 0 }, { 0 }, { 0 } };
	for (i = t->from; i < t->to; i++) {
		double share = busy_share(t, i, &step, change), e;

		if (step != at)
			add_step(m, score);
		at = step;
		e = t->s->power_uw[i] - t->x[0] - t->x[1] * share;
		g[0] = 1;
		g[1] = share;
		g[2] = t->x[1] * change[0];
		g[3] = t->x[1] * change[1];
		for (j = 0; j < PARAMETERS; j++) {
			m->ge[j] += g[j] * e;
			score[j] += g[j] * e;
			for (k = 0; k < PARAMETERS; k++)
				m->h[j * PARAMETERS + k] += g[j] * g[k];
		}
	}
	add_step(m, score);
}

/* The first n parameters' step; their inverse stays in h. -1: they cannot be told. */
static int newton(struct sums *m, size_t n, double *step)
{
	double scale[PARAMETERS], h[PARAMETERS * PARAMETERS];
	gsl_matrix_view a = gsl_matrix_view_array(h, n, n);
	size_t j, k;

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
		for (step[j] = 0, k = 0; k < n; k++) {
			m->h[j * PARAMETERS + k] = h[j * n + k] * scale[j] * scale[k];
			step[j] += m->h[j * PARAMETERS + k] * m->ge[k];
		}
	return 0;
}

/* One iteration over the first n parameters; the farthest step in standard errors. */
static double iterate(struct train *t, struct sums *m, size_t n, double damping)
{
	double step[PARAMETERS], noise = 0, moved = 0;
	size_t k;

	sum_up(t, m);
	for (k = 0; k < PARAMETERS; k++)
		noise = fmax(noise, m->meat[k * PARAMETERS + k] / m->h[k * PARAMETERS + k]);
	if (newton(m, n, step))
		return NAN;
	for (k = 0; k < n; k++) {
		double change = k < 2 ? step[k] :
			fmin(fmax(step[k], -MOST_CHANGE_NS), MOST_CHANGE_NS);

		t->x[k] += damping * change;
		moved = fmax(moved, k < 2 ? 0 : fabs(change) /
			     sqrt(noise * m->h[k * PARAMETERS + k]));
	}
	return n == PARAMETERS ? moved : INFINITY;
}

static int fit(struct train *t, struct sums *m)
{
	double moved = INFINITY;
	int i;

	for (i = 0; i < ITERATIONS && moved > SETTLED; i++)	/* the levels first */
		moved = iterate(t, m, i ? PARAMETERS : 2, i < DAMPED_FROM ? 1 : 0.5);
	return moved <= SETTLED ? 0 : -1;
}

/* The standard error of (r + f) / 2 from the sandwich H^-1 meat H^-1. */
static double delay_error(const struct sums *m)
{
	double sum = 0, c[PARAMETERS];
	size_t j, k;

	for (j = 0; j < PARAMETERS; j++)
		c[j] = (m->h[2 * PARAMETERS + j] + m->h[3 * PARAMETERS + j]) / 2;
	for (j = 0; j < PARAMETERS; j++)
		for (k = 0; k < PARAMETERS; k++)
			sum += c[j] * m->meat[j * PARAMETERS + k] * c[k];
	return sqrt(sum);
}

void synergy_time_check(const struct synergy_intervals *v, const struct synergy_rail_samples *s,
			struct synergy_time_check *check)
{
	struct train t = { .s = s, .v = v };
	struct sums m;
	double u;

	*check = (struct synergy_time_check){ .delay_ns = NAN, .u_ns = NAN };
	if (!find_train(&t))
		return;
	check->n_steps = 2 * (t.end - t.first);
	check->stated_ns = t.mean_slack_ns;
	if (fit(&t, &m))
		return;
	check->delay_ns = (t.x[2] + t.x[3]) / 2;
	check->edges_ns = t.x[2] - t.x[3];
	u = delay_error(&m);
	check->u_ns = hypot(u, check->edges_ns / 2 / sqrt(3));
	check->used = check->u_ns < hypot(t.mean_slack_ns, OWN_DELAY_NS) / sqrt(3);
	check->failed = fabs(check->delay_ns) > SIGMAS * check->u_ns + t.mean_slack_ns;
}
