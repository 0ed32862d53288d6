/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a recording to what is reported: attribution, the layers table with its
 * provenance, the power trace, and what was lost or damaged on the way. Used by
 * synergy-run on what it has just recorded and by synergy-report on any file, so
 * that both say the same.
 */
#ifndef SYNERGY_REPORT_PROFILE_H
#define SYNERGY_REPORT_PROFILE_H

#include <stdbool.h>

#include "attribute/attribute.h"
#include "layers/layers.h"
#include "lib/error.h"
#include "lib/synergy.h"
#include "report/fold.h"
#include "report/remarks.h"
#include "report/spans.h"
#include "report/steps.h"
#include "report/trace.h"

#define SYNERGY_PROFILE_THREADS	32	/* that have rows of their own, those that marked most */

/* Another thread of a program's marks: the same time and energy, by its names. */
struct synergy_profile_thread {
	uint32_t tgid, tid;
	struct synergy_attribute_input *input;
	struct synergy_attribute_result *result;
	struct synergy_layers *layers;
};

struct synergy_profile_options {
	const char *rail;		/* that energy means; NULL: the default one */
	const char *thread;		/* TID whose marks alone are taken; NULL: all */
	const char *calibration;	/* see calibrated.h */
};

struct synergy_profile {
	struct synergy_stream *stream;	/* the caller's; read to its end */
	struct synergy_stream_tally tally;
	struct synergy_trace trace;
	struct synergy_spans spans;
	struct synergy_fold fold;
	struct synergy_steps steps;
	struct synergy_error damage;	/* empty, or why reading ended early */

	/* NULL when there is neither power nor a mark; of phases the thread that marked most */
	struct synergy_attribute_input *input;
	struct synergy_attribute_result *result;
	struct synergy_layers *layers;
	int rail;			/* of energy_uj, among the result's; -1 no power */
	size_t n_threads;		/* others */
	struct synergy_profile_thread threads[SYNERGY_PROFILE_THREADS];
	size_t more_threads;		/* that marked, and are not among these */
};

/*
 * Read a recording to its end and attribute. options: NULL is none.
 * Errors: ENOENT no such rail or thread (the message lists those recorded); EBADMSG nothing
 * could be read; what attribution gives; ENOMEM. A recording that is damaged
 * further on is used up to there, and the damage is reported.
 */
int synergy_profile_read(struct synergy_stream *stream,
			 const struct synergy_profile_options *options,
			 struct synergy_profile **out, struct synergy_error *error);
void synergy_profile_free(struct synergy_profile *profile);	/* NULL is fine */

/* The label of the rail that energy means; NULL no power. */
const char *synergy_profile_rail(const struct synergy_profile *profile);

/*
 * Sentences on what the reader of the figures must know (losses, repeats, failed
 * reads, damage, drift, unresolved layers), from i = 0; 0 no more, else 1.
 */
/* What a mean is of: "inference", "run" of a command, "recording" of anything else. */
const char *synergy_profile_unit(const struct synergy_profile *profile);
int synergy_profile_remark(const struct synergy_profile *profile, size_t i,
			   struct synergy_remark *remark);

#endif /* SYNERGY_REPORT_PROFILE_H */
