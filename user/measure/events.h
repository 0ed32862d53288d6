/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From what a user writes after -e to struct synergy_event. In this order:
 *
 *	PMU/term,.../[:uk]	any PMU under /sys/bus/event_source/devices; a term is
 *				config=, config1=, config2=, name=, a field of its
 *				format/ directory or a name of its events/ directory.
 *				PMU also stands for PMU_0, PMU_1 ... where there is no
 *				PMU of that very name
 *	rHEX[:uk]		a raw code of the core's own PMU
 *	cycles[:uk] ...		the kernel's names (hardware, software, cache)
 *	bus_access[:uk] ...	a name in some PMU's events/ directory, case ignored
 *	BUS_ACCESS, arm_ac57::CPU_CYCLES:u ...	libpfm4's names
 *
 * Where several PMUs know a name (unlike cores), their events share one column
 * and each core counts the first that its PMU takes. Where two PMUs of the same
 * cores know it, first comes the one that knows more of the list's other names, so
 * that one PMU serves them all (note says so); then PMUs of cores before PMUs that
 * say nothing about cores. PMUs of something else than cores (their cpumask leaves
 * online cores out) only count when no other knows the name.
 * Nothing here opens an event or prints.
 */
#ifndef SYNERGY_MEASURE_EVENTS_H
#define SYNERGY_MEASURE_EVENTS_H

#include <stdint.h>

#include <linux/synergy.h>

#include "lib/error.h"

struct synergy_events {
	struct synergy_event *events;	/* sorted by column */
	uint32_t n;
	uint32_t n_columns;
	char note[256];			/* a choice that the user should know of, or empty */
};

/*
 * Resolve a list, separated by commas outside of PMU/.../. sysfs: normally
 * "/sys" (NULL is the same); a test gives its own tree. An empty list gives no
 * event. Errors: EINVAL the text or a term is malformed, a name comes twice, a
 * name is too long; ENOENT nobody knows the event (the message names near
 * names) or there is no such PMU; E2BIG more than SYNERGY_MAX_EVENTS; ENOMEM.
 */
int synergy_events_resolve(const char *list, const char *sysfs, struct synergy_events *out,
			   struct synergy_error *error);
void synergy_events_free(struct synergy_events *events);

#endif /* SYNERGY_MEASURE_EVENTS_H */
