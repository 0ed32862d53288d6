// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The lists of facts and problems; see doctor.h. What does not fit into memory is
 * remembered as such, so that whoever looks for facts need not check each.
 */
#include "report/doctor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"

void synergy_doctor_fact(struct synergy_doctor *d, const char *section, const char *name,
			 const char *fmt, ...)
{
	struct synergy_fact *fact;
	size_t at = d->n_facts;
	va_list args;

	if (synergy_array_grow(&d->facts, d->n_facts, sizeof(*d->facts))) {
		d->failed = true;
		return;
	}
	/* A section's facts stand together, whoever finds them. */
	while (at && strcmp(d->facts[at - 1].section, section))
		at--;
	if (!at)
		at = d->n_facts;
	fact = &d->facts[at];
	memmove(fact + 1, fact, (d->n_facts++ - at) * sizeof(*fact));
	snprintf(fact->section, sizeof(fact->section), "%s", section);
	snprintf(fact->name, sizeof(fact->name), "%s", name);
	va_start(args, fmt);
	vsnprintf(fact->value, sizeof(fact->value), fmt, args);
	va_end(args);
}

void synergy_doctor_problem(struct synergy_doctor *d, bool serious, const char *advice,
			    const char *fmt, ...)
{
	struct synergy_problem *problem;
	va_list args;

	if (synergy_array_grow(&d->problems, d->n_problems, sizeof(*d->problems))) {
		d->failed = true;
		return;
	}
	problem = &d->problems[d->n_problems++];
	problem->serious = serious;
	snprintf(problem->advice, sizeof(problem->advice), "%s", advice);
	va_start(args, fmt);
	vsnprintf(problem->what, sizeof(problem->what), fmt, args);
	va_end(args);
}
