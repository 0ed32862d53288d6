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

struct synergy_profile {
	struct synergy_stream *stream;	/* the caller's; read to its end */
	struct synergy_stream_tally tally;
	struct synergy_trace trace;
	struct synergy_spans spans;
	struct synergy_fold fold;
	struct synergy_steps steps;
	struct synergy_error damage;	/* empty, or why reading ended early */

	/* NULL when no inference was marked: then only the trace tells something */
	struct synergy_attribute_input *input;
	struct synergy_attribute_result *result;
	struct synergy_layers *layers;
	int rail;			/* of energy_uj, among the result's; -1 no power */
};

/*
 * Read a recording to its end and attribute. rail: NULL is the default one.
 * Errors: ENOENT no such rail (the message lists those recorded); EBADMSG nothing
 * could be read; what attribution gives; ENOMEM. A recording that is damaged
 * further on is used up to there, and the damage is told.
 */
int synergy_profile_read(struct synergy_stream *stream, const char *rail,
			 struct synergy_profile **out, struct synergy_error *error);
void synergy_profile_free(struct synergy_profile *profile);	/* NULL is fine */

/* The label of the rail that energy means; NULL no power. */
const char *synergy_profile_rail(const struct synergy_profile *profile);

/*
 * Sentences on what the reader of the figures must know (losses, repeats, failed
 * reads, damage, drift, unresolved layers), from i = 0; 0 no more, else 1.
 */
int synergy_profile_remark(const struct synergy_profile *profile, size_t i,
			   struct synergy_remark *remark);

#endif /* SYNERGY_REPORT_PROFILE_H */
