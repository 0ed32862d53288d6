/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs a plan a number of times with a mark before and after each layer, each
 * inference, and each time of doing nothing. Between a layer's two marks there is
 * its kernel and nothing else; between inferences there may be the caller's
 * progress report. Who takes the marks is the caller's choice.
 */
#ifndef SYNERGY_MEASURE_MEASURE_H
#define SYNERGY_MEASURE_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "infer/plan.h"

struct synergy_marker {
	/* 0, or -1 with errno; kinds, ids and cookies as in lib/recording.h */
	int (*mark)(void *arg, uint32_t kind, uint32_t id, uint64_t cookie);
	void *arg;
};

/*
 * Called between inferences with how many are done; of is 0 where they do not count
 * (warm-up, idle). Non-zero ends the runs early.
 */
typedef int (*synergy_measure_progress)(void *arg, uint32_t done, uint32_t of);

struct synergy_measure {
	struct synergy_plan *plan;
	const struct synergy_graph *graph;
	struct synergy_marker marker;
	synergy_measure_progress progress;	/* NULL: none */
	void *progress_arg;
	/*
	 * Called before each inference: work that must be done and should disturb none;
	 * true when there was some. Caches are then another's, and an inference that is
	 * short beside the time between two such calls is run once more, as a warm-up,
	 * before one counts. NULL: none
	 */
	bool (*pause)(void *arg);
	void *pause_arg;
	/*
	 * Wait for a part of so long before each inference, another part each time: a
	 * run's length may go into the sampling period's without a rest, and then all
	 * runs would be sampled at the same few places. 0 does not wait.
	 */
	double spread_us;
	double cool_down_us;			/* asleep before each inference; 0: not */
	void (*work)(void *arg);		/* of the time check: all threads busy, some 0.1 ms */
	void *work_arg;
	uint32_t next_run;			/* of the cookies; counts up by itself */
	/* filled while measuring: times of the inferences by the clock outside the marks */
	uint32_t timed;
	double sum_us, min_us;
	double last_us;				/* of the last inference, warm-ups too */
	double *times_us;			/* each that counts; synergy_measure_free() */
	uint32_t room;				/* of times_us */
};

void synergy_measure_free(struct synergy_measure *m);

/*
 * The time that share (0..1) of the counted inferences do not exceed, by the nearest
 * rank; NaN before there is any.
 */
double synergy_measure_percentile(const struct synergy_measure *m, double share);

/* warmup true: marked as runs that do not count. -1: a mark failed, ECANCELED, ENOMEM. */
int synergy_measure_runs(struct synergy_measure *m, uint32_t n, bool warmup,
			 struct synergy_error *error);
/* Sleep between idle marks. */
int synergy_measure_idle(struct synergy_measure *m, uint64_t ns, uint32_t number,
			 struct synergy_error *error);
/*
 * The time check: asleep and at work by turns, 2 to 6 ms each at random (from a fixed
 * seed), so many steps in all; each time of work is marked. See attribute/step_train.c.
 */
int synergy_measure_train(struct synergy_measure *m, uint32_t steps, struct synergy_error *error);
/* The same work with no mark at all, for comparison; mean time of n runs, NaN for 0. */
double synergy_measure_unmarked(struct synergy_measure *m, uint32_t n);

/* How many marks n inferences and idle times take. */
uint64_t synergy_measure_marks(const struct synergy_graph *graph, uint64_t inferences,
			       uint64_t idles);

#endif /* SYNERGY_MEASURE_MEASURE_H */
