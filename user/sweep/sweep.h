/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a plan: each run of it that is not done yet, with the clock that it wants, after
 * the board has cooled down; interrupted at any time it loses at most the run in work.
 *
 *	DIR/plan.txt		the plan (plan.h); a directory holds one
 *	DIR/runs/		the runs (job.h)
 *	DIR/results.csv		made of them (results.h)
 */
#ifndef SYNERGY_SWEEP_SWEEP_H
#define SYNERGY_SWEEP_SWEEP_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/error.h"
#include "sweep/plan.h"

struct synergy_sweep {
	const struct synergy_sweep_plan *plan;
	const char *directory;
	const char *root;		/* prefix of /sys: "" */
	const char *state_directory;	/* of the guardian */
	const char *program;		/* synergy-run */
	const char *board;		/* NULL: the host's name */
	long only;			/* this run alone, by its number in the plan's order; -1 all */
	double cool_c;			/* wait until no zone is hotter; NaN: 3 degrees over the begin */
	double cool_s;			/* but no longer than this */
	const volatile int *stop;	/* set by a signal handler */
	FILE *progress;			/* a line a run, or NULL */
	/* given back */
	size_t n_runs, n_done, n_failed;
	size_t n_skipped;		/* done before */
};

/**
 * synergy_sweep_run - run what is not done
 * @sweep: what and how
 * @error: why it ended early, or the first run that failed
 *
 * Runs that fail do not end it. The clock is as it was found afterwards.
 * Return: 0 all is done; -1 with errno: EINTR stopped, ECHILD some runs failed, EEXIST the
 * directory holds another plan, EINVAL the plan, or a clock that the board does not have,
 * EBUSY another sweep is running, EACCES root is needed to set clocks, or of files.
 */
int synergy_sweep_run(struct synergy_sweep *sweep, struct synergy_error *error);

#endif /* SYNERGY_SWEEP_SWEEP_H */
