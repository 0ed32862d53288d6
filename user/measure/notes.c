// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Notes for recordings; see notes.h.
 */
#include "measure/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/synergy.h"
#include "lib/text.h"
#include "measure/calibration.h"
#include "measure/host.h"
#include "measure/sampler.h"

static void append(struct synergy_notes *notes, const char *text)
{
	size_t length = strlen(text);
	char *grown = realloc(notes->text, notes->used + length + 1);

	if (!grown) {
		notes->failed = true;
		return;
	}
	memcpy(grown + notes->used, text, length + 1);
	notes->text = grown;
	notes->used += length;
}

void synergy_notes_add(struct synergy_notes *notes, const char *key, const char *fmt, ...)
{
	va_list args;
	char *value;

	va_start(args, fmt);
	value = synergy_text_line(fmt, args);
	va_end(args);
	if (!value) {
		notes->failed = true;
		return;
	}
	if (*value) {
		append(notes, key);
		append(notes, ": ");
		append(notes, value);
		append(notes, "\n");
	}
	free(value);
}

/* What is known of this board's sensors goes with the recording, wherever that is read. */
static void add_calibration(struct synergy_notes *notes)
{
	struct synergy_calibration *c = calloc(1, sizeof(*c));
	struct synergy_error error;
	char path[4096];
	char *text = NULL;

	synergy_calibration_path(true, path, sizeof(path));
	if (c && synergy_calibration_read(path, c, &error))
		synergy_notes_add(notes, "calibration_refused", "%s", error.message);
	else if (c && c->n && (text = synergy_calibration_note(c)))
		synergy_notes_add(notes, "calibration", "%s", text);
	notes->failed |= !c;
	free(text);
	free(c);
}

void synergy_notes_add_host(struct synergy_notes *notes, const char *tool, int cpu)
{
	struct synergy_host host;
	time_t now = time(NULL);
	struct tm utc;
	char date[64] = "";

	synergy_host_get(cpu, &host);
	if (gmtime_r(&now, &utc))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &utc);
	synergy_notes_add(notes, "tool", "%s %s", tool, SYNERGY_LIB_VERSION);
	synergy_notes_add(notes, "date", "%s", date);
	synergy_notes_add(notes, "host", "%s", host.name);
	synergy_notes_add(notes, "kernel", "%s", host.kernel);
	synergy_notes_add(notes, "cpu", "%s, %d online", host.cpu, host.cpus_online);
	synergy_notes_add(notes, "governor", "%s", host.governor);
	synergy_notes_add(notes, "frequency", "%s", host.frequency);
	add_calibration(notes);
}

void synergy_notes_add_command(struct synergy_notes *notes, int argc, char **argv)
{
	struct synergy_notes line = { 0 };
	int i;

	for (i = 0; i < argc; i++) {
		bool quote = !*argv[i] || strpbrk(argv[i], " \t'\"\\$&;|<>*?");

		if (i)
			append(&line, " ");
		append(&line, quote ? "'" : "");
		append(&line, argv[i]);
		append(&line, quote ? "'" : "");
	}
	if (line.failed)
		notes->failed = true;
	else
		synergy_notes_add(notes, "command", "%s", line.text ? line.text : "");
	free(line.text);
}

void synergy_notes_add_source(struct synergy_notes *notes, const struct synergy_sampler *sampler)
{
	const char *text, *label;
	char key[64];
	uint32_t i;

	if (!sampler)
		return;
	synergy_notes_add(notes, "source", "%s", synergy_sampler_text(sampler));
	for (i = 0; (text = synergy_sampler_rail(sampler, i, &label)); i++) {
		snprintf(key, sizeof(key), "source %s", label);
		synergy_notes_add(notes, key, "%s", text);
	}
}

void synergy_notes_free(struct synergy_notes *notes)
{
	free(notes->text);
	memset(notes, 0, sizeof(*notes));
}
