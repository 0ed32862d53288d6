/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The text of a recording's NOTE records (lib/recording.h): lines `key: value`.
 */
#ifndef SYNERGY_MEASURE_NOTES_H
#define SYNERGY_MEASURE_NOTES_H

#include <stdbool.h>
#include <stddef.h>

struct synergy_sampler;

struct synergy_notes {
	char *text;		/* NULL: nothing yet */
	size_t used;
	bool failed;		/* no memory at some point: text is not to be used */
};

/* Control characters in the value become spaces; an empty value adds nothing. */
void synergy_notes_add(struct synergy_notes *notes, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Host, kernel, processor, governor and frequency of a core, date, tool. */
void synergy_notes_add_host(struct synergy_notes *notes, const char *tool, int cpu);
/* The command line, words with spaces quoted. */
void synergy_notes_add_command(struct synergy_notes *notes, int argc, char **argv);
/* Where power comes from, and what is known of each of its rails; NULL: the module. */
void synergy_notes_add_source(struct synergy_notes *notes, const struct synergy_sampler *sampler);
void synergy_notes_free(struct synergy_notes *notes);

#endif /* SYNERGY_MEASURE_NOTES_H */
