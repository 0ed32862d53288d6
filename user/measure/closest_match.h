/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "Did you mean": the names nearest to a mistyped one, case ignored.
 */
#ifndef SYNERGY_MEASURE_CLOSEST_MATCH_H
#define SYNERGY_MEASURE_CLOSEST_MATCH_H

#include <stddef.h>

#define SYNERGY_CLOSEST_MAX	3
#define SYNERGY_CLOSEST_NAME	64

struct synergy_closest {
	const char *wanted;
	size_t n;
	struct {
		char name[SYNERGY_CLOSEST_NAME];
		unsigned int distance;
	} best[SYNERGY_CLOSEST_MAX];	/* nearest first */
};

void synergy_closest_begin(struct synergy_closest *near, const char *wanted);
void synergy_closest_offer(struct synergy_closest *near, const char *name);
/* "a, b, c" of those that are near enough to be meant; gives how many. */
size_t synergy_closest_list(const struct synergy_closest *near, char *buf, size_t size);

#endif /* SYNERGY_MEASURE_CLOSEST_MATCH_H */
