// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the sampler keeps the measured program from: each tick's work may take the
 * core, or the clock of a virtual board, away from a layer, and the layer then lasts
 * that much longer. From marks and ticks alone, without a look at any power:
 *
 *	length of a layer = its own + sum over phase bins p of h_p x (how many ticks' bin
 *			    p lies within it)
 *
 * p are phases after the tick (and one before), a fiftieth of the period apart; h_p,
 * the time that is lost there, comes by least squares over all layers of all runs.
 * Phase bins whose loss is significant become preemptions in the timeline; where there are
 * none, as on a board whose sampler has a core of its own, nothing changes.
 *
 * Why it matters: windows lie at certain phases after their ticks, and so do preemptions.
 * Without them what a layer does would be sought at the wrong phase, the same way
 * in every run, and what the sampler draws be charged to layers by whether windows
 * happen to meet it, not by whose time it took.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_linalg.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>

#include "attribute/internal.h"

#define BINS			50	/* of a period */
#define INTERVALS_PER_BIN	20	/* layers of all runs that it takes to tell a bin */
#define SURE			4.0	/* standard errors */
#define LEAST_TICKS		100
#define MOST_UNSURE		0.001	/* of a period: else none are better than wrong ones */
#define LEAST_NS		100.0	/* shorter ones change nothing */
#define SEEN_SHARE		0.02	/* of a bin's preemptions, in some window: it is seen */

struct phase_bin {
	double after_ns;		/* the tick; negative: before it */
	double lost_ns;
	size_t n, n_seen;
};

void synergy_preemptions_free(struct synergy_preemptions *v)
{
	free(v->begin_ns);
	free(v->end_ns);
	free(v->unseen);
	free(v->before_ns[0]);
	free(v->before_ns[1]);
	memset(v, 0, sizeof(*v));
}

