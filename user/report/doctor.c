// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How facts and problems are shown; see doctor.h. doctor_device.c and doctor_host.c
 * look for them, doctor_facts.c keeps them.
 */
#include "report/doctor.h"

#include <stdlib.h>
#include <string.h>

#include "layers/json.h"

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

static json_t *problem_of(struct synergy_json_writer *w, const struct synergy_problem *p)
{
	json_t *o = json_object();

	synergy_json_set(w, o, "serious", json_boolean(p->serious));
	synergy_json_set(w, o, "what", synergy_json_string(p->what));
	synergy_json_set(w, o, "advice", synergy_json_string(p->advice));
	return o;
}

int synergy_doctor_write_json(const struct synergy_doctor *d, FILE *out)
{
	const char *section = NULL;
	struct synergy_json_writer w;
	size_t i;

	synergy_json_begin(&w, out, 9);
	synergy_json_put(&w, "format", json_string("synergy-info 1"));
	synergy_json_put(&w, "usable", json_boolean(d->usable));
	synergy_json_open(&w, "facts", '{');
	for (i = 0; i < d->n_facts; i++) {
		if (!section || strcmp(section, d->facts[i].section)) {
			if (section)
				synergy_json_close(&w, '}');
			section = d->facts[i].section;
			synergy_json_open(&w, section, '{');
		}
		synergy_json_put(&w, d->facts[i].name, synergy_json_string(d->facts[i].value));
	}
	if (section)
		synergy_json_close(&w, '}');
	synergy_json_close(&w, '}');
	synergy_json_open(&w, "problems", '[');
	for (i = 0; i < d->n_problems; i++)
		synergy_json_put(&w, NULL, problem_of(&w, &d->problems[i]));
	synergy_json_close(&w, ']');
	return synergy_json_end(&w);
}
