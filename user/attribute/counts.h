/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counts of events between two marks.
 */
#ifndef SYNERGY_ATTRIBUTE_COUNTS_H
#define SYNERGY_ATTRIBUTE_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/synergy.h>

/*
 * *counts (SYNERGY_MAX_EVENTS): what each event counted from @begin to @end, read at
 * the same core, of as many as both have; NaN where they say nothing: an event that was not counted
 * (at all, or in between), or that ran backwards. Those that had a counter for part of
 * the time are scaled to all of it, as perf does. Return: there were such.
 */
bool synergy_counts_between(const struct synergy_count *begin, uint32_t n_begin,
			    const struct synergy_count *end, uint32_t n_end, double *counts);

#endif /* SYNERGY_ATTRIBUTE_COUNTS_H */
