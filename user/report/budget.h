/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the figures are uncertain by, and why: the sensor's part in words, and the
 * uncertainty budget of one figure as a table (GUM, JCGM 100).
 */
#ifndef SYNERGY_REPORT_BUDGET_H
#define SYNERGY_REPORT_BUDGET_H

#include <stdio.h>

#include "report/grid.h"
#include "report/profile.h"

/* The lines below the table: what +- is, and the sensor's part in total, ratios, above idle. */
void synergy_sensor_print(const struct synergy_profile *profile, const char *plus_minus,
			  FILE *out);
/*
 * The budget of a layer, by name or index, or (NULL) of the inference. -1: EINVAL no such
 * layer, ENODATA no power, ENOMEM.
 */
int synergy_budget_print(const struct synergy_profile *profile, const char *layer,
			 const struct synergy_terminal *terminal, FILE *out,
			 struct synergy_error *error);

#endif
