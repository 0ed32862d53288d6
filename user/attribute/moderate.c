// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Variances of all layers together (step 6 of the method). A jackknife over few runs has
 * few degrees of freedom: layer by layer it would need the t quantile of 4.3 with three
 * runs. But layers are alike: their scatter J follows a variance function,
 *
 *	M_l = kappa N_l + s E_l^2 / R		J_l ~ q_l M_l chi2(R - 1) / (R - 1)
 *
 * N the posterior's part from data (noise; kappa >= 1 what goes on from window to
 * window), s the variance of a layer's energy from run to run, and each layer's own
 * departure q_l ~ d0 / chi2(d0) is drawn towards 1 as far as layers are alike:
 * moderated variances [1]. With one or two runs s is what boards do.
 *
 * [1] Smyth, Statistical Applications in Genetics 3 (2004) 3.
 */
#include <math.h>

#include <gsl/gsl_sf_psi.h>

#include "attribute/internal.h"

#define RUN_SD		0.01	/* of a layer's energy from run to run, at a fixed clock */
#define RUN_SD_WEIGHT	2.0	/* layers' worth of that; decides only with three runs */
#define MOST_BELOW	100.0	/* variances: no board is steadier than a tenth of a per cent */
#define ROUNDS		25	/* of weights from M, and M from weights */
#define D0_LEAST	0.02
#define D0_MOST		200.0	/* more changes no quantile */

static double function(const struct synergy_moderation *m, const struct synergy_evidence *e)
{
	double runs = e->single ? 1 : m->runs;

	return m->kappa * e->data + m->run_variance * e->energy * e->energy / runs;
}

/*
 * Gamma regression of J on N and E^2/R with identity link: weights 1/M^2, half steps.
 * All is relative to E^2, so that no unit shows; the prior of s is an observation.
 */
static void fit_function(const struct synergy_evidence *e, size_t n, struct synergy_moderation *m)
{
	double prior = RUN_SD * RUN_SD;
	size_t round, i;

	m->kappa = 1;
	m->run_variance = prior;
	for (round = 0; round < ROUNDS; round++) {
		double aa = 0, ab = 0, bb = 0, ay = 0, by = 0, det, kappa, s, w;

		for (i = 0; i < n; i++) {
			double square = e[i].energy * e[i].energy, a, b, y;

			if (!e[i].counts || !(square > 0))
				continue;
			a = e[i].data / square;
			b = 1 / m->runs;
			y = e[i].scatter / square;
			w = 1 / pow(function(m, &e[i]) / square, 2);
			aa += w * a * a;
			ab += w * a * b;
			bb += w * b * b;
			ay += w * a * y;
			by += w * b * y;
		}
		w = RUN_SD_WEIGHT / pow(m->run_variance, 2);
		bb += w;
		by += w * prior;
		det = aa * bb - ab * ab;
		if (!(aa > 0) || !(det > 1e-12 * aa * bb))
			return;
		kappa = (ay * bb - by * ab) / det;
		s = (by * aa - ay * ab) / det;
		if (s < 0) {
			s = 0;
			kappa = ay / aa;
		}
		if (kappa < 1) {
			kappa = 1;
			s = fmax((by - ab) / bb, 0);
		}
		s = fmax(s, prior / MOST_BELOW);
		m->kappa += (kappa - m->kappa) / 2;
		m->run_variance += (s - m->run_variance) / 2;
	}
}

/* d0 from the spread of ln(J / M) beyond that of a chi2 with dof. */
static void fit_departure(const struct synergy_evidence *e, size_t n, struct synergy_moderation *m)
{
	double mean = 0, square = 0, count = 0, excess, low = D0_LEAST, high = D0_MOST;
	size_t i;

	for (i = 0; i < n; i++) {
		double z = log(e[i].scatter / function(m, &e[i]));

		if (!e[i].counts || !isfinite(z))
			continue;
		mean += z;
		square += z * z;
		count++;
	}
	m->d0 = D0_MOST;
	if (count < 3)
		return;
	excess = (square - mean * mean / count) / (count - 1) - gsl_sf_psi_1(m->dof / 2);
	if (!(excess > gsl_sf_psi_1(D0_MOST / 2)))
		return;
	while (high / low > 1.001) {		/* trigamma falls */
		double middle = sqrt(low * high);

		if (gsl_sf_psi_1(middle / 2) > excess)
			low = middle;
		else
			high = middle;
	}
	m->d0 = low;
}

void synergy_moderate(const struct synergy_evidence *e, size_t n, double runs, double groups,
		      struct synergy_moderation *m)
{
	*m = (struct synergy_moderation){ .runs = runs, .dof = groups > 0 ? groups - 1 : 0,
					  .kappa = 1, .run_variance = RUN_SD * RUN_SD,
					  .d0 = D0_MOST };
	if (!(m->dof > 0))
		return;
	fit_function(e, n, m);
	fit_departure(e, n, m);
}

double synergy_moderated(const struct synergy_moderation *m, const struct synergy_evidence *e,
			 double *dof)
{
	double expected = function(m, e), q = 1;

	*dof = e->single ? fmax(m->d0, 1) : m->d0 + m->dof;
	if (m->dof > 0 && !e->single && expected > 0)
		q = (m->d0 + m->dof * e->scatter / expected) / *dof;
	return q * expected;
}
