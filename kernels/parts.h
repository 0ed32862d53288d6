/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Splitting work among the pool's threads: evenly, and not at all where it is so little
 * that waking the others costs more than it saves.
 */
#ifndef SYNERGY_KERNELS_PARTS_H
#define SYNERGY_KERNELS_PARTS_H

#include <stdint.h>

#include "kernels/threads.h"

/*
 * Work of one part, at least: waking a thread takes some microseconds, in which a core
 * does this many element operations.
 */
#define SYNERGY_PART_ELEMENTS	16384

struct synergy_range {
	int64_t begin, end;
};

/* Part number `part` of 0..count-1, of whole multiples of `step` but for the last. */
static inline struct synergy_range synergy_part_range(int64_t count, int part, int parts,
						      int64_t step)
{
	const int64_t steps = (count + step - 1) / step;
	struct synergy_range r = { steps * part / parts * step, steps * (part + 1) / parts * step };

	r.end = r.end < count ? r.end : count;
	r.begin = r.begin < count ? r.begin : count;
	return r;
}

typedef void synergy_split_fn(void *arg, int part, int parts);

struct synergy_split {
	synergy_split_fn *fn;
	void *arg;
	int parts;
};

static inline void synergy_split_part(void *job, int part)
{
	const struct synergy_split *s = job;

	s->fn(s->arg, part, s->parts);
}

/* Calls fn for each of as many parts as `work` is worth, at most one a thread. */
static inline void synergy_run_parts(struct synergy_threads *threads, int64_t work, int64_t least,
				     synergy_split_fn *fn, void *arg)
{
	int64_t parts = synergy_threads_count(threads);
	struct synergy_split split;

	if (work / least < parts)
		parts = work / least > 0 ? work / least : 1;
	if (parts == 1) {
		fn(arg, 0, 1);
		return;
	}
	split = (struct synergy_split){ fn, arg, (int)parts };
	synergy_threads_run(threads, split.parts, synergy_split_part, &split);
}

#endif
