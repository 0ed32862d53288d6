/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A progress bar on a terminal, for work that lasts: nothing is shown in the first
 * second, and nothing at all when the stream given is no terminal.
 */
#ifndef SYNERGY_MEASURE_PROGRESS_H
#define SYNERGY_MEASURE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct synergy_progress {
	FILE *out;		/* NULL: silent */
	uint64_t begin_ms;
	uint64_t shown_ms;
	bool shown;
	char what[64];
};

void synergy_progress_begin(struct synergy_progress *progress, FILE *out, const char *what);
/* done of all; note is put behind it. At most ten times a second. */
void synergy_progress_show(struct synergy_progress *progress, double done, double all,
			   const char *note);
void synergy_progress_end(struct synergy_progress *progress);	/* wipes the line */

#endif /* SYNERGY_MEASURE_PROGRESS_H */
