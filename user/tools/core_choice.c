// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where the measured threads run; see core_choice.h.
 */
#include "tools/core_choice.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

int synergy_choose_cores(struct synergy_run_options *o, int *pinned_to, struct synergy_error *error)
{
	int cpu, first = -1, second = -1;
	cpu_set_t allowed;

	if (o->pinned)
		allowed = o->cpus;
	else if (sched_getaffinity(0, sizeof(allowed), &allowed))
		CPU_ZERO(&allowed);
	for (cpu = 0; cpu < CPU_SETSIZE && second < 0; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		if (first < 0)
			first = cpu;
		else
			second = cpu;
	}
	*pinned_to = o->threads > 1 ? -1 : !o->pinned && !first && second > 0 ? second : first;
	if (*pinned_to >= 0) {
		CPU_ZERO(&o->cpus);
		CPU_SET(*pinned_to, &o->cpus);
	} else if (!o->pinned) {
		return 0;
	}
	if (sched_setaffinity(0, sizeof(o->cpus), &o->cpus))
		return synergy_error_set(error, errno, "--cpu: %s", strerror(errno));
	return 0;
}
