/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run of a configuration: synergy-run with the configuration's options, its results
 * in a directory of their own that has its name only when all is there.
 *
 *	DIR/runs/c0007-r2/	layers.csv, capture.syn ..., run.json
 */
#ifndef SYNERGY_SWEEP_JOB_H
#define SYNERGY_SWEEP_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "sweep/clock.h"
#include "sweep/plan.h"

struct synergy_job {
	const struct synergy_sweep_plan *plan;
	size_t config;
	uint64_t repeat;
	uint64_t order;			/* the how-manieth run of the sweep it is, from 0 */
	const char *directory;		/* the sweep's */
	const char *board;		/* what it is called in the results; NULL: the host's name */
	const char *program;		/* synergy-run */
	int32_t temperature;		/* before it, thousandths of a degree; INT32_MIN unknown */
	uint32_t khz;			/* that the first policy was set to; 0: as found, or a governor */
};

/* DIR/runs/NAME, with a suffix or "". */
void synergy_job_path(const struct synergy_job *job, const char *suffix, char *path, size_t size);
bool synergy_job_done(const struct synergy_job *job);

/**
 * synergy_job_run - run it and put its results in place
 * @job: what
 * @stop: set by a signal handler: the child is ended and -1 given with EINTR
 * @error: why not; the child's last line of standard error is in it
 *
 * Return: 0, or -1 with errno: EINTR, ECHILD the child failed, or of files and fork.
 */
int synergy_job_run(const struct synergy_job *job, const volatile int *stop,
		    struct synergy_error *error);

#endif /* SYNERGY_SWEEP_JOB_H */
