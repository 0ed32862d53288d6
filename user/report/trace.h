/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power over time in bounded memory, and its integral, for any recording (with or
 * without marks). Fed record by record. Each rail has buckets that cover the whole
 * recording (least, mean and most of equal lengths of time) and, beside them, the
 * first and the last samples one by one.
 */
#ifndef SYNERGY_REPORT_TRACE_H
#define SYNERGY_REPORT_TRACE_H

#include <stdint.h>

#include "lib/synergy.h"

/* Per rail, at most; at least half are in use in a recording that is longer than they
 * were at first. More than any screen has pixels, so that a whole recording looks the same.
 */
#define SYNERGY_TRACE_BUCKETS	8192
/* Samples kept one by one: a minute at 1 kHz, 9 s at one rail's ceiling of 7 kHz. */
#define SYNERGY_TRACE_HEAD	65536
#define SYNERGY_TRACE_TAIL	8192

struct synergy_trace_bucket {
	uint64_t n;
	double sum_mw;
	double min_mw, max_mw;
};

struct synergy_trace_sample {
	uint64_t begin_ns;		/* of the conversion window */
	uint32_t window_ns;
	float mw;
};

struct synergy_trace_rail {
	uint64_t samples;
	uint64_t first_ns, last_ns;	/* begin of the first window, end of the last */
	double min_mw, max_mw, sum_mw;
	double energy_uj;		/* trapezoids between the windows' middles */
	uint64_t gaps;			/* distances of over four periods: not integrated */
	uint64_t gap_ns;		/* time in them */

	uint32_t n_buckets;		/* up to the last one that has a sample */
	struct synergy_trace_bucket *buckets;
	size_t n_head;
	struct synergy_trace_sample *head;	/* the first n_head samples */
	/* The last SYNERGY_TRACE_TAIL of the others: sample i at (i - n_head) % that; or NULL. */
	struct synergy_trace_sample *tail;

	/* private to trace.c */
	uint64_t before_ns;
	double before_mw;
	uint32_t buckets_allocated;
};

struct synergy_trace {
	uint64_t start_ns;		/* of bucket 0 */
	uint64_t bucket_ns;
	uint64_t period_ns;		/* of sampling; 0 unknown */
	uint32_t n_rails;
	struct synergy_trace_rail *rails;
};

void synergy_trace_begin(struct synergy_trace *trace);

/**
 * synergy_trace_record - take a record; other types than POWER and INFO are passed over
 * @trace: begun
 * @record: checked (synergy_stream_next() gives no others)
 *
 * Return: 0, or -1 with errno ENOMEM, or EBADMSG: no rail can have that index.
 */
int synergy_trace_record(struct synergy_trace *trace, const struct synergy_record *record);

void synergy_trace_end(struct synergy_trace *trace);	/* frees */

#endif /* SYNERGY_REPORT_TRACE_H */