static int by_time(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The ticks by time, each once. Returns their number, 0 with *ticks NULL: no memory. */
static size_t find_ticks(const struct synergy_rail_samples *s, uint64_t **ticks)
{
	uint64_t *t = malloc((s->n + 1) * sizeof(*t));
	size_t i, n = 0;

	*ticks = t;
	if (!t || !s->n)
		return 0;
	memcpy(t, s->tick_ns, s->n * sizeof(*t));
	qsort(t, s->n, sizeof(*t), by_time);
	for (i = 0; i < s->n; i++)
		if (!n || t[i] != t[n - 1])
			t[n++] = t[i];
	return n;
}

static double period_of(const uint64_t *ticks, size_t n)
{
	uint64_t *gap = malloc(n * sizeof(*gap)), period;
	size_t i;

	if (!gap)
		return 0;
	for (i = 0; i + 1 < n; i++)
		gap[i] = ticks[i + 1] - ticks[i];
	qsort(gap, n - 1, sizeof(*gap), by_time);
	period = gap[(n - 1) / 2];
	free(gap);
	return (double)period;
}

/* How many ticks' bin lies within [begin, end); *at goes on from interval to interval. */
static double count_within(const uint64_t *ticks, size_t n, double after_ns, uint64_t begin,
			   uint64_t end, size_t *at)
{
	double from = (double)begin - after_ns, to = (double)end - after_ns;
	size_t i = *at, k;

	while (i < n && (double)ticks[i] < from)
		i++;
	*at = i;
	for (k = i; k < n && (double)ticks[k] < to; k++)
		;
	return (double)(k - i);
}

/* Sums over the intervals of one layer. */
struct layer_sums {
	double n, y, yy, x[BINS], xy[BINS], xx[BINS][BINS];
};

/* The system of all layers: each about its own means, weighted by how even it is. */
struct pooled {
	gsl_matrix *a;
	gsl_vector *b;
	double yy, n, layers;
};

static void add_interval(struct layer_sums *m, double y, const double *x)
{
	size_t i, k;

	m->n++;
	m->y += y;
	m->yy += y * y;
	for (i = 0; i < BINS; i++) {
		if (x[i] == 0)
			continue;
		m->x[i] += x[i];
		m->xy[i] += x[i] * y;
		for (k = 0; k <= i; k++)
			m->xx[i][k] += x[i] * x[k];
	}
}

static void pool(struct pooled *p, const struct layer_sums *m)
{
	double variance, weight;
	size_t i, k;

	if (m->n < 3)
		return;
	variance = (m->yy - m->y * m->y / m->n) / (m->n - 1);
	weight = 1 / fmax(variance, LEAST_NS * LEAST_NS);
	p->yy += weight * (m->yy - m->y * m->y / m->n);
	p->n += m->n;
	p->layers++;
	for (i = 0; i < BINS; i++) {
		*gsl_vector_ptr(p->b, i) += weight * (m->xy[i] - m->x[i] * m->y / m->n);
		for (k = 0; k <= i; k++)
			*gsl_matrix_ptr(p->a, i, k) += weight *
				(m->xx[i][k] - m->x[i] * m->x[k] / m->n);
	}
}

/* The pieces of each layer by time: [first[l], first[l + 1]) of order are those of layer l. */
struct by_layer {
	size_t *first, *order;
};

static void free_by_layer(struct by_layer *l)
{
	free(l->first);
	free(l->order);
}

static int sort_by_layer(const struct synergy_timeline *t, struct by_layer *l)
{
	size_t i;

	l->first = calloc(t->n_layers + 2, sizeof(*l->first));
	l->order = calloc(t->n + 1, sizeof(*l->order));
	if (!l->first || !l->order)
		return -1;
	/* Counted two further on, so that placing them leaves the firsts behind. */
	for (i = 0; i < t->n; i++)
		if (t->pieces[i].layer < SYNERGY_PIECE_OUTSIDE)
			l->first[t->pieces[i].layer + 2]++;
	for (i = 2; i < t->n_layers + 2; i++)
		l->first[i] += l->first[i - 1];
	for (i = 0; i < t->n; i++)
		if (t->pieces[i].layer < SYNERGY_PIECE_OUTSIDE)
			l->order[l->first[t->pieces[i].layer + 1]++] = i;
	return 0;
}

/*
 * One layer's intervals; lengths about the mean, so that squares keep their digits. Phase bins
 * are counted within the mean length from its begin on: within its own, a layer that lasts
 * longer for whatever reason has more of all bins, which then seem to be that reason.
 */
static void sum_layer(const struct synergy_timeline *t, const struct by_layer *l, uint32_t layer,
		      const uint64_t *ticks, size_t n_ticks, const struct phase_bin *bins,
		      struct layer_sums *m)
{
	size_t at[BINS] = { 0 }, i, k;
	double x[BINS], mean = t->layer_ns[layer];

	memset(m, 0, sizeof(*m));
	for (i = l->first[layer]; i < l->first[layer + 1]; i++) {
		const struct synergy_piece *p = &t->pieces[l->order[i]];

		for (k = 0; k < BINS; k++)
			x[k] = count_within(ticks, n_ticks, bins[k].after_ns, p->begin_ns,
					    p->begin_ns + (uint64_t)mean, &at[k]);
		add_interval(m, (double)(p->end_ns - p->begin_ns) - mean, x);
	}
}

/*
 * All bins together make up the mean length, whatever the ticks do, and so their common
 * level is hardly known: it is that of most bins, at which nothing happens.
 */
static double level_of(const gsl_vector *x)
{
	double v[BINS];
	size_t i;

	for (i = 0; i < BINS; i++)
		v[i] = gsl_vector_get(x, i);
	gsl_sort(v, 1, BINS);
	return gsl_stats_median_from_sorted_data(v, 1, BINS);
}

/* lost_ns of every bin, 0 where it is not significant. */
static int solve(struct pooled *p, struct phase_bin *bins, double period)
{
	gsl_vector *x = gsl_vector_alloc(BINS);
	double left, variance, level, unsure = 0;
	size_t i;
	int result = -1;

	if (!x)
		return -1;
	for (i = 0; i < BINS; i++) {
		/* A bin in no layer, or in all alike, says nothing of them. */
		if (!(gsl_matrix_get(p->a, i, i) > 0))
			gsl_matrix_set(p->a, i, i, 1e-9);
	}
	result = 0;
	if (gsl_linalg_cholesky_decomp1(p->a) || gsl_linalg_cholesky_solve(p->a, p->b, x) ||
	    gsl_linalg_cholesky_invert(p->a))
		goto out;		/* ticks that stand still against the layers */
	left = p->yy;
	for (i = 0; i < BINS; i++)
		left -= gsl_vector_get(x, i) * gsl_vector_get(p->b, i);
	variance = fmax(left, 0) / (p->n - p->layers - BINS);
	level = level_of(x);
	for (i = 0; i < BINS; i++) {
		double lost = gsl_vector_get(x, i) - level;
		double se = sqrt(variance * gsl_matrix_get(p->a, i, i));

		if (lost > LEAST_NS && lost > SURE * se) {
			bins[i].lost_ns = lost;
			unsure += se * se;
		}
	}
	/* Half of what is lost, found, is worse than nothing: windows see one half and not the other. */
	for (i = 0; sqrt(unsure) > MOST_UNSURE * period && i < BINS; i++)
		bins[i].lost_ns = 0;
out:
	gsl_vector_free(x);
	return result;
}

/* Phase bins side by side are one preemption, in the middle of what they lose. */
static void merge(struct phase_bin *bins)
{
	size_t i;

	for (i = 1; i < BINS; i++) {
		struct phase_bin *a = &bins[i - 1], *b = &bins[i];

		if (!(a->lost_ns > 0 && b->lost_ns > 0))
			continue;
		b->after_ns = (a->after_ns * a->lost_ns + b->after_ns * b->lost_ns) /
			      (a->lost_ns + b->lost_ns);
		b->lost_ns += a->lost_ns;
		a->lost_ns = 0;
	}
}

/* What is lost at which bin. ENOMEM. */
static int find_bins(const struct synergy_timeline *t, const uint64_t *ticks, size_t n_ticks,
		       double period, struct phase_bin *bins)
{
	struct pooled p = { gsl_matrix_calloc(BINS, BINS), gsl_vector_calloc(BINS), 0, 0, 0 };
	struct layer_sums *m = malloc(sizeof(*m));
	struct by_layer by = { NULL, NULL };
	uint32_t layer;
	int result = -1;

	if (!p.a || !p.b || !m || sort_by_layer(t, &by))
		goto out;
	for (layer = 0; layer < t->n_layers; layer++) {
		if (!(t->times[layer] > 0))
			continue;
		sum_layer(t, &by, layer, ticks, n_ticks, bins, m);
		pool(&p, m);
	}
	result = p.n - p.layers > INTERVALS_PER_BIN * BINS ? solve(&p, bins, period) : 0;
out:
	gsl_matrix_free(p.a);
	gsl_vector_free(p.b);
	free_by_layer(&by);
	free(m);
	return result;
}

/* ---- from bins to preemptions ---- */

struct preemption {
	uint64_t begin_ns, end_ns;
	size_t bin;
};

static int by_begin(const void *a, const void *b)
{
	return by_time(&((const struct preemption *)a)->begin_ns, &((const struct preemption *)b)->begin_ns);
}

/* Which of these sorted preemptions lie in a window, counted by bin. */
static void count_seen(const struct synergy_rail_samples *s, const struct preemption *v, size_t n,
		       struct phase_bin *bins)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		uint64_t middle = v[i].begin_ns + (v[i].end_ns - v[i].begin_ns) / 2;

		while (k < s->n && s->end_ns[k] <= middle)
			k++;
		bins[v[i].bin].n++;
		bins[v[i].bin].n_seen += k < s->n && s->begin_ns[k] <= middle;
	}
}

