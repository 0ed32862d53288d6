// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Differences, their intervals, and which are more than chance; see compare.h.
 */
#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "report/compare.h"

/* What is considered and not estimated is known to some 13 %: as attribution has it. */
#define REPEATED_DOF	30.0
#define NORMAL_DOF	1e6	/* more are not distinguished from a normal distribution */

double synergy_compare_dof(double ci95, double se)
{
	double low = 1, high = NORMAL_DOF, middle, wanted = ci95 / se;
	int i;

	if (isnan(wanted))
		return NAN;
	/* The quantile falls with the degrees of freedom. */
	for (i = 0; i < 60; i++) {
		middle = sqrt(low * high);
		if (gsl_cdf_tdist_Pinv(0.975, middle) > wanted)
			low = middle;
		else
			high = middle;
	}
	return high > NORMAL_DOF / 2 ? INFINITY : high;
}

/* What an estimate without degrees of freedom, or with none to speak of, is taken as. */
static double usable_dof(double dof)
{
	return isnan(dof) || dof < 1 ? 1 : fmin(dof, NORMAL_DOF);
}

static void subtract(struct synergy_compare_row *r)
{
	double rest = r->alike ? r->a_uj.repeated - r->b_uj.repeated :
		hypot(r->a_uj.repeated, r->b_uj.repeated);
	double va = r->a_uj.own * r->a_uj.own, vb = r->b_uj.own * r->b_uj.own, vr = rest * rest;
	double se = sqrt(va + vb + vr), dof;

	r->difference_uj = r->b_uj.value - r->a_uj.value;
	r->ci95_uj = r->p = NAN;
	if (isnan(r->difference_uj) || !(se > 0))
		return;
	dof = (va + vb + vr) * (va + vb + vr) / (va * va / usable_dof(r->a_uj.dof) +
		vb * vb / usable_dof(r->b_uj.dof) + vr * vr / REPEATED_DOF);
	dof = fmin(dof, NORMAL_DOF);
	r->ci95_uj = se * gsl_cdf_tdist_Pinv(0.975, dof);
	r->p = 2 * gsl_cdf_tdist_Q(fabs(r->difference_uj) / se, dof);
	r->differs_alone = r->p < SYNERGY_COMPARE_RATE;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The greatest p that is still a discovery: p_(k) <= k/n x rate; negative: none. */
static double threshold(double *p, size_t n)
{
	double most = -1;
	size_t k;

	qsort(p, n, sizeof(*p), by_value);
	for (k = 0; k < n; k++)
		if (p[k] <= (double)(k + 1) / (double)n * SYNERGY_COMPARE_RATE)
			most = p[k];
	return most;
}

int synergy_compare_test(struct synergy_comparison *c)
{
	double *p = calloc(c->n_rows + 1, sizeof(*p)), most;
	size_t i;

	if (!p) {
		errno = ENOMEM;
		return -1;
	}
	c->n_tested = c->n_differ = c->n_differ_alone = 0;
	for (i = 0; i < c->n_rows; i++) {
		subtract(&c->rows[i]);
		if (!isnan(c->rows[i].p))
			p[c->n_tested++] = c->rows[i].p;
	}
	most = threshold(p, c->n_tested);
	free(p);
	for (i = 0; i < c->n_rows; i++) {
		c->rows[i].differs = c->rows[i].p <= most;
		c->n_differ += c->rows[i].differs;
		c->n_differ_alone += c->rows[i].differs_alone;
	}
	subtract(&c->between);
	subtract(&c->total);
	subtract(&c->net);
	/* Each of these is the only one of its kind that is looked at. */
	c->total.differs = c->total.differs_alone;
	c->net.differs = c->net.differs_alone;
	return 0;
}
