/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the collector keeps between records; shared by the collect*.c, which fill it
 * and make the arrays of it. Nobody else's business.
 */
#ifndef SYNERGY_ATTRIBUTE_COLLECT_H
#define SYNERGY_ATTRIBUTE_COLLECT_H

#include <stdbool.h>

#include "lib/recording.h"

#include "attribute/attribute.h"
#include "attribute/calls.h"
#include "attribute/phases.h"

#define SYNERGY_MAX_OPEN	256	/* a tool's intervals begun and not ended */

struct synergy_open_mark {
	uint64_t time_ns, cookie;
	uint32_t id, tgid, tid, cpu, n_counts;
	bool tool;			/* a tool's own mark, not the program's */
	struct synergy_count counts[SYNERGY_MAX_EVENTS];
};

/* An interval as marked; run numbers and completeness are settled in finish. */
struct synergy_raw_interval {
	uint64_t begin_ns, end_ns, cookie;
	uint32_t id, tgid, tid;
	bool tool;
	double counts[SYNERGY_MAX_EVENTS];
};

struct synergy_runner {
	uint32_t tgid, tid;
	uint64_t runs, commands;	/* intervals that tools marked on it */
};

struct synergy_collect_rail {
	uint32_t index;
	uint32_t chip;
	uint32_t shunt_uohm;
	double shunt_step_uv, bus_step_mv;	/* of the converter */
	double lsb_uw;			/* of values that are no shunt's; 0 not known, ... */
	double step_uj;			/* ... or of a counter of energy */
	double bus_step_sum;		/* of one step's share, over the samples */
	struct synergy_rail_samples s;
};

/*
 * A long recording is kept in zones of equal time, every stride-th of them; both are 0
 * as long as all of it is kept.
 */
struct synergy_zones {
	uint64_t start_ns, length_ns, stride;
};

struct synergy_collect {
	/* marks of tools, and of threads that tools marked inferences on */
	struct synergy_open_mark *open;
	size_t n_open;
	struct synergy_raw_interval *intervals;
	size_t n_intervals;
	struct synergy_runner *runners;	/* threads with a tool's marks */
	size_t n_runners;
	struct synergy_index runner_of;	/* by tgid and tid */
	bool command_row;		/* LAYERS has the row of a recorded command: version 1 */
	/* marks of programs */
	struct synergy_calls calls;
	struct synergy_marking_thread *threads;	/* as last asked for */
	size_t *thread_at;		/* their numbers in calls */
	size_t n_threads;
	/* power */
	struct synergy_collect_rail *rails;
	size_t n_rails;
	size_t n_samples, max_samples;	/* kept, all rails together */
	struct synergy_zones zones;
	uint64_t first_ns, last_ns;	/* of all windows and marks; first 0: none yet */
	size_t n_events;
	char events[SYNERGY_MAX_EVENTS][64];
	struct synergy_collect_notes notes;
};

/* collect_power.c: -1 with the error set */
int synergy_collect_power(struct synergy_collect *c, const struct synergy_power_record *p,
			  struct synergy_error *err);
int synergy_collect_rail(struct synergy_collect *c, const struct synergy_rail *info);
/* What is known of a rail that the module did not measure. -1: ENOMEM. */
int synergy_collect_source(struct synergy_collect *c, const struct synergy_source_record *source);
void synergy_collect_error(struct synergy_collect *c, const struct synergy_error_record *e);
void synergy_free_samples(struct synergy_rail_samples *s);
/* Into the input, without the rails that have no samples. -1: ENOMEM. */
int synergy_collect_copy_rails(const struct synergy_collect *c,
			       struct synergy_attribute_input *in);

/* collect_marks.c */
int synergy_collect_marker(struct synergy_collect *c, const struct synergy_marker_record *m,
			   struct synergy_error *err);

/* collect_thin.c */
/* Is this moment in a part of the recording that is kept? */
static inline bool synergy_zones_keep(const struct synergy_zones *z, uint64_t ns)
{
	return !z->stride || ns < z->start_ns || (ns - z->start_ns) / z->length_ns % z->stride == 0;
}
#define SYNERGY_COLLECT_PIECES	1000000	/* of time, and intervals, that are kept */
/* Keep half of what is kept. -1: ENOMEM. */
int synergy_collect_thin(struct synergy_collect *c);
/* The same where there are too many marks by now. -1: ENOMEM. */
int synergy_collect_thin_marks(struct synergy_collect *c);
/* [begin, end) of the zones that are kept until a time; the caller frees. -1: ENOMEM. */
int synergy_zones_list(const struct synergy_zones *z, uint64_t until_ns, uint64_t (**kept)[2],
		       size_t *n);

/* collect_runs.c: intervals and runs of inferences into the input. 1: layers are not one
 * after another, and nothing was done; -1: ENOMEM.
 */
int synergy_collect_runs(const struct synergy_collect *c, const struct synergy_runner *runner,
			 struct synergy_attribute_input *in);
void synergy_free_intervals(struct synergy_intervals *v);
int synergy_alloc_intervals(struct synergy_intervals *v, size_t n, size_t n_events);

#endif
