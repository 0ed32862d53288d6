/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The PMUs that the kernel offers, read from sysfs: type numbers, formats, event
 * names, and whether they belong to the cores. For events.c and synergy-info.
 */
#ifndef SYNERGY_MEASURE_PMUS_H
#define SYNERGY_MEASURE_PMUS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

enum synergy_pmu_place {
	SYNERGY_PMU_CORE,	/* it has a `cpus` file, or is x86's plain `cpu` */
	SYNERGY_PMU_ANY,	/* says nothing of cores, or its cpumask has all online ones */
	SYNERGY_PMU_UNCORE,	/* its cpumask leaves online cores out */
};

struct synergy_pmu {
	char *name;
	char *path;		/* its directory */
	uint32_t type;
	enum synergy_pmu_place place;
	char **events;		/* names in events/, sorted */
	uint32_t n_events;
	char *cpus;		/* text of cpus or cpumask; NULL none */
	uint32_t wanted;	/* events.c: how many of the names asked for it knows */
};

struct synergy_pmus {
	struct synergy_pmu *pmus;	/* by place, then by name */
	uint32_t n;
};

struct synergy_pmu_code {
	uint64_t config[3];
	char name[64];		/* name= when given, else empty */
};

/* sysfs: "/sys" or a test's tree. A machine without PMUs gives n = 0. ENOMEM. */
int synergy_pmus_load(const char *sysfs, struct synergy_pmus *out, struct synergy_error *error);
void synergy_pmus_free(struct synergy_pmus *pmus);

/* The spelling of an event's name in events/, case ignored; NULL none. */
const char *synergy_pmu_event(const struct synergy_pmu *pmu, const char *name);

/*
 * Add comma-separated terms (config=0x74,name=x, a format field, an event name)
 * to code. EINVAL malformed or a value too large for its field, ENOENT unknown
 * term; the message names the PMU, the term and what there is.
 */
int synergy_pmu_terms(const struct synergy_pmu *pmu, const char *terms,
		      struct synergy_pmu_code *code, struct synergy_error *error);

#endif /* SYNERGY_MEASURE_PMUS_H */
