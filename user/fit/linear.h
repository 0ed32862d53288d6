/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Linear least squares with the diagnostics that a figure needs to be believed:
 * y = X b + e, weights optional, coefficients bound to >= 0 on request. What
 * cannot be fitted is refused with the reason. GSL's QR decomposition, then
 * refinement with long double residuals, so that ill-conditioned problems (NIST
 * StRD) keep the digits that their data carry.
 */
#ifndef SYNERGY_FIT_LINEAR_H
#define SYNERGY_FIT_LINEAR_H

#include <stddef.h>

#include "lib/error.h"

#define SYNERGY_LINEAR_MAX_COLUMNS	32

struct synergy_linear_problem {
	const char *what;		/* for messages: "E = x1 bus + x2 simd" */
	size_t n, p;
	const double *x;		/* n rows of p columns */
	const double *y;
	const double *weight;		/* n, positive; NULL: all 1 */
	const char *const *names;	/* p */
	int intercept;			/* column 0 is all ones */
	int nonnegative;		/* b >= 0 (the intercept, too) */
};

struct synergy_linear {
	size_t n, p;
	size_t dof;			/* n minus the columns that are in */
	int active[SYNERGY_LINEAR_MAX_COLUMNS];	/* 0: held at zero by nonnegative */
	double coef[SYNERGY_LINEAR_MAX_COLUMNS];
	/*
	 * From sigma^2 (X'WX)^-1 of the active columns: right if the weights are the inverse
	 * variances but for a factor and the rows independent (layers of one network are
	 * not quite), and as if the active columns had been known beforehand. 0 where not active.
	 */
	double se[SYNERGY_LINEAR_MAX_COLUMNS];
	double cov[SYNERGY_LINEAR_MAX_COLUMNS * SYNERGY_LINEAR_MAX_COLUMNS];	/* p x p */
	double sigma;			/* residual standard deviation (weighted) */
	double rss, tss;		/* weighted; tss about the mean with an intercept, else about 0 */
	double r2;			/* 1 - rss / tss */
	double condition;		/* of X with columns weighted and scaled to about length 1 */
	double *residual;		/* n: y - fitted, not weighted */
};

/*
 * Errors, with a line that says why: EDOM (n <= p; a column that is constant beside
 * the intercept or zero; columns that depend on each other: names them; a value
 * that is not finite; a weight that is not positive), ENOMEM, E2BIG (columns).
 */
int synergy_linear_fit(const struct synergy_linear_problem *problem, struct synergy_linear *fit,
		       struct synergy_error *err);
void synergy_linear_free(struct synergy_linear *fit);	/* what is in it */

/* x'b, and its standard error from the coefficients alone (se may be NULL). */
double synergy_linear_predict(const struct synergy_linear *fit, const double *x, double *se);

#endif
