/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A sampler in user space: reads a source's channels in a thread of its own and gives
 * the records that the module would have made. It stands in the module's place behind
 * measure/capture.h.
 */
#ifndef SYNERGY_MEASURE_SAMPLER_H
#define SYNERGY_MEASURE_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/error.h"
#include "lib/synergy.h"

struct synergy_sampler_options {
	const char *source;		/* "hwmon", "iio", "powercap" */
	const char *rails;		/* labels with commas; NULL or empty: all */
	double rate_hz;			/* 0: what the source gives new values at */
	bool no_dither;			/* the period is exact */
};

struct synergy_sampler;

/* Errors as of synergy_source_open(). */
struct synergy_sampler *synergy_sampler_open(const struct synergy_sampler_options *options,
					     struct synergy_error *error);
void synergy_sampler_close(struct synergy_sampler *sampler);	/* stops; NULL is fine */

/* Its first records describe it; samples are taken from now on. -1 with the error set. */
int synergy_sampler_start(struct synergy_sampler *sampler, struct synergy_error *error);
/* After one more sample; what there is can still be read. */
void synergy_sampler_stop(struct synergy_sampler *sampler);

/* As synergy_stream_read() of a device: whole records; -1 EAGAIN none, or why sampling ended. */
ssize_t synergy_sampler_read(struct synergy_sampler *sampler, void *buffer, size_t bytes);
/* As synergy_stream_mark(); by any thread, between start and stop. */
int synergy_sampler_mark(struct synergy_sampler *sampler, uint32_t kind, uint32_t id,
			 uint64_t cookie, uint32_t flags);
void synergy_sampler_stats(struct synergy_sampler *sampler, struct synergy_stats *stats);

/* What it does, for messages and notes: "powercap, each 10 ms". */
const char *synergy_sampler_text(const struct synergy_sampler *sampler);
/* The same of one rail; NULL past the last. The label is set. */
const char *synergy_sampler_rail(const struct synergy_sampler *sampler, uint32_t rail,
				 const char **label);
/* Where programs put their marks: the value of SYNERGY_MARK_RING_VARIABLE for them. */
const char *synergy_sampler_ring(const struct synergy_sampler *sampler);
uint64_t synergy_sampler_period_ns(const struct synergy_sampler *sampler);

#endif /* SYNERGY_MEASURE_SAMPLER_H */
