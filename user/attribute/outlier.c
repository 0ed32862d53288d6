// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Outliers: single samples that nothing explains (a disturbed conversion, a
 * spike on the supply that is no work of the layer's). They are left out of the
 * fit, counted and reported.
 *
 * A layer may well be heteroscedastic: its power jumps, and a large residual is then a
 * fact about the layer. What repeats at the same place of the layer in other runs
 * is the layer's; what does not is an outlier. Where there is nothing to compare
 * with, only a value far beyond everything else that was measured is one.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "attribute/internal.h"

#define MOST_SHARE	0.01	/* more of them than this are no outliers */

/* Where a window's middle lies: sorted by layer, then by place. */
struct place {
	uint32_t layer, run;
	float at;
	uint32_t window;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* 1.4826 times the median of the residuals' sizes, in units of their own sigma. */
static double robust_scale(const struct synergy_solution *q, double *work)
{
	size_t n = q->d.n_windows, i;
	double scale;

	for (i = 0; i < n; i++)
		work[i] = fabs(q->residual[i]) / sqrt(q->variance[i]);
	qsort(work, n, sizeof(*work), compare);
	scale = 1.4826 * work[n / 2];
	return scale > 0.2 ? scale : 0.2;
}

/* Robust standard deviation of each layer's residuals; the typical one where few. */
static void layer_scales(const struct synergy_solution *q, const struct place *p, size_t n,
			 double typical, double *scale, double *work)
{
	size_t i, k, m;

	for (i = 0; i <= q->t->n_layers; i++)
		scale[i] = typical;
	for (i = 0; i < n; i = k) {
		m = 0;
		for (k = i; k < n && p[k].layer == p[i].layer; k++)
			work[m++] = fabs(q->residual[p[k].window]);
		if (m < 8 || p[i].layer >= SYNERGY_PIECE_OUTSIDE)
			continue;
		qsort(work, m, sizeof(*work), compare);
		scale[p[i].layer] = fmax(1.4826 * work[m / 2], typical);
	}
}

/* Do other runs' windows at the same place show it, too? 1 yes, 0 no, -1 too few. */
static int repeats(const struct synergy_solution *q, const struct place *p, size_t n, size_t at)
{
	double reach = q->d.window_ns / q->t->layer_ns[p[at].layer], size = q->residual[p[at].window];
	int seen = 0, alike = 0, side;

	for (side = -1; side <= 1; side += 2) {
		size_t i = at;

		while ((side < 0 ? i > 0 : i + 1 < n)) {
			i = side < 0 ? i - 1 : i + 1;
			if (p[i].layer != p[at].layer || fabs(p[i].at - p[at].at) > reach)
				break;
			if (p[i].run == p[at].run)
				continue;
			seen++;
			alike += q->residual[p[i].window] / size > 0.3;
		}
	}
	return seen < 2 ? -1 : alike > 0;
}

/* The bulk of what was measured, for the case without comparison. */
static void bulk(const struct synergy_solution *q, double *work, double *low, double *high)
{
	size_t n = q->d.n_windows, i;

	for (i = 0; i < n; i++)
		work[i] = q->s->power_uw[q->d.window[i]];
	qsort(work, n, sizeof(*work), compare);
	*low = work[n / 100];
	*high = work[n - 1 - n / 100];
	i = n < 200;		/* few samples: leave the extreme one out by hand */
	*low = i && n > 4 ? work[1] : *low;
	*high = i && n > 4 ? work[n - 2] : *high;
}

static size_t mark(struct synergy_solution *q, const struct place *p, size_t n,
		   const double *scale, double sigmas, const double range[2], unsigned char *out)
{
	double span = range[1] - range[0];
	size_t i, found = 0;

	for (i = 0; i < n; i++) {
		size_t w = p[i].window;
		uint32_t layer = p[i].layer < SYNERGY_PIECE_OUTSIDE ? p[i].layer :
								      (uint32_t)q->t->n_layers;
		double y = q->s->power_uw[w < q->d.n_windows ? q->d.window[w] : 0];
		double extra = fmax(q->variance[w] - q->layer_variance[layer], 0);
		double limit = sigmas * sqrt(scale[layer] * scale[layer] + extra);
		int again;

		/* Smaller ones may be real work of another thread: they stay. */
		if (fabs(q->residual[w]) <= fmax(limit, 0.5 * span))
			continue;
		again = layer < q->t->n_layers ? repeats(q, p, n, i) : -1;
		if (again < 0)
			again = y > range[0] - 0.5 * span - limit &&
				y < range[1] + 0.5 * span + limit;
		if (!again) {
			out[w] = 1;
			found++;
		}
	}
	return found;
}

int synergy_find_outliers(struct synergy_solution *q, double sigmas)
{
	size_t n = q->d.n_windows, i, found;
	struct place *p = calloc(n, sizeof(*p));
	double *work = calloc(n, sizeof(*work));
	double *scale = calloc(q->t->n_layers + 1, sizeof(*scale)), range[2];
	int result = -1;

	errno = ENOMEM;
	if (!p || !work || !scale)
		goto out;
	for (i = 0; i < n; i++) {
		double at = synergy_design_position(&q->d, i);

		p[i] = (struct place){ .layer = q->d.layer[i], .run = q->d.run[i],
				       .at = (float)at, .window = (uint32_t)i };
	}
	qsort(p, n, sizeof(*p), by_place);
	layer_scales(q, p, n, robust_scale(q, work) * sqrt(q->noise_variance), scale, work);
	bulk(q, work, &range[0], &range[1]);
	found = mark(q, p, n, scale, sigmas, range, q->outlier);
	if ((double)found > 1 + MOST_SHARE * (double)n) {
		for (i = 0; i < n; i++)
			q->outlier[i] = 0;
		found = 0;
	}
	q->n_outliers = found;
	result = 0;
out:
	free(p);
	free(work);
	free(scale);
	return result;
}
