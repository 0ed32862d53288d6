/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the collector keeps between records; shared by collect.c, which fills it,
 * and collect_input.c, which makes the arrays of it. Nobody else's business.
 */
#ifndef SYNERGY_ATTRIBUTE_COLLECT_H
#define SYNERGY_ATTRIBUTE_COLLECT_H

#include <stdbool.h>

#include <linux/synergy.h>

#include "attribute/attribute.h"

#define SYNERGY_MAX_OPEN	256	/* intervals begun and not ended */

struct synergy_open_mark {
	uint64_t time_ns, cookie;
	uint32_t id, tid, cpu, n_counts;
	bool tool;			/* a tool's own mark, not the program's */
	struct synergy_count counts[SYNERGY_MAX_EVENTS];
};

/* An interval as marked; run numbers and completeness are settled in finish. */
struct synergy_raw_interval {
	uint64_t begin_ns, end_ns, cookie;
	uint32_t id;
	bool tool;
	double counts[SYNERGY_MAX_EVENTS];
};

struct synergy_collect_rail {
	uint32_t index;
	uint32_t chip;
	uint32_t shunt_uohm;
	double bus_step_sum;		/* of one step's share, over the samples */
	struct synergy_rail_samples s;
};

struct synergy_collect {
	struct synergy_open_mark *open;
	size_t n_open;
	struct synergy_raw_interval *intervals;
	size_t n_intervals;
	struct synergy_collect_rail *rails;
	size_t n_rails;
	size_t n_events;
	char events[SYNERGY_MAX_EVENTS][64];
	struct synergy_collect_notes notes;
};

void synergy_free_samples(struct synergy_rail_samples *s);

#endif
