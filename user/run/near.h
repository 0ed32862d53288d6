/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "Did you mean": the names nearest to a mistyped one, case ignored.
 */
#ifndef SYNERGY_RUN_NEAR_H
#define SYNERGY_RUN_NEAR_H

#include <stddef.h>

#define SYNERGY_NEAR_MAX	3
#define SYNERGY_NEAR_NAME	64

struct synergy_near {
	const char *wanted;
	size_t n;
	struct {
		char name[SYNERGY_NEAR_NAME];
		unsigned int distance;
	} best[SYNERGY_NEAR_MAX];	/* nearest first */
};

void synergy_near_begin(struct synergy_near *near, const char *wanted);
void synergy_near_offer(struct synergy_near *near, const char *name);
/* "a, b, c" of those that are near enough to be meant; gives how many. */
size_t synergy_near_list(const struct synergy_near *near, char *buf, size_t size);

#endif /* SYNERGY_RUN_NEAR_H */
