/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What there is to measure with on this machine and what stands in the way: facts in
 * sections, and problems each with what to do about it. Looks only; the one thing it
 * asks of the module is which rates it would accept, when nobody uses it.
 */
#ifndef SYNERGY_REPORT_DOCTOR_H
#define SYNERGY_REPORT_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/error.h"
#include "lib/synergy.h"
#include "report/grid.h"

struct synergy_fact {
	char section[24];
	char name[64];
	char value[320];
};

struct synergy_problem {
	bool serious;		/* nothing can be measured; else: less well than could be */
	char what[320];
	char advice[320];
};

struct synergy_doctor {
	const char *root;	/* prefix of /sys, /proc, /etc and /dev paths: "" */
	const char *device;	/* path as given, or NULL */
	size_t n_facts, n_problems;
	struct synergy_fact *facts;
	struct synergy_problem *problems;
	bool usable;		/* the device could be opened */
	bool failed;		/* no memory: lists are not complete */
};

void synergy_doctor_examine(struct synergy_doctor *doctor);
void synergy_doctor_clear(struct synergy_doctor *doctor);

int synergy_doctor_print(const struct synergy_doctor *doctor,
			 const struct synergy_terminal *terminal, FILE *out);
/* Systems of Jetson boards, and what to do on each. */
int synergy_doctor_print_boards(FILE *out);
int synergy_doctor_write_json(const struct synergy_doctor *doctor, FILE *out);

/* For the parts of the examination. */
void synergy_doctor_fact(struct synergy_doctor *doctor, const char *section, const char *name,
			 const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void synergy_doctor_problem(struct synergy_doctor *doctor, bool serious, const char *advice,
			    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* doctor_device.c, doctor_host.c */
void synergy_doctor_device(struct synergy_doctor *doctor);
void synergy_doctor_host(struct synergy_doctor *doctor);
void synergy_doctor_bus(struct synergy_doctor *doctor);

#endif /* SYNERGY_REPORT_DOCTOR_H */