static int allocate(struct synergy_preemptions *v, size_t n)
{
	v->begin_ns = calloc(n, sizeof(*v->begin_ns));
	v->end_ns = calloc(n, sizeof(*v->end_ns));
	v->unseen = calloc(n, sizeof(*v->unseen));
	v->before_ns[0] = calloc(n + 1, sizeof(double));
	v->before_ns[1] = calloc(n + 1, sizeof(double));
	return v->begin_ns && v->end_ns && v->unseen && v->before_ns[0] && v->before_ns[1] ? 0 : -1;
}

/* One after the other: where two would overlap the second waits. */
static int put_preemptions(struct synergy_preemptions *v, const struct preemption *from, size_t n,
			   const struct phase_bin *bins)
{
	size_t i;

	if (allocate(v, n))
		return -1;
	for (i = 0; i < n; i++) {
		const struct phase_bin *p = &bins[from[i].bin];
		uint64_t length = from[i].end_ns - from[i].begin_ns;
		uint64_t after = i ? v->end_ns[i - 1] : 0;

		v->begin_ns[i] = from[i].begin_ns > after ? from[i].begin_ns : after;
		v->end_ns[i] = v->begin_ns[i] + length;
		v->unseen[i] = (double)p->n_seen < SEEN_SHARE * (double)p->n;
		v->before_ns[0][i + 1] = v->before_ns[0][i];
		v->before_ns[1][i + 1] = v->before_ns[1][i];
		v->before_ns[v->unseen[i]][i + 1] += (double)length;
	}
	v->n = n;
	return 0;
}

