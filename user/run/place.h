/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Puts the calling thread, and so those that it will make, where --cpu says.
 */
#ifndef SYNERGY_RUN_PLACE_H
#define SYNERGY_RUN_PLACE_H

#include "run/run_options.h"

/*
 * Without --cpu, one thread is pinned to the first core but 0, where most interrupts
 * go. *pinned_to: the one core, -1 for several threads. -1: what sched_setaffinity()
 * gives, EINVAL for cores that there are not.
 */
int synergy_place(struct synergy_run_options *options, int *pinned_to,
		  struct synergy_error *error);

#endif /* SYNERGY_RUN_PLACE_H */
