/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What machine this is, for provenance and for synergy-info.
 */
#ifndef SYNERGY_MEASURE_HOST_H
#define SYNERGY_MEASURE_HOST_H

#include <stdbool.h>

struct synergy_host {
	char name[128];
	char kernel[256];	/* release, version, machine */
	char cpu[160];		/* model, or implementer and part */
	char governor[64];	/* of the core asked for; empty: no cpufreq */
	char frequency[64];	/* "1.73 GHz (min 0.10, max 1.91)"; empty */
	bool frequency_fixed;	/* its limits are one: no governor changes it */
	int cpus_online;
};

void synergy_host_get(int cpu, struct synergy_host *host);

/* First line of a small file, without its newline; false when it cannot be read. */
bool synergy_host_line(const char *path, char *buf, int size);

/* The highest core of the kernel's list ("0,3-5") but `except`; -1: there is none. */
int synergy_host_last_cpu(const char *list, int except);

#endif /* SYNERGY_MEASURE_HOST_H */
