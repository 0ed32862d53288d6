/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Absolute deadlines on a fixed grid with optional dither, missed ticks, and
 * the lateness histogram. Pure: compiled into unit tests; the clock is the
 * caller's.
 */
#ifndef SYNERGY_TICK_H
#define SYNERGY_TICK_H

#include "pure.h"

/**
 * struct synergy_tick - deadlines of one sampling thread
 * @start_ns: the grid's origin, CLOCK_MONOTONIC
 * @period_ns: between grid points
 * @dither_ns: each deadline is up to so much later than its grid point
 * @number: of the deadline last given out, from 0
 * @seed: of the dither
 */
struct synergy_tick {
	__u64 start_ns;
	__u64 period_ns;
	__u32 dither_ns;
	__u64 number;
	__u64 seed;
};

void synergy_tick_init(struct synergy_tick *tick, __u64 start_ns, __u64 period_ns,
		       __u32 dither_ns, __u64 seed);

/*
 * The deadline after the last one; deadlines that @now_ns has already passed
 * are skipped and added to *@missed, never made up for.
 */
__u64 synergy_tick_next(struct synergy_tick *tick, __u64 now_ns, __u64 *missed);

/* Histogram bucket: 0 for 0 ns, else b with 2^(b-1) <= ns < 2^b, the last one open. */
__u32 synergy_tick_bucket(__u64 late_ns, __u32 buckets);

#endif /* SYNERGY_TICK_H */
