// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The sampler's own rhythm: its work draws power, too, or takes time from the
 * measured program, and comes at the same places of every tick. A window that has
 * the tick's begin in it then differs from one that has not, whatever layer it is
 * of. Long windows that drift have every part of a tick alike; short ones do not.
 *
 *	f(u, p) = a(u) + b(u) (p / mean - 1)
 *
 * u is where a window begins, counted from the tick that read it, p the power that
 * the layers let expect there: a for power that comes on top, b for work that
 * displaces the program's. Both are lines from place to place over u, as many
 * places as the samples can tell apart. f sums to zero over all windows: what the
 * sampler draws in the mean stays with the layers in whose time it does.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>

#include "attribute/internal.h"

#define MOST_PLACES		40
#define WINDOWS_PER_PLACE	100.0	/* two unknowns each: two windows of a hundred */
#define LEAST_MIXING		0.05	/* mean step from one window to the next, of all places */
#define RIDGE			2.0	/* windows' worth of holding a place at zero */

struct place {
	size_t at;		/* this and the next have shares in the window */
	double share;		/* of the next */
	double level;		/* p / mean - 1 */
};

static double offset_ns(const struct synergy_solution *q, size_t i)
{
	size_t s = q->d.window[i];

	return (double)(int64_t)(q->s->begin_ns[s] - q->s->tick_ns[s]);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* All but the farthest windows of a hundred: a late tick must not widen the places. */
static int find_range(const struct synergy_solution *q, double *low, double *width)
{
	size_t n = q->d.n_windows, i;
	double *u = calloc(n, sizeof(*u));

	if (!u)
		return -1;
	for (i = 0; i < n; i++)
		u[i] = offset_ns(q, i);
	qsort(u, n, sizeof(*u), compare);
	*low = u[n / 100];
	*width = u[n - 1 - n / 100] - *low;
	free(u);
	return 0;
}

/*
 * Places that drift slowly tell when a window was, and what was then may be a layer's:
 * only what comes at ever other places from one window to the next is the sampler's.
 */
static int mixed(const struct synergy_solution *q, double width)
{
	double sum = 0;
	size_t i;

	for (i = 1; i < q->d.n_windows; i++)
		sum += fmin(fabs(offset_ns(q, i) - offset_ns(q, i - 1)), width);
	return sum > LEAST_MIXING * width * (double)(q->d.n_windows - 1);
}

static struct place place_of(const struct synergy_solution *q, size_t i, double low, double width,
			     size_t places)
{
	double at = (offset_ns(q, i) - low) / width * (double)(places - 1);
	double mean = q->s->power_uw[q->d.window[i]] - q->residual[i] - q->rhythm[i] -
		      (1 - (double)q->d.outside[i]) * q->run_offset[q->d.run[i]];
	struct place p;

	at = fmin(fmax(at, 0), (double)(places - 1));
	p.at = at < (double)(places - 2) ? (size_t)at : places - 2;
	p.share = at - (double)p.at;
	p.level = mean / q->mean_uw - 1;
	return p;
}

/* The four unknowns that a window touches, and its shares in them. */
static void unknowns(const struct place *p, size_t places, size_t at[4], double share[4])
{
	at[0] = p->at;
	at[1] = p->at + 1;
	at[2] = places + p->at;
	at[3] = places + p->at + 1;
	share[0] = 1 - p->share;
	share[1] = p->share;
	share[2] = share[0] * p->level;
	share[3] = share[1] * p->level;
}

static double value_at(const gsl_vector *x, const struct place *p, size_t places)
{
	double share[4], sum = 0;
	size_t at[4], k;

	unknowns(p, places, at, share);
	for (k = 0; k < 4; k++)
		sum += share[k] * gsl_vector_get(x, at[k]);
	return sum;
}

static int fit(const struct synergy_solution *q, double low, double width, size_t places,
	       gsl_matrix *a, gsl_vector *x)
{
	double typical = 1 / q->noise_variance;
	size_t i, j, k;

	for (i = 0; i < q->d.n_windows; i++) {
		struct place p = place_of(q, i, low, width, places);
		double share[4], y = q->residual[i] + q->rhythm[i];
		size_t at[4];

		if (q->outlier[i])
			continue;
		unknowns(&p, places, at, share);
		for (j = 0; j < 4; j++) {
			*gsl_vector_ptr(x, at[j]) += share[j] * y / q->variance[i];
			for (k = 0; k < 4; k++)
				*gsl_matrix_ptr(a, at[j], at[k]) +=
					share[j] * share[k] / q->variance[i];
		}
	}
	for (i = 0; i < a->size1; i++)
		*gsl_matrix_ptr(a, i, i) += RIDGE * typical;
	return gsl_linalg_cholesky_decomp1(a) || gsl_linalg_cholesky_svx(a, x) ? -1 : 0;
}

static void take(struct synergy_solution *q, double low, double width, size_t places,
		 const gsl_vector *x)
{
	double sum = 0, n = 0;
	size_t i;

	for (i = 0; i < q->d.n_windows; i++) {
		struct place p = place_of(q, i, low, width, places);

		q->rhythm[i] = value_at(x, &p, places);
		if (!q->outlier[i]) {
			sum += q->rhythm[i];
			n++;
		}
	}
	for (i = 0; i < q->d.n_windows; i++)
		q->rhythm[i] -= sum / n;
}

int synergy_update_rhythm(struct synergy_solution *q)
{
	size_t places = (size_t)fmin((double)q->d.n_windows / WINDOWS_PER_PLACE, MOST_PLACES);
	double low, width;
	gsl_matrix *a;
	gsl_vector *x;
	int bad;

	if (!q->s->tick_ns || places < 4)
		return 0;
	if (find_range(q, &low, &width))
		return -1;
	if (!(width > q->d.window_ns / 10) || !mixed(q, width))
		return 0;
	a = gsl_matrix_calloc(2 * places, 2 * places);
	x = gsl_vector_calloc(2 * places);
	bad = !a || !x || fit(q, low, width, places, a, x);
	if (!bad)
		take(q, low, width, places, x);
	gsl_matrix_free(a);
	gsl_vector_free(x);
	if (bad)
		errno = ENOMEM;
	return bad ? -1 : 0;
}
