/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One measurement of one plan, on whatever there is: the module's stream, the
 * module without a power chip, or marks in user space. It owns the recording, into
 * which notes, the layers' table and the stream go in this order, and gives the
 * recording back to be read like any other.
 */
#ifndef SYNERGY_MEASURE_SESSION_H
#define SYNERGY_MEASURE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/synergy.h"
#include "measure/capture.h"
#include "measure/measure.h"

enum synergy_measurement_mode {
	SYNERGY_MEASUREMENT_AUTO,	/* the module if it is there, else user space */
	SYNERGY_MEASUREMENT_REQUIRE,	/* the module with power, or an error */
	SYNERGY_MEASUREMENT_OFF,	/* user space */
};

struct synergy_measurement_options {
	enum synergy_measurement_mode mode;
	struct synergy_capture_options capture;
	const char *record;	/* file; NULL: in memory */
	uint64_t reserve_bytes;	/* disk space to set aside */
	uint64_t max_marks;	/* room for marks in user space */
	bool all_cpus;		/* counts are sums over all cores (several threads) */
};

struct synergy_measurement;

/*
 * Opens what there is. *why is filled when the module or a counter was wanted and
 * is not used: what to tell the user (mode AUTO and OFF); else empty.
 *
 * Errors: with REQUIRE: ENOENT, ENODEV, ENXIO no device or chip; EACCES. In all
 * modes: a rail, rate or event that cannot be had from the module (ENOENT with
 * a device, ERANGE, ENOSPC, EBUSY), and what creating the file gives.
 * *no_device is set when the error is that there is none.
 */
struct synergy_measurement *synergy_measurement_open(const struct synergy_measurement_options *options,
					 struct synergy_error *why, bool *no_device,
					 struct synergy_error *error);

/* Notes (`key: value` lines) and layers' table, then sampling starts. */
int synergy_measurement_start(struct synergy_measurement *measurement, const char *notes, const char *layers,
			struct synergy_error *error);
struct synergy_marker synergy_measurement_marker(struct synergy_measurement *measurement);
/* Ends sampling: the stream is complete. totals: zeros without the module. */
int synergy_measurement_stop(struct synergy_measurement *measurement, struct synergy_capture_totals *totals,
		       struct synergy_error *error);
/* Writes the state at the end, as at the start; closes the recording. */
int synergy_measurement_finish(struct synergy_measurement *measurement, const char *notes,
			 struct synergy_error *error);
/* The recording from its beginning; while sampling, with all that was sampled by now. */
struct synergy_stream *synergy_measurement_replay(struct synergy_measurement *measurement,
					    struct synergy_error *error);
/* NULL: no module */
struct synergy_capture *synergy_measurement_capture(struct synergy_measurement *measurement);
bool synergy_measurement_has_power(const struct synergy_measurement *measurement);
void synergy_measurement_close(struct synergy_measurement *measurement);	/* NULL is fine */

#endif /* SYNERGY_MEASURE_SESSION_H */
