/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Puts the calling thread, and so those that it will make, where --cpu says.
 */
#ifndef SYNERGY_TOOLS_CORE_CHOICE_H
#define SYNERGY_TOOLS_CORE_CHOICE_H

#include "tools/run_options.h"

/*
 * Without --cpu, one thread is pinned to the first core but 0, where most interrupts
 * go. *pinned_to: the one core, -1 for several threads. -1: what sched_setaffinity()
 * gives, EINVAL for cores that there are not.
 */
int synergy_choose_cores(struct synergy_run_options *options, int *pinned_to,
		  struct synergy_error *error);

#endif /* SYNERGY_TOOLS_CORE_CHOICE_H */
