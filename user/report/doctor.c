// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The lists of facts and problems, and how they are shown; see doctor.h. What is
 * looked at is in doctor_device.c and doctor_host.c.
 */
#include "report/doctor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "layers/json.h"

void synergy_doctor_fact(struct synergy_doctor *d, const char *section, const char *name,
			 const char *fmt, ...)
{
	struct synergy_fact *grown = reallocarray(d->facts, d->n_facts + 1, sizeof(*grown));
	struct synergy_fact *fact;
	size_t at = d->n_facts;
	va_list args;

	if (!grown) {
		d->failed = true;
		return;
	}
	d->facts = grown;
	/* A section's facts stand together, whoever finds them. */
	while (at && strcmp(grown[at - 1].section, section))
		at--;
	if (!at)
		at = d->n_facts;
	fact = &grown[at];
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
	struct synergy_problem *grown, *problem;
	va_list args;

	grown = reallocarray(d->problems, d->n_problems + 1, sizeof(*grown));
	if (!grown) {
		d->failed = true;
		return;
	}
	d->problems = grown;
	problem = &grown[d->n_problems++];
	problem->serious = serious;
	snprintf(problem->advice, sizeof(problem->advice), "%s", advice);
	va_start(args, fmt);
	vsnprintf(problem->what, sizeof(problem->what), fmt, args);
	va_end(args);
}

void synergy_doctor_examine(struct synergy_doctor *d)
{
	synergy_doctor_device(d);
	synergy_doctor_bus(d);
	synergy_doctor_host(d);
}

void synergy_doctor_clear(struct synergy_doctor *d)
{
	free(d->facts);
	free(d->problems);
	memset(d, 0, sizeof(*d));
}

int synergy_doctor_print(const struct synergy_doctor *d, const struct synergy_terminal *terminal,
			 FILE *out)
{
	const char *bold = terminal->colour ? "\033[1m" : "";
	const char *plain = terminal->colour ? "\033[0m" : "";
	const char *section = "";
	size_t i;

	for (i = 0; i < d->n_facts; i++) {
		if (strcmp(section, d->facts[i].section)) {
			section = d->facts[i].section;
			fprintf(out, "%s%s%s%s\n", i ? "\n" : "", bold, section, plain);
		}
		fprintf(out, "  %-24s ", d->facts[i].name);
		synergy_text_put(d->facts[i].value, out);
		fputc('\n', out);
	}
	fprintf(out, "\n%s%s%s\n", bold, d->n_problems ? "what is wrong" : "nothing is wrong", plain);
	for (i = 0; i < d->n_problems; i++) {
		const char *mark = d->problems[i].serious ? "!!" : "! ";
		const char *colour = d->problems[i].serious ? "\033[31m" : "\033[33m";

		fprintf(out, "  %s%s%s ", terminal->colour ? colour : "", mark, plain);
		synergy_text_put(d->problems[i].what, out);
		fputs("\n     ", out);
		synergy_text_put(d->problems[i].advice, out);
		fputc('\n', out);
	}
	return ferror(out) ? -1 : 0;
}

int synergy_doctor_write_json(const struct synergy_doctor *d, FILE *out)
{
	const char *section = NULL;
	size_t i;

	fprintf(out, "{\n  \"format\": \"synergy-info 1\",\n  \"usable\": %s,\n  \"facts\": {",
		d->usable ? "true" : "false");
	for (i = 0; i < d->n_facts; i++) {
		if (!section || strcmp(section, d->facts[i].section)) {
			fprintf(out, "%s\n    ", section ? "\n    }," : "");
			section = d->facts[i].section;
			synergy_json_put_string(out, section);
			fputs(": {\n      ", out);
		} else {
			fputs(",\n      ", out);
		}
		synergy_json_put_string(out, d->facts[i].name);
		fputs(": ", out);
		synergy_json_put_string(out, d->facts[i].value);
	}
	fprintf(out, "%s\n  },\n  \"problems\": [", section ? "\n    }" : "");
	for (i = 0; i < d->n_problems; i++) {
		fprintf(out, "%s\n    { \"serious\": %s, \"what\": ", i ? "," : "",
			d->problems[i].serious ? "true" : "false");
		synergy_json_put_string(out, d->problems[i].what);
		fputs(", \"advice\": ", out);
		synergy_json_put_string(out, d->problems[i].advice);
		fputs(" }", out);
	}
	fprintf(out, "%s]\n}\n", d->n_problems ? "\n  " : "");
	return ferror(out) ? -1 : 0;
}
