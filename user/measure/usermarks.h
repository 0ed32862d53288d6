/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Marks without the module: time from CLOCK_MONOTONIC and counts of the calling
 * thread from perf_event_open, kept in memory while the network runs and written
 * afterwards as a recording, in the records that the module would have made. So
 * what comes after (attribution, report) is the same; there is no POWER record
 * and hence no energy. The recording carries the note `marks: user space`.
 */
#ifndef SYNERGY_MEASURE_USERMARKS_H
#define SYNERGY_MEASURE_USERMARKS_H

#include <stdint.h>

#include "lib/error.h"
#include "lib/synergy.h"
#include "measure/events.h"

struct synergy_usermarks;

/*
 * Room for max_marks marks, touched so that none faults later. events may be NULL.
 * Counters are of the calling thread alone; where it may not count the kernel, the
 * event in the recording has SYNERGY_EVENT_F_EXCLUDE_KERNEL set.
 * Errors: ENOENT, EACCES, EOPNOTSUPP, ENOSPC an event that cannot be counted (the
 * message names it); ENOMEM.
 */
struct synergy_usermarks *synergy_usermarks_open(const struct synergy_events *events,
						 uint64_t max_marks,
						 struct synergy_error *error);
/* ENOSPC when there is no room left; else 0. No other failure. */
int synergy_usermarks_mark(struct synergy_usermarks *marks, uint32_t kind, uint32_t id,
			   uint64_t cookie);
/* Write INFO and MARKER records. */
int synergy_usermarks_write(const struct synergy_usermarks *marks,
			    struct synergy_recording *recording, struct synergy_error *error);
void synergy_usermarks_close(struct synergy_usermarks *marks);	/* NULL is fine */

#endif /* SYNERGY_MEASURE_USERMARKS_H */
