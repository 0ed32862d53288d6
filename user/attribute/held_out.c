// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Runs against each other (step 8 of the method): what a run measured, less what the
 * others let expect of it, which the jackknife has solved for anyway. Its level: another
 * load, a supply that moved. Its misfit: marks that are off, a converter that stopped.
 *
 *	level: t = (L_r - mean of the others) / (their deviation sqrt(1 + 1/(R - 1)))
 *	misfit: z = (ln chi2_r - median) / sqrt(8 / n_r)	windows in pairs go together;
 *		t = (ln chi2_r - mean of the others) / (their deviation sqrt(1 + 1/(R - 1)))
 *
 * The time of runs: a clock that changed has them in two groups, one after the other.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>

#include "attribute/internal.h"

#define LEAST_RUNS	5
#define FALSE_ALARMS	0.001	/* of a recording, each check */
#define MISFIT_Z	5.0
#define LEAST_LEVEL	0.01	/* of the mean power: less is true and no matter */
#define LEAST_CHANGE	0.01	/* of the time of a run */

double synergy_chance(double t, double dof)
{
	return 2 * gsl_cdf_tdist_Q(fabs(t), dof);
}

static void check_levels(const struct synergy_run_sums *v, size_t runs, double mean_uw,
			 struct synergy_run_check *c)
{
	double sum = 0, squares = 0, n = 0, least = 1;
	size_t r;

	for (r = 0; r < runs; r++) {
		if (!(v[r].weight > 0))
			continue;
		sum += v[r].level / v[r].weight;
		squares += pow(v[r].level / v[r].weight, 2);
		n++;
	}
	if (n < LEAST_RUNS)
		return;
	c->state = SYNERGY_CHECK_PASSED;
	for (r = 0; r < runs; r++) {
		double level = v[r].level / v[r].weight, rest = (sum - level) / (n - 1);
		double variance = (squares - level * level - (n - 1) * rest * rest) / (n - 2);
		double p = synergy_chance((level - rest) / sqrt(variance * n / (n - 1)), n - 2);

		if (!(v[r].weight > 0) || !(p < least))
			continue;
		least = p;
		c->level_run = r;
		c->level_share = (level - rest) / mean_uw;
		c->level_p = fmin(p * n, 1);
	}
	if (c->level_p < FALSE_ALARMS && fabs(c->level_share) > LEAST_LEVEL)
		c->state = SYNERGY_CHECK_FAILED;
}

/* Chance of one of n values lying so far above the others, whose own spread says. */
static double above_others(double x, double sum, double squares, double n)
{
	double rest = (sum - x) / (n - 1);
	double variance = fmax(squares - x * x - (n - 1) * rest * rest, 0) / (n - 2);

	return x > rest ? fmin(n * gsl_cdf_tdist_Q((x - rest) / sqrt(variance * n / (n - 1)), n - 2), 1) : 1;
}

/*
 * Noise alone would let ln chi2 differ by sqrt(8 / n_r); where shapes within layers are met
 * at other phases in each run it differs by more, and so it has to be improbable by the
 * other runs' spread, too.
 */
static int check_misfits(const struct synergy_run_sums *v, size_t runs, struct synergy_run_check *c)
{
	double *chi2 = calloc(runs, sizeof(*chi2)), median, sum = 0, squares = 0;
	size_t n = 0, r;

	if (!chi2)
		return -1;
	for (r = 0; r < runs; r++)
		if (v[r].n > 1 && v[r].square > 0) {
			chi2[n] = log(v[r].square / v[r].n);
			sum += chi2[n];
			squares += chi2[n] * chi2[n];
			n++;
		}
	if (n >= LEAST_RUNS) {
		gsl_sort(chi2, 1, n);
		median = gsl_stats_median_from_sorted_data(chi2, 1, n);
		c->chi2 = exp(median);
		for (r = 0; r < runs; r++) {
			double x = v[r].n > 1 && v[r].square > 0 ? log(v[r].square / v[r].n) : median;
			double z = (x - median) / sqrt(8 / fmax(v[r].n, 1));

			if (z > c->misfit_z) {
				c->misfit_z = z;
				c->misfit_run = r;
				c->misfit_p = above_others(x, sum, squares, (double)n);
			}
		}
		c->misfits = c->misfit_z > MISFIT_Z && c->misfit_p < FALSE_ALARMS;
		if (c->misfits)
			c->state = SYNERGY_CHECK_FAILED;
	}
	free(chi2);
	return 0;
}

int synergy_check_runs(const struct synergy_run_sums *v, size_t runs, double mean_uw,
		       struct synergy_run_check *c)
{
	*c = (struct synergy_run_check){ .state = SYNERGY_CHECK_NONE, .level_p = 1, .misfit_p = 1, .chi2 = NAN };
	check_levels(v, runs, mean_uw, c);
	return c->state == SYNERGY_CHECK_NONE ? 0 : check_misfits(v, runs, c);
}

/* Sum of squares about the mean, from sums. */
static double about(double n, double sum, double squares)
{
	return n > 0 ? squares - sum * sum / n : 0;
}

void synergy_check_clock(const double *us, size_t n, struct synergy_clock_check *c)
{
	double mean = 0, all = 0, sum = 0, squares = 0, best = INFINITY, slope = 0, wide = 0;
	size_t i;

	*c = (struct synergy_clock_check){ .state = SYNERGY_CHECK_NONE, .p = 1 };
	if (n < LEAST_RUNS)
		return;
	c->state = SYNERGY_CHECK_PASSED;
	for (i = 0; i < n; i++)
		mean += us[i] / (double)n;
	for (i = 0; i < n; i++) {
		double x = (double)i - (double)(n - 1) / 2;

		all += (us[i] - mean) * (us[i] - mean);
		slope += x * (us[i] - mean);
		wide += x * x;
	}
	for (i = 1; i + 2 < n; i++) {	/* the first i + 1 runs, and the others */
		double before = (double)(i + 1), after = (double)n - before, rest, t;

		if (i == 1) {
			sum = us[0] - mean;
			squares = sum * sum;
		}
		sum += us[i] - mean;
		squares += (us[i] - mean) * (us[i] - mean);
		rest = about(before, sum, squares) + about(after, -sum, all - squares);
		if (!(rest < best))
			continue;
		best = rest;
		c->run = i + 1;
		c->change_share = (-sum / after - sum / before) / mean;
		t = c->change_share * mean /
		    sqrt(fmax(rest, 1e-9 * all) / (double)(n - 2) * (1 / before + 1 / after));
		c->p = fmin(synergy_chance(t, (double)n - 2) * (double)(n - 3), 1);
	}
	if (c->p < FALSE_ALARMS && fabs(c->change_share) > LEAST_CHANGE &&
	    best < all - slope * slope / wide)		/* better than a line: that is drift */
		c->state = SYNERGY_CHECK_FAILED;
}
