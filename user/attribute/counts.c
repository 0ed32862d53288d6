// SPDX-License-Identifier: GPL-3.0-or-later
#include "attribute/counts.h"

#include <math.h>

bool synergy_counts_between(const struct synergy_count *begin, uint32_t n_begin,
			    const struct synergy_count *end, uint32_t n_end, double *counts)
{
	bool multiplexed = false;
	uint32_t i;

	for (i = 0; i < SYNERGY_MAX_EVENTS; i++)
		counts[i] = NAN;
	for (i = 0; i < n_begin && i < n_end; i++) {
		uint64_t enabled = end[i].enabled_ns - begin[i].enabled_ns;
		uint64_t running = end[i].running_ns - begin[i].running_ns;

		if (end[i].value < begin[i].value || !end[i].enabled_ns || (enabled && !running))
			continue;
		counts[i] = (double)(end[i].value - begin[i].value);
		if (running < enabled) {
			counts[i] *= (double)enabled / (double)running;
			multiplexed = true;
		}
	}
	return multiplexed;
}