static int make(const struct synergy_rail_samples *s, const uint64_t *ticks, size_t n_ticks,
		struct phase_bin *bins, struct synergy_preemptions *v)
{
	struct preemption *p;
	size_t n = 0, i, k, used = 0;
	int result;

	for (k = 0; k < BINS; k++) {
		used += bins[k].lost_ns > 0;
		v->per_tick_ns += bins[k].lost_ns;
	}
	if (!used)
		return 0;
	p = calloc(n_ticks * used, sizeof(*p));
	if (!p)
		return -1;
	for (i = 0; i < n_ticks; i++)
		for (k = 0; k < BINS; k++) {
			double lost = bins[k].lost_ns;
			double begin = (double)ticks[i] + bins[k].after_ns - lost / 2;

			if (!(lost > 0) || begin < 0)
				continue;
			p[n].begin_ns = (uint64_t)begin;
			p[n].end_ns = p[n].begin_ns + (uint64_t)lost;
			p[n++].bin = k;
		}
	qsort(p, n, sizeof(*p), by_begin);
	count_seen(s, p, n, bins);
	result = put_preemptions(v, p, n, bins);
	free(p);
	return result;
}

int synergy_preemptions_find(const struct synergy_timeline *t, const struct synergy_rail_samples *s,
			     struct synergy_preemptions *v)
{
	struct phase_bin bins[BINS] = { 0 };
	uint64_t *ticks = NULL;
	size_t n, k;
	double period;
	int result = 0;

	memset(v, 0, sizeof(*v));
	if (!s->tick_ns)
		return 0;
	n = find_ticks(s, &ticks);
	if (n < LEAST_TICKS) {
		result = ticks ? 0 : -1;
		goto out;
	}
	period = period_of(ticks, n);
	for (k = 0; k < BINS; k++)
		bins[k].after_ns = ((double)k - 1) * period / BINS;
	result = find_bins(t, ticks, n, period, bins);
	if (!result) {
		merge(bins);
		result = make(s, ticks, n, bins, v);
	}
	if (result) {
		synergy_preemptions_free(v);
		errno = ENOMEM;
	}
out:
	free(ticks);
	return result;
}

/* ---- asking ---- */

/* Stolen time before an instant, seen and unseen. */
static void before(const struct synergy_preemptions *v, uint64_t when, double ns[2])
{
	size_t low = 0, high = v->n;

	while (low < high) {		/* those that began before it */
		size_t mid = (low + high) / 2;

		if (v->begin_ns[mid] < when)
			low = mid + 1;
		else
			high = mid;
	}
	ns[0] = v->before_ns[0][low];
	ns[1] = v->before_ns[1][low];
	if (low && v->end_ns[low - 1] > when)
		ns[v->unseen[low - 1]] -= (double)(v->end_ns[low - 1] - when);
}

void synergy_preemptions_within(const struct synergy_preemptions *v, uint64_t begin, uint64_t end,
				double ns[2])
{
	double from[2];

	ns[0] = ns[1] = 0;
	if (!v->n || end <= begin)
		return;
	before(v, begin, from);
	before(v, end, ns);
	ns[0] -= from[0];
	ns[1] -= from[1];
}
