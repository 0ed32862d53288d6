/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power over time, thinned to a bounded number of buckets, and its integral, for
 * any recording (with or without marks). Fed record by record.
 */
#ifndef SYNERGY_REPORT_TRACE_H
#define SYNERGY_REPORT_TRACE_H

#include <stdint.h>

#include "lib/synergy.h"

#define SYNERGY_TRACE_BUCKETS	1024	/* per rail; at least half are in use at the end */

struct synergy_trace_bucket {
	uint64_t n;
	double sum_mw;
	double min_mw, max_mw;
};

struct synergy_trace_rail {
	uint64_t samples;
	uint64_t first_ns, last_ns;	/* begin of the first window, end of the last */
	double min_mw, max_mw, sum_mw;
	double energy_uj;		/* trapezoids between the windows' middles */
	uint64_t gaps;			/* distances of over four periods: not integrated */
	uint64_t gap_ns;		/* time in them */
	/* private to trace.c */
	uint64_t before_ns;
	double before_mw;
	struct synergy_trace_bucket buckets[SYNERGY_TRACE_BUCKETS];
};

struct synergy_trace {
	uint64_t start_ns;		/* of bucket 0 */
	uint64_t bucket_ns;
	uint64_t period_ns;		/* of sampling; 0 not told */
	uint32_t n_rails;
	struct synergy_trace_rail *rails;
};

void synergy_trace_begin(struct synergy_trace *trace);
/* Checked POWER and INFO records count, others are passed over; -1: ENOMEM, EBADMSG no such rail can be. */
int synergy_trace_record(struct synergy_trace *trace, const struct synergy_record *record);
void synergy_trace_end(struct synergy_trace *trace);	/* frees */

#endif /* SYNERGY_REPORT_TRACE_H */
