/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One sampling session on /dev/synergy: configured, started, drained into a
 * recording by a thread of its own, stopped. The thread keeps off the measured
 * core, sleeps most of the time (the module's buffer holds seconds), and touches
 * the disk, so that the measured thread does none of this. Its work draws power,
 * too: where pauses are marked, it works in these.
 *
 *	c = synergy_capture_open(&options, &error);
 *	synergy_capture_start(c, recording, &error);
 *	... synergy_stream_mark(synergy_capture_stream(c), ...);
 *	synergy_capture_stop(c, &totals, &error);
 *	synergy_capture_close(c);
 */
#ifndef SYNERGY_MEASURE_CAPTURE_H
#define SYNERGY_MEASURE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/synergy.h"
#include "measure/events.h"

struct synergy_capture_options {
	const char *device;		/* NULL: /dev/synergy */
	const char *source;		/* in user space (measure/source.h); NULL: the module */
	double rate_hz;			/* 0: 1000 Hz, or the highest that can be carried below it */
	bool fastest;			/* the highest that can be carried; rate_hz is not used */
	uint32_t conversion_ns;		/* of a shunt, as the chip has them; 0: the longest that fits */
	const char *rails;		/* labels with commas; NULL or empty: all enabled ones */
	const struct synergy_events *events;	/* NULL: none */
	uint32_t pmu_every;		/* counters every Nth tick; 0: at marks only */
	uint32_t bus_voltage_every;	/* 0: the module's choice */
	int measured_cpu;		/* core to keep off; -1: none */
	bool no_power;			/* counters and marks only */
	bool no_dither;			/* keep the period exact */
	bool pauses;			/* synergy_capture_pause() will be called now and then */
	bool join;			/* read along in whatever session there is or comes */
	bool multiplex;			/* allow more events than counters */
	const char *sysfs_root;		/* of clocks and temperatures, conditions.h; NULL: /sys */
};

struct synergy_capture_totals {
	struct synergy_stats stats;	/* the module's, asked just before the stop */
	uint64_t bytes;			/* into the recording */
	bool realtime;			/* the thread had real-time priority */
	bool device_gone;		/* it went away while capturing */
};

struct synergy_capture;
struct synergy_sampler;

/*
 * Open and configure; nothing is sampled yet. With join nothing is configured, and
 * start and stop leave the session alone. Errors as synergy_stream_open and
 * synergy_stream_configure; ENOENT for a rail that is not there (the message lists
 * those that are), ERANGE (the message names the highest rate).
 */
struct synergy_capture *synergy_capture_open(const struct synergy_capture_options *options,
					     struct synergy_error *error);
struct synergy_stream *synergy_capture_stream(struct synergy_capture *capture);
/* NULL: power comes from the module. */
const struct synergy_sampler *synergy_capture_sampler(const struct synergy_capture *capture);
/* As synergy_stream_mark(), wherever power comes from. */
int synergy_capture_mark(struct synergy_capture *capture, uint32_t kind, uint32_t id,
			 uint64_t cookie, uint32_t flags);
/* As the module accepted it; of a source in user space the period alone. */
const struct synergy_configure *synergy_capture_configured(const struct synergy_capture *capture);

/* The recording stays the caller's and must not be written until stop. */
int synergy_capture_start(struct synergy_capture *capture, struct synergy_recording *recording,
			  struct synergy_error *error);
/* false once recording has ended by itself: the device is gone, the disk is full. */
bool synergy_capture_alive(struct synergy_capture *capture);
/*
 * Returns when all that the module held at the call is in the recording, which the
 * thread otherwise sees to several times per second only. -1: the thread had an error.
 * For the thread that starts and stops.
 */
int synergy_capture_flush(struct synergy_capture *capture, struct synergy_error *error);
/*
 * Nothing is being measured at the moment: what the module holds is fetched now if
 * the thread has not been there lately, so that its work falls into no inference; true
 * if so. An error is reported by stop. For the thread that starts and stops.
 */
bool synergy_capture_pause(struct synergy_capture *capture);
/* Stops sampling, drains what is left. -1 also when the thread had an error. */
int synergy_capture_stop(struct synergy_capture *capture, struct synergy_capture_totals *totals,
			 struct synergy_error *error);
void synergy_capture_close(struct synergy_capture *capture);	/* NULL is fine */

/* Bit per rail for a list of labels; ENOENT lists what there is. */
int synergy_capture_rail_mask(const struct synergy_stream *stream, const char *list,
			      __u64 *mask, struct synergy_error *error);

/* 0 when that rail is being sampled; else ENOENT as above. */
int synergy_capture_has_rail(const struct synergy_capture *capture, const char *label,
			     struct synergy_error *error);

#endif /* SYNERGY_MEASURE_CAPTURE_H */
