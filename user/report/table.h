/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What synergy-run and synergy-report print: a line a layer, totals by type, and a
 * summary that says how sure the figures are and what went wrong.
 */
#ifndef SYNERGY_REPORT_TABLE_H
#define SYNERGY_REPORT_TABLE_H

#include <stdio.h>

#include "report/grid.h"
#include "report/profile.h"

struct synergy_prediction_row {
	double energy_uj;	/* NaN: none */
	double ci95_uj;
};

struct synergy_table_extras {
	/* one per row of the layers table, or NULL: a column beside the measurement */
	const struct synergy_prediction_row *predicted;
	double unmarked_us;	/* an inference without marks and sampling; NaN not done */
	double marked_us;	/* the same with */
};

/* extras may be NULL. -1 when out took an error or there was no memory. */
int synergy_table_print(const struct synergy_profile *profile,
			const struct synergy_table_extras *extras,
			const struct synergy_terminal *terminal, FILE *out);

/* What is so, and what to do about it, a line each; the worse, the more it is seen. */
void synergy_remarks_print(const struct synergy_profile *profile,
			   const struct synergy_terminal *terminal, FILE *out);

#endif /* SYNERGY_REPORT_TABLE_H */
