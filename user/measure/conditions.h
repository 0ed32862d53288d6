/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Under which conditions is measured, for the recording: each cpufreq policy's clock at
 * the beginning and when it has changed, thermal zones and cooling devices once a
 * second. Sampled from sysfs, as FREQ and TEMP records with seq 0: a clock that moves
 * and comes back between two visits is not seen.
 */
#ifndef SYNERGY_MEASURE_CONDITIONS_H
#define SYNERGY_MEASURE_CONDITIONS_H

#include <stdint.h>

#include "lib/error.h"
#include "lib/synergy.h"

struct synergy_conditions;

/**
 * synergy_conditions_open - find what there is
 * @root: prefix of /sys; NULL or "" for this machine's
 *
 * No cpufreq and no thermal zone is no error: there is nothing to sample then.
 * Return: them, or NULL with errno ENOMEM.
 */
struct synergy_conditions *synergy_conditions_open(const char *root);

/**
 * synergy_conditions_sample - write what has changed, or is due
 * @conditions: opened
 * @time_ns: CLOCK_MONOTONIC, now; goes into the records
 * @recording: takes them
 * @error: the recording's
 *
 * The first call writes everything, with SYNERGY_FREQ_F_FOUND. A file that cannot be read
 * (a core that is off) is passed over, and written again when it can.
 * Return: bytes written, or -1 with the recording's errno.
 */
int64_t synergy_conditions_sample(struct synergy_conditions *conditions, uint64_t time_ns,
				  struct synergy_recording *recording,
				  struct synergy_error *error);

void synergy_conditions_close(struct synergy_conditions *conditions);	/* NULL is fine */

#endif /* SYNERGY_MEASURE_CONDITIONS_H */
