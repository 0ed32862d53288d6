/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The power of a session as the shunt has it: energy summed up over cells of constant
 * power, behind the rail's time constant. Shared by history.c, which keeps it, and
 * session.c, which makes it happen.
 */
#ifndef TESTS_LAB_HISTORY_H
#define TESTS_LAB_HISTORY_H

#include "lab.h"

struct lab_history {
	size_t n, room;
	double now_ns;
	double *end_ns;			/* of each cell */
	double *sum[LAB_RAILS];		/* uW ns up to there, behind the time constant */
	double behind_uw[LAB_RAILS];	/* the power there now */
	double lag_ns;
	int failed;			/* out of memory */
};

void lab_history_begin(struct lab_history *h, double now_ns, double lag_ns, const double *uw);
void lab_history_add(struct lab_history *h, double ns, const double *uw);
/* Mean power within [begin, end); *cell is where the last search ended. */
double lab_history_mean(const struct lab_history *h, int rail, double begin, double end,
			size_t *cell);
void lab_history_free(struct lab_history *h);

#endif
