/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One regression as a part of a model: rows in, coefficients with their errors,
 * residuals and fitted range out.
 */
#ifndef SYNERGY_FIT_PART_H
#define SYNERGY_FIT_PART_H

#include <stddef.h>

#include "fit/features.h"
#include "fit/model.h"
#include "lib/error.h"

/* One regression into a part; rows of p columns. -1 with a reason. */
struct synergy_part_data {
	const char *name, *scope, *target;
	size_t n, p;
	const enum synergy_feature *columns;
	const double *x, *y;
	const size_t *network;		/* of each row */
	int weighted;			/* weights 1 / y^weighted */
	int nonnegative;
};
int synergy_part_fit(const struct synergy_part_data *q, struct synergy_model_part *part,
		     struct synergy_error *err);
double synergy_part_predict(const struct synergy_model_part *part, const double *f);
/* |p/m - 1| over those that are known: n, mean and population standard deviation. */
size_t synergy_relative_errors(const double *predicted, const double *measured, size_t n,
			       double *mean, double *sd);

#endif
